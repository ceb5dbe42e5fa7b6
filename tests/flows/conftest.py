"""A library of one's own on the shared node, for tests that change files."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.client import Api
from tests.fixtures.media import tiny_video
from tests.fixtures.node import Node

_numbers = count(1)


class OwnLibrary:
    """A folder and the library of it."""

    def __init__(self, admin: Api, folder: Path) -> None:
        self.admin = admin
        self.folder = folder
        self.id = admin.library(f"Own {next(_numbers)}", folder)["id"]

    def film(self, name: str) -> Path:
        """Write a small film."""
        return tiny_video(self.folder / name)

    def scan(self) -> dict[str, Any]:
        scan = self.admin.scan(self.id)
        assert scan["state"] == "completed", scan
        assert scan["done"] == scan["found"], scan
        return scan

    def counts(self) -> dict[str, int]:
        """Scan; what was found, and what else was not zero."""
        scan = self.scan()
        return {"found": scan["found"]} | {name: scan[name] for name in ("added", "changed", "removed", "failed") if scan[name]}

    @property
    def titles(self) -> list[str]:
        return [movie["title"] for movie in self.admin.movies(library=self.id)]

    def movie(self, title: str) -> dict[str, Any]:
        return self.admin.movie(title, library=self.id)

    def found(self, words: str) -> list[str]:
        """Titles that searching gives, of this library only."""
        mine = {movie["id"] for movie in self.admin.movies(library=self.id)}
        groups = self.admin.get("/api/v1/search", q=words, limit=50)["groups"]
        return [item["title"] for group in groups for item in group["items"] if item["id"] in mine]


@pytest.fixture
def own(node: Node, tmp_path: Path) -> Iterator[OwnLibrary]:
    """An empty folder and its library."""
    (tmp_path / "films").mkdir()
    library = OwnLibrary(node.admin, tmp_path / "films")
    yield library
    node.admin.answer("DELETE", f"/api/v1/libraries/{library.id}")
