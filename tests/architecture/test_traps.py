"""Traps that were measured once and must not be stepped into again."""

import ast
from pathlib import Path

import pytest

import revenge

SOURCES = sorted(Path(revenge.__file__).parent.rglob("*.py"))


def calls(path: Path):
    return [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute | ast.Name)]


def test_nothing_uses_the_bare_driver_connection_whose_transaction_begins_late():
    """Inside `engine.begin()` the driver's own connection is in no transaction until SQLAlchemy has run something."""
    assert [path.name for path in SOURCES if "driver_connection" in path.read_text()] == []


def test_media_never_leave_by_a_file_response_which_copies_silently():
    users = [path.name for path in SOURCES for node in calls(path) if getattr(node, "attr", getattr(node, "id", "")) == "FileResponse"]
    assert users == []


@pytest.mark.parametrize("call", ["in_", "rglob"])
def test_calls_that_were_measured_to_be_slow_are_not_used(call):
    """`in_` makes a statement per length; `rglob` walks at a quarter of the speed."""
    assert [path.name for path in SOURCES for node in calls(path) if isinstance(node, ast.Attribute) and node.attr == call] == []


def test_uvloop_is_known_in_one_place():
    assert [path.name for path in SOURCES if "uvloop" in path.read_text() and "import uvloop" in path.read_text()] == ["app.py"]
