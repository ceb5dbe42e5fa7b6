"""What make, the environment and the gate promise a developer."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import coverage_gate, environment, migration

ROOT = Path(__file__).parents[2]


def report(path: Path, **reached: tuple[int, int]) -> str:
    """A report of coverage: statements reached and statements there are, by file."""
    files = {
        name.replace("__", "/") + ".py": {"summary": {"covered_lines": hit, "num_statements": all_}}
        for name, (hit, all_) in reached.items()
    }
    path.write_text(json.dumps({"files": files}))
    return str(path)


def test_each_package_needs_its_own_coverage(tmp_path, capsys):
    mixed = report(
        tmp_path / "coverage.json",
        revenge__services__user__service=(70, 100),
        revenge__services__user__entity=(95, 100),
        web__mount=(79, 100),
    )

    assert coverage_gate.main(mixed) == 1
    told = capsys.readouterr()
    assert "82.5 %  revenge.services.user\n" in told.out
    assert "79.0 %  web   < 80 %" in told.out
    assert told.err == "Too little of web is tested: 80 % is the least.\n"


def test_enough_coverage_everywhere_passes(tmp_path):
    assert coverage_gate.main(report(tmp_path / "coverage.json", revenge__core__page=(8, 10), cluster__alone=(1, 1))) == 0


@pytest.mark.parametrize(
    ("path", "package"),
    [
        ("revenge/app.py", "revenge"),
        ("revenge/core/settings/load.py", "revenge.core"),
        ("revenge/content/movie/service.py", "revenge.content.movie"),
        ("revenge/services/__init__.py", "revenge.services"),
        ("revenge/media/child/warm.py", "revenge.media"),
        ("cluster/alone.py", "cluster"),
        ("web/pages/home.py", "web"),
    ],
)
def test_a_file_counts_for_its_package(path, package):
    assert coverage_gate.package_of(path) == package


def test_make_lists_every_target_with_a_sentence():
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    words = "run test test-fast test-long lint format types openapi settings migration bench assets lock help"

    assert set(words.split()) <= {line.split()[1] for line in listed.splitlines() if line.split()}


def test_every_target_make_lists_is_phony():
    """A file called `test` must not keep the tests from running."""
    text = (ROOT / "Makefile").read_text()
    phony = set(re.search(r"^\.PHONY: (.*)$", text, re.MULTILINE)[1].split())

    assert set(re.findall(r"^([a-z-]+):.*##", text, re.MULTILINE)) <= phony


@pytest.mark.parametrize("name", ["", "Create things", "things.py", "../things", "1st"])
def test_a_migration_wants_a_name_that_says_what_it_does(name):
    with pytest.raises(SystemExit, match="make migration name="):
        migration.main(name)


def test_every_lock_holds_hashes_and_no_index():
    for lock in sorted((ROOT / "requirements").glob("*.txt")):
        pins = re.findall(r"^[\w.\[\]-]+==\S+.*?(?=^\S|\Z)", lock.read_text(), re.MULTILINE | re.DOTALL)
        assert pins, lock.name
        assert all("--hash=sha256:" in pin for pin in pins), lock.name
        assert "index-url" not in lock.read_text()


def test_what_the_product_asks_for_is_what_the_lock_names():
    """`pyproject.toml` says what will do, `runtime.in` what is used: nothing may stand in one of them only."""
    asked = re.search(r"^dependencies = \[(.*?)^\]", (ROOT / "pyproject.toml").read_text(), re.MULTILINE | re.DOTALL)[1]
    declared = {re.match(r"[\w-]+", name)[0] for name in re.findall(r'^\s+"([^"]+)"', asked, re.MULTILINE)}
    pinned = {re.match(r"[\w-]+", line)[0] for line in (ROOT / "requirements" / "runtime.in").read_text().splitlines() if line.strip()}

    assert declared == pinned


def test_an_old_python_is_told_in_a_sentence(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 10, 0))

    with pytest.raises(SystemExit, match=r"needs Python 3\.11"):
        environment.main()


def test_a_python_without_its_other_half_is_told_what_to_install(monkeypatch):
    monkeypatch.setattr(environment.os, "geteuid", lambda: 1000)

    with pytest.raises(SystemExit, match=r"apt-get install python3\.\d+-venv"):
        environment.get_venv()


@pytest.mark.parametrize(("version", "will_do"), [("v22.20.0", True), ("v20.0.0", True), ("v18.19.1", False), ("", False)])
def test_a_node_that_is_too_old_counts_as_none(version, will_do, tmp_path, monkeypatch):
    for name in ("node", "npm"):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\necho {version}\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")

    assert environment.has_node() is will_do
    assert (environment.LOCKS / "assets.txt" in environment.wanted_locks()) is not will_do


def test_an_environment_that_was_moved_is_made_anew(tmp_path, monkeypatch):
    monkeypatch.setattr(environment, "VENV", tmp_path)
    monkeypatch.setattr(environment, "PYTHON", Path(sys.executable))
    (tmp_path / "bin").mkdir()
    pip = tmp_path / "bin" / "pip"
    for place, usable in ((tmp_path, True), (Path("/elsewhere/.venv"), False)):
        pip.write_text(f"#!{place}/bin/python\n")
        assert environment.usable() is usable


def test_programs_that_are_missing_are_named_for_who_cannot_install_them(tmp_path):
    """On a machine with nothing but a shell; in CI that is a failure, since nothing may skip there unnoticed."""
    for program in ("sh", "id"):
        (tmp_path / program).symlink_to(shutil.which(program))
    if any(Path(folder, "ffmpeg").exists() for folder in ("/usr/sbin", "/sbin")):
        pytest.skip("the programs stand where they are always looked for")
    script = f"PATH={tmp_path}; id() {{ echo 1000; }}; . {ROOT}/scripts/debian.sh"
    said = subprocess.run(["/bin/sh", "-c", script], env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False)
    in_ci = subprocess.run(
        ["/bin/sh", "-c", script], env={"PATH": str(tmp_path), "CI": "true"}, capture_output=True, text=True, check=False
    )

    assert said.returncode == 0
    assert "ffmpeg" in said.stdout
    assert "sudo apt-get install" in said.stdout
    assert in_ci.returncode == 1
