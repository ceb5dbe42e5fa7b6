"""Traps that were measured once and must not be stepped into again."""

import ast
from pathlib import Path

import revenge

SOURCES = sorted(Path(revenge.__file__).parent.rglob("*.py"))


def calls(path: Path):
    return [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute | ast.Name)]


def test_the_bare_driver_connection_whose_transaction_begins_late_is_only_read_from():
    """Inside `engine.begin()` the driver's own connection is in no transaction until SQLAlchemy has run something: transactions leave it alone."""
    users = [path.name for path in SOURCES if "driver_connection" in path.read_text()]
    assert users == ["database.py", "reading.py"]
    writing = (Path(revenge.__file__).parent / "infra/database/database.py").read_text().partition("class Transaction")[2]
    assert "driver_connection" not in writing.partition("\nclass ")[0]


def test_media_never_leave_by_a_file_response_which_copies_silently():
    users = [path.name for path in SOURCES for node in calls(path) if getattr(node, "attr", getattr(node, "id", "")) == "FileResponse"]
    assert users == []


def test_a_walk_is_never_rglob_which_takes_four_times_as_long():
    assert [path.name for path in SOURCES for node in calls(path) if isinstance(node, ast.Attribute) and node.attr == "rglob"] == []


def test_in_is_asked_of_queries_and_never_of_lists_since_each_length_is_another_statement():
    found = [node for path in SOURCES for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    asked = [node.args[0] for node in found if isinstance(node.func, ast.Attribute) and node.func.attr == "in_"]
    assert [ast.unparse(argument) for argument in asked if not (isinstance(argument, ast.Name) and argument.id.isupper())] == []


def test_uvloop_is_known_in_one_place():
    assert [path.name for path in SOURCES if "uvloop" in path.read_text() and "import uvloop" in path.read_text()] == ["app.py"]
