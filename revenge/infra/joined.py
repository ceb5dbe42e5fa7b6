"""Settings that a cluster gave this node: kept in its data directory by `revenge cluster init` and `join`, below everything that is set by hand."""

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

from revenge.core.errors import StartRefused
from revenge.core.settings import Loaded, Origin, converted, fields
from revenge.infra.embedded.disk import refused
from revenge.infra.secrets import write_whole

T = TypeVar("T", bound=Struct)
_ENABLED = "cluster.enabled"
_texts = msgspec.json.Decoder(dict[str, str]).decode


def joined(loaded: Loaded[T], data_dir: Path) -> Loaded[T]:
    """The settings with what the cluster gave where nothing else is set. StartRefused where that cannot be read."""
    given = remembered(data_dir)
    known = {field.path: field for field in fields(type(loaded.values))}
    origin = Origin("cluster", str(place(data_dir)))
    for path in sorted(given, key=lambda path: path == _ENABLED):  # last: it asks for the others
        if path in known and loaded.origin(path).kind == "default":
            try:
                loaded = loaded.having(path, converted(known[path], given[path]), origin)
            except ValueError as error:
                raise StartRefused(f"In {place(data_dir)}, {path} {error}.") from None
    return loaded


def remembered(data_dir: Path) -> Mapping[str, str]:
    """What the cluster gave, by the path of each setting; empty where this node was never in one."""
    with refused(place(data_dir)):
        if not place(data_dir).exists():
            return {}
        data = place(data_dir).read_bytes()
    try:
        return _texts(data)
    except msgspec.MsgspecError as error:
        raise StartRefused(f"{place(data_dir)} cannot be read ({error}): join the cluster anew, or remove the file.") from None


def remember(data_dir: Path, given: Mapping[str, str]) -> None:
    """Keep what a cluster gave, readable by this node alone, whole or not at all."""
    with refused(place(data_dir)):
        write_whole(place(data_dir), msgspec.json.format(msgspec.json.encode(given), indent=2).decode())


def forget(data_dir: Path) -> None:
    """Forget it: this node leaves."""
    with refused(place(data_dir)):
        place(data_dir).unlink(missing_ok=True)


def place(data_dir: Path) -> Path:
    """Where it is kept."""
    return data_dir / "cluster.json"
