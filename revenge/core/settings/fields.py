"""The settings a root struct declares, and the names they have."""

from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from msgspec import Meta, Struct
from msgspec.structs import fields as struct_fields

PREFIX = "REVENGE_"

ALIASES = {
    "REVENGE_JWT_SECRET": "auth.jwt_secret",
    "REVENGE_TMDB_API_KEY": "metadata.tmdb.api_key",
    "REVENGE_RADARR_URL": "arr.radarr.url",
    "REVENGE_RADARR_API_KEY": "arr.radarr.api_key",
    "REVENGE_SONARR_URL": "arr.sonarr.url",
    "REVENGE_SONARR_API_KEY": "arr.sonarr.api_key",
    "REVENGE_WHISPARR_URL": "arr.whisparr.url",
    "REVENGE_WHISPARR_API_KEY": "arr.whisparr.api_key",
    "REVENGE_PROWLARR_URL": "arr.prowlarr.url",
    "REVENGE_PROWLARR_API_KEY": "arr.prowlarr.api_key",
    "REVENGE_STASHDB_API_KEY": "legacy.stashdb.api_key",
}
"""Short names beside the generated ones; `REVENGE_ENCRYPTION_KEY` and its like are what is generated already."""


class Field(Struct, frozen=True):
    """One setting: a leaf of the tree of sections."""

    path: str
    """`database.pool.max_conns`."""
    env: str
    """`REVENGE_DATABASE_POOL_MAX_CONNS`."""
    type: Any
    """The declared type without `None`, its constraints still on it."""
    default: Any
    about: Meta

    @property
    def plain(self) -> Any:
        """The type alone: `int`, `Secret`."""
        return get_args(self.type)[0]

    @property
    def live(self) -> bool:
        """Whether a change is taken while the node runs."""
        return bool(self.note("live"))

    @property
    def sentence(self) -> str:
        """What the setting is for."""
        return self.about.description or ""

    def note(self, name: str) -> Any:
        """What the declaration says under a name of `about`: `check`, `expected`, `live`, `made`."""
        return (self.about.extra or {}).get(name)


def fields(root: type[Struct], path: str = "") -> Iterator[Field]:
    """Yield every setting below a struct, in the order of declaration."""
    hints = get_type_hints(root, include_extras=True)
    for each in struct_fields(root):
        name, hint = f"{path}{each.name}", hints[each.name]
        if isinstance(hint, type) and issubclass(hint, Struct):
            yield from fields(hint, f"{name}.")
        else:
            declared = _declared(hint, name)
            meta = next(part for part in get_args(declared) if isinstance(part, Meta))
            yield Field(name, PREFIX + name.replace(".", "_").upper(), declared, each.default, meta)


def sections(root: type[Struct], path: str = "") -> Iterator[tuple[str, type[Struct]]]:
    """Yield every section below a struct with its path; the struct itself has the empty path."""
    yield path, root
    for name, hint in get_type_hints(root).items():
        if isinstance(hint, type) and issubclass(hint, Struct):
            yield from sections(hint, f"{path}.{name}" if path else name)


def _declared(hint: Any, name: str) -> Any:
    """The annotated part of a field's type: optional ones are written `Annotated[...] | None`."""
    parts = get_args(hint) if get_origin(hint) in {Union, UnionType} else (hint,)
    for part in parts:
        if get_origin(part) is Annotated:
            return part
    raise TypeError(f"The setting {name} is declared without `about(...)`.")
