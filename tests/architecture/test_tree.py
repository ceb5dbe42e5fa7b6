"""What holds for every file of the tree: names, sizes, sentences at the top, and nothing of the machine it was written on."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LONGEST = 400
LONGER = {
    "tests/api/test_sender.py": "one list of everything a download may be asked",
    "tests/api/test_frame.py": "one list of everything an endpoint may be asked",
    "tests/services/library/test_scans.py": "a scan from its first step to its last, and what may happen to it on the way",
    "tests/services/playback/test_delivery.py": "what a ticket opens, door by door",
}
"""Files that may be longer, and why."""
PACKAGES = ("revenge", "cluster", "web", "migrations", "scripts", "benchmarks", "tests")


def tracked() -> list[Path]:
    """Every file that is, or would be, in the repository."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("this is no checkout")
    return [path for name in listed.stdout.splitlines() if (path := ROOT / name).is_file()]


def told(paths) -> list[str]:
    return sorted(str(path.relative_to(ROOT)) for path in paths)


def test_no_file_is_longer_than_one_can_read():
    long = set(told(path for path in tracked() if path.suffix == ".py" and len(path.read_text().splitlines()) > LONGEST))

    assert long <= LONGER.keys()


def test_every_exception_of_length_is_still_needed():
    assert [name for name in LONGER if not (ROOT / name).exists() or len((ROOT / name).read_text().splitlines()) <= LONGEST] == []


def test_no_module_is_named_for_nothing():
    assert (
        told(path for path in tracked() if path.suffix == ".py" and re.fullmatch(r"(utils?|helpers?|common|misc|manager)", path.stem)) == []
    )


def test_every_module_says_what_it_is():
    modules = [path for path in tracked() if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in PACKAGES]

    assert told(path for path in modules if path.read_text().strip() and not ast.get_docstring(ast.parse(path.read_text()))) == []


def test_no_file_names_a_package_registry():
    """Locks name versions and hashes: any mirror will do."""
    hosts = [
        ".".join(parts)
        for parts in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"), ("deb", "debian", "org"))
    ]
    found = {path: [host for host in hosts if host in text(path)] for path in tracked()}

    assert {str(path.relative_to(ROOT)): names for path, names in found.items() if names} == {}


def test_no_file_names_a_place_of_the_machine_it_was_written_on():
    """A home, the checkout itself, a Python of somebody's own."""
    private = re.compile(r"(?<![\w.-])/(?:home/[a-z]\w*/|Users/|root/\.|work/(?:main|shared))|\.py" + r"env/versions")
    own = str(ROOT) + "/"
    found = [path for path in tracked() if own in text(path) or private.search(text(path))]

    assert told(found) == []


def text(path: Path) -> str:
    """The file as text; pictures give something harmless."""
    return path.read_text(errors="replace")
