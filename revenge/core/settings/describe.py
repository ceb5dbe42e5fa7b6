"""Settings for people: what is set and why, and the page of all there are."""

import re
from collections.abc import Iterator
from typing import Any, TypeVar

from msgspec import Struct

from revenge.core.settings.convert import expected
from revenge.core.settings.fields import ALIASES, Field, fields, sections
from revenge.core.settings.loaded import Loaded
from revenge.core.settings.words import Secret

T = TypeVar("T", bound=Struct)

_PASSWORD = re.compile(r"(?<=://)([^/@\s:]*):[^/\s]*@")
_PAGE = """# Settings

<!-- Written by `scripts/settings_page.py` from the declared sections; a test compares it. -->

What is set in the environment stands above what is set in the file, and that above the default. The file is the one `REVENGE_CONFIG` names, else
`config.yaml` or `config.toml` in the working directory; in it a setting is written by its path, a section per dot. Behind every variable `_FILE`
may be put: its value then names a file that holds the value, as Docker secrets do. An empty variable counts as not set. A name nobody knows, or a
value of the wrong kind, stops the start with a sentence that says which. Lists are written with commas.
"""


def describe(loaded: Loaded[T]) -> str:
    """Every setting with its value and where it came from, one a line; secrets and passwords are masked."""
    rows = [(field.path, shown(loaded.get(field.path)), str(loaded.origin(field.path))) for field in fields(type(loaded.values))]
    wide = [max(len(row[column]) for row in rows) for column in (0, 1)]
    return "\n".join(f"{path:<{wide[0]}}  {value:<{wide[1]}}  {origin}" for path, value, origin in rows)


def shown(value: Any) -> str:
    """A value as a person would write it, without what must not be seen."""
    if value is None:
        return "-"
    if isinstance(value, Secret):
        return repr(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ",".join(map(shown, value)) or "-"
    return _PASSWORD.sub(r"\1:********@", str(value))


def markdown(root: type[Struct]) -> str:
    """The page `docs/settings.md`: each section, and one line for each of its settings."""
    every = {field.path: field for field in fields(root)}
    return _PAGE + "".join(_section(name, section, every) for name, section in sections(root))


def _section(name: str, section: type[Struct], every: dict[str, Field]) -> str:
    own = [field for path, field in every.items() if path.rpartition(".")[0] == name]
    if not own:
        return ""
    about = (section.__doc__ or "").strip()
    head = f"\n## {name or 'The node'}\n\n{about}\n\n| Setting | Variable | Value | Default | |\n|---|---|---|---|---|\n"
    return head + "".join(_row(field) for field in own)


def _row(field: Field) -> str:
    names = "<br>".join(f"`{name}`" for name in (field.env, *_short(field)))
    default = f"`{shown(field.default)}`" if field.default not in {None, ()} else ""
    live = " Taken while running." if field.live else ""
    return f"| `{field.path}` | {names} | {expected(field)} | {default} | {field.sentence}{live} |\n"


def _short(field: Field) -> Iterator[str]:
    return (alias for alias, path in ALIASES.items() if path == field.path)
