"""Put the settings together: the environment over the file over what is declared."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from msgspec import Struct

from revenge.core.errors import StartRefused
from revenge.core.settings.convert import converted
from revenge.core.settings.environment import written
from revenge.core.settings.fields import PREFIX, fields
from revenge.core.settings.files import config_file, leaves, read_file
from revenge.core.settings.loaded import Loaded, Origin

T = TypeVar("T", bound=Struct)


class _Sheet:
    """What has been read so far, and every complaint about it: a person mends all of them at once."""

    def __init__(self, root: type[Struct]) -> None:
        self.fields = {field.path: field for field in fields(root)}
        self.values: dict[str, Any] = {}
        self.origins: dict[str, Origin] = {}
        self.problems: list[str] = []

    def put(self, path: str, raw: Any, origin: Origin, written_as: str) -> None:
        try:
            self.values[path] = converted(self.fields[path], raw)
            self.origins[path] = origin
        except ValueError as error:
            self.problems.append(f"{written_as} {error}.")


def load(root: type[T], environ: Mapping[str, str], file: Path | None = None, *, partly: bool = False) -> Loaded[T]:
    """Read the settings: environment, then file (the one given, else `config_file`), then defaults.

    StartRefused names every variable and key that is unknown, wrong or contradictory, one sentence each. `partly` passes over what is not
    below this root: for a command that needs a single section and should not load the whole house for it.
    """
    file = file or config_file(environ)
    tree = read_file(file) if file else {}
    if partly:
        own = root.__struct_fields__
        tree = {name: value for name, value in tree.items() if name.lower() in own}
        environ = {name: text for name, text in environ.items() if name.startswith(tuple(f"{PREFIX}{section.upper()}" for section in own))}
    sheet = _Sheet(root)
    if file:
        _read_file(sheet, root, file, tree)
    _read_environment(sheet, root, environ)
    if sheet.problems:
        raise StartRefused("\n".join(sheet.problems))
    try:
        return Loaded(_built(root, sheet.values), sheet.origins, file)
    except ValueError as error:
        raise StartRefused(str(error)) from None


def _read_file(sheet: _Sheet, root: type[Struct], file: Path, tree: Mapping[str, Any]) -> None:
    for leaf in leaves(tree, root):
        if isinstance(leaf, str):
            sheet.problems.append(f"In {file}, {leaf}")
        else:
            sheet.put(*leaf, Origin("file", str(file)), f"In {file}, {leaf[0]}")


def _read_environment(sheet: _Sheet, root: type[Struct], environ: Mapping[str, str]) -> None:
    for each in written(root, environ):
        if isinstance(each, str):
            sheet.problems.append(each)
        else:
            sheet.put(each.field.path, each.text, each.origin, each.origin.name)


def _built(root: type[T], values: Mapping[str, Any], path: str = "") -> T:
    """Make the structs, the innermost first; sections without a value keep their defaults."""
    return root(**dict(_arguments(root, values, path)))


def _arguments(root: type[Struct], values: Mapping[str, Any], path: str) -> Iterator[tuple[str, Any]]:
    for name, hint in get_type_hints(root).items():
        if isinstance(hint, type) and issubclass(hint, Struct):
            yield name, _built(hint, values, f"{path}{name}.")
        elif path + name in values:
            yield name, values[path + name]
