"""Settings as they came out, with the place each came from."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

import msgspec
from msgspec import Struct

T = TypeVar("T", bound=Struct)


class Origin(Struct, frozen=True):
    """Where a value came from."""

    kind: Literal["default", "file", "environment", "secret file", "generated", "cluster"]
    name: str = ""
    """The variable, or the path of the file."""

    def __str__(self) -> str:
        return self.name or self.kind


DEFAULT = Origin("default")


class Loaded(Struct, Generic[T], frozen=True):
    """The settings, and the origin of each by its path."""

    values: T
    origins: Mapping[str, Origin]
    file: Path | None = None
    """The file that was read, where there was one."""

    def get(self, path: str) -> Any:
        """The value of one setting, by its path `server.port`."""
        value: Any = self.values
        for name in path.split("."):
            value = getattr(value, name)
        return value

    def origin(self, path: str) -> Origin:
        """Where the value of one setting came from."""
        return self.origins.get(path, DEFAULT)

    def having(self, path: str, value: Any, origin: Origin) -> "Loaded[T]":
        """The same settings with one value replaced."""
        values = _replaced(self.values, path.split("."), value)
        return Loaded(values, {**self.origins, path: origin}, self.file)


def _replaced(section: Any, names: list[str], value: Any) -> Any:
    first, *rest = names
    inner = _replaced(getattr(section, first), rest, value) if rest else value
    return msgspec.structs.replace(section, **{first: inner})
