"""Files that hold settings: the one with all of them, and the small ones with a single secret."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from revenge.core.errors import StartRefused
from revenge.core.settings.fields import fields, sections
from revenge.core.settings.nearest import nearest

_KINDS = {".yaml", ".yml", ".toml"}
_SECRET_BYTES = 64 * 1024


def config_file(environ: Mapping[str, str]) -> Path | None:
    """The file named by REVENGE_CONFIG, else `config.yaml` or `config.toml` in the working directory, else none."""
    if named := environ.get("REVENGE_CONFIG"):
        return Path(named).expanduser()
    return next((path for path in (Path("config.yaml"), Path("config.toml")) if path.is_file()), None)


def read_file(path: Path) -> dict[str, Any]:
    """The tree of sections in a YAML or TOML file; StartRefused with a sentence when it cannot be read."""
    if path.suffix.lower() not in _KINDS:
        raise StartRefused(f"The settings file {path} must be called .yaml, .yml or .toml.")
    kind = path.suffix[1:].upper()
    try:
        path.open("rb").close()
    except OSError as error:
        raise StartRefused(f"The settings file {path} cannot be read: {error.strerror}.") from None
    from dynaconf import Dynaconf  # a third of a second and 15 MB, which a node without a file need not pay

    try:
        read = Dynaconf(settings_files=[str(path.absolute())], loaders=[], auto_cast=False)
        tree: dict[str, Any] = read.as_dict()
    except AttributeError:  # what the parser found is a list or words
        raise StartRefused(f"The settings file {path} is not valid {kind}: settings stand in sections, such as `server`.") from None
    except Exception as error:  # noqa: BLE001 - the parsers of two formats raise families of their own
        raise StartRefused(f"The settings file {path} is not valid {kind}: {' '.join(str(error).split())}") from None
    return tree


def leaves(tree: Mapping[str, Any], root: type[Struct], path: str = "") -> Iterator[tuple[str, Any] | str]:
    """Yield `(path, value)` for each setting in the tree, and a sentence for each key that is no setting."""
    known = {field.path for field in fields(root)}
    rooms = {name for name, _ in sections(root)}
    yield from _walk(tree, path, known, rooms)


def _walk(tree: Mapping[str, Any], path: str, known: set[str], rooms: set[str]) -> Iterator[tuple[str, Any] | str]:
    for key, value in tree.items():
        name = f"{path}.{key}".lstrip(".").lower()
        if value is None and name in known | rooms:
            continue
        if name in known:
            yield name, value
        elif name not in rooms:
            yield f"there is no setting {name}{nearest(name, known | rooms)}"
        elif isinstance(value, Mapping):
            yield from _walk(value, name, known, rooms)
        else:
            yield f"{name} is a section and cannot be a single value."


def read_secret(path: Path) -> str:
    """The text of a secret's file without the line break at its end; ValueError with a reason when there is none."""
    try:
        with path.open("rb") as file:
            text = file.read(_SECRET_BYTES).decode().rstrip("\r\n")
    except OSError as error:
        raise ValueError(f"names {path}, which cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError(f"names {path}, which is not text") from None
    if not text:
        raise ValueError(f"names {path}, which is empty")
    return text
