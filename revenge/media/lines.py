"""How a playlist is written down: lines of text, tags with attributes."""

from collections.abc import Iterable

Pairs = Iterable[tuple[str, str | None]]


def text(*lines: str) -> str:
    """The playlist of these lines."""
    return "\n".join(lines) + "\n"


def attributes(tag_name: str, pairs: Pairs) -> str:
    """A tag with its attributes; those without a value are left out."""
    return f"#{tag_name}:" + ",".join(f"{name}={value}" for name, value in pairs if value is not None)


def quoted(words: str | None) -> str | None:
    """Quoted as a playlist allows it: no quotes and no line breaks inside."""
    if words is None:
        return None
    plain = "".join("'" if letter == '"' else letter for letter in words if letter.isprintable())
    return f'"{plain}"'
