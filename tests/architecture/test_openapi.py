"""The description of the API in the documents is that of the endpoints."""

from pathlib import Path

from revenge.cli.api import description

PAGE = Path(__file__).parents[2] / "docs" / "openapi.json"


def test_the_description_in_the_documents_is_of_today():
    assert PAGE.read_text() == description() + "\n", "`make openapi` writes it anew"
