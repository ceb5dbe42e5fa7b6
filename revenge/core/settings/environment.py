"""Settings in environment variables."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from revenge.core.settings.fields import ALIASES, PREFIX, Field, fields
from revenge.core.settings.files import read_secret
from revenge.core.settings.links import links
from revenge.core.settings.loaded import Origin
from revenge.core.settings.nearest import nearest

_OURS = {"REVENGE_CONFIG"}
_TESTS = "REVENGE_TEST_"


class Written(Struct, frozen=True):
    """One setting as the environment gives it."""

    field: Field
    text: str
    origin: Origin


def written(root: type[Struct], environ: Mapping[str, str]) -> Iterator[Written | str]:
    """Yield each setting the environment holds, and a sentence for each variable that is wrong.

    An empty variable counts as not set, since compose files write `${NAME:-}`; its name must be known all the same.
    """
    others = links(environ)
    ours = {name: text for name, text in environ.items() if name.startswith(PREFIX) and name not in others}
    names = _names(root)
    yield from _unknown(ours, names)
    for field in fields(root):
        found = []
        for name in (name for name, path in names.items() if path == field.path and ours.get(name)):
            try:
                found.append(_read(name, field, ours[name]))
            except ValueError as error:
                yield f"{name} {error}."
        if len({each.text for each in found}) > 1:
            yield f"{' and '.join(each.origin.name for each in found)} both set {field.path} and differ; keep one."
        elif found:
            yield found[0]


def _names(root: type[Struct]) -> dict[str, str]:
    """Every variable that sets something, with the path it sets: generated names, short ones, and `_FILE` behind either."""
    generated = {field.env: field.path for field in fields(root)}
    direct = generated | {alias: path for alias, path in ALIASES.items() if path in generated.values()}
    return direct | {f"{name}_FILE": path for name, path in direct.items()}


def _read(name: str, field: Field, text: str) -> Written:
    if name.endswith("_FILE"):
        return Written(field, read_secret(Path(text)), Origin("secret file", name))
    return Written(field, text, Origin("environment", name))


def _unknown(ours: Mapping[str, str], names: Mapping[str, str]) -> Iterator[str]:
    for name in sorted(ours.keys() - names.keys() - _OURS):
        if not name.startswith(_TESTS):
            yield f"There is no setting {name}{nearest(name, names.keys() | _OURS)}"
