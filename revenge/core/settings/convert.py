"""From what was written to what is meant, with a sentence when that fails."""

from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import msgspec

from revenge.core.settings.fields import Field
from revenge.core.settings.words import Secret

_TRUTH = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
_SHOWN = 60


def converted(field: Field, raw: Any) -> Any:
    """The value a person wrote, as the setting's type; ValueError with what is expected otherwise."""
    try:
        value = msgspec.convert(_prepared(field.plain, raw), field.type, strict=not isinstance(raw, str | list), dec_hook=_read)
    except (msgspec.ValidationError, ValueError):
        raise ValueError(_refusal(field, raw)) from None
    check = field.note("check")
    if check and not check(value.reveal() if isinstance(value, Secret) else value):
        raise ValueError(_refusal(field, raw))
    return value


def expected(field: Field) -> str:
    """What a value must be, in words: `a whole number from 0 to 65535`."""
    said: str = field.note("expected")
    return said or getattr(field.plain, "expected", "") or _by_type(field)


def _by_type(field: Field) -> str:
    plain = field.plain
    if plain is bool:
        return "true or false"
    if plain is int:
        low, high = field.about.ge, field.about.le
        return "a whole number" + (f" from {low}" if low is not None else "") + (f" to {high}" if high is not None else "")
    if get_origin(plain) is Literal:
        return "one of " + ", ".join(map(str, get_args(plain))) if len(get_args(plain)) > 1 else str(get_args(plain)[0])
    if plain is Path:
        return "a path"
    return "text"


def _prepared(plain: Any, raw: Any) -> Any:
    """Bring what text can say into a shape msgspec knows: lists by commas, words for true and false."""
    if isinstance(raw, str) and get_origin(plain) is tuple:
        return [part.strip() for part in raw.split(",") if part.strip()]
    if isinstance(raw, str) and plain is bool:
        return _TRUTH.get(raw.strip().lower(), raw)
    return raw


def _read(plain: Any, raw: Any) -> Any:
    if plain is Path and isinstance(raw, str):
        return Path(raw).expanduser()
    if hasattr(plain, "read"):
        return plain.read(raw)
    raise ValueError


def _refusal(field: Field, raw: Any) -> str:
    """What must be there instead; a secret, and an address that may hold a password, is not repeated."""
    text = str(raw)
    shown = "" if field.plain is Secret or "://" in text else f", not “{text[:_SHOWN]}{'…' if len(text) > _SHOWN else ''}”"
    return f"must be {expected(field)}{shown}"
