"""A second opinion on odd names, by guessit. Runs in the name workers: a name costs about 9 ms, the import 200 ms."""

from typing import Any

from msgspec.structs import replace

from revenge.media.names import NameGuess, match_key, parse


def warm() -> None:
    """Load guessit and its rules while files may still be opened: a locked child can import nothing."""
    second_opinion(["Warm.up.2010.1080p.mkv"])


def second_opinion(relative_paths: list[str]) -> list[NameGuess]:
    """Read the names again with guessit's help, in the same order. What our own reading is sure of stays."""
    from guessit import guessit
    from guessit.api import GuessitException

    opinions = []
    for path in relative_paths:
        own = parse(path)
        try:
            found = dict(guessit(path, {"type": "movie", "single_value": True}))
        except GuessitException:
            found = {}
        opinions.append(_joined(own, found))
    return opinions


def _joined(own: NameGuess, found: dict[str, Any]) -> NameGuess:
    """Our own reading, its gaps filled."""
    title = _text(found.get("title"))
    year = found.get("year")
    return replace(
        own,
        title=title if title and _shorter(title, own.title) else own.title,
        year=own.year or (year if isinstance(year, int) and str(year) not in own.title else None),
        edition=own.edition or _text(found.get("edition")),
        resolution=own.resolution or _text(found.get("screen_size")),
        certain=True,
    )


def _shorter(theirs: str, ours: str) -> bool:
    """Whether their title is ours with something cut off its end: where both begin alike, less is more."""
    their_key, our_key = match_key(theirs, None), match_key(ours, None)
    return our_key != their_key and our_key.startswith(their_key.rstrip(":"))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
