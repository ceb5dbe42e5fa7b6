"""Documents that name a file must name one that is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "docs" / "architecture.md",
    *sorted((ROOT / "docs" / "decisions").glob("*.md")),
]
PREFIXES = ("revenge/", "web/", "cluster/", "migrations/", "tests/", "scripts/", "docs/", "packaging/", "systemd/")
UNBUILT = {"revenge/providers"}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_path_a_document_names_is_there(document):
    text = document.read_text()
    named = {name.rstrip("/") for name in re.findall(r"`([\w./-]+)`", text) if name.startswith(PREFIXES)}
    linked = {name for name in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in name}

    assert sorted(name for name in named - UNBUILT if not (ROOT / name).exists()) == []
    assert sorted(name for name in linked if not (document.parent / name).exists()) == []


def test_decisions_are_numbered_without_gaps_and_say_what_was_rejected():
    decisions = sorted((ROOT / "docs" / "decisions").glob("*.md"))

    assert [int(path.name[:4]) for path in decisions] == list(range(1, len(decisions) + 1))
    for path in decisions:
        text = path.read_text()
        assert text.startswith(f"# {int(path.name[:4])}. ")
        assert all(f"**{part}.**" in text for part in ("Context", "Decision", "Consequences", "Rejected")), path.name
