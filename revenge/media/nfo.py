"""What a `.nfo` file beside a film says: Kodi's XML, a lone link to a film's page, or both in one file.

These files come from everywhere, so nothing in them is trusted: size is limited, entities are refused, a broken one is a value that
says so. Small enough to be read in the node itself, in a thread.
"""

import re
from collections.abc import Iterator
from datetime import date
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring
from msgspec import Struct
from msgspec.structs import replace

MAX_BYTES = 1 << 20
"""A `.nfo` is a page of text; what is larger is something else."""
_MAX_TEXT = 20_000
_MAX_LIST = 500


class Actor(Struct, frozen=True, omit_defaults=True):
    """Somebody in the cast."""

    name: str
    role: str | None = None
    order: int | None = None
    thumb: str | None = None
    """Where a portrait can be fetched."""


class Rating(Struct, frozen=True, omit_defaults=True):
    """What a source thinks of the film."""

    source: str
    value: float
    votes: int | None = None
    best: float = 10.0


class NfoFacts(Struct, frozen=True, omit_defaults=True, tag="facts"):
    """What the file says; None and empty where it says nothing."""

    title: str | None = None
    original_title: str | None = None
    sort_title: str | None = None
    year: int | None = None
    premiered: date | None = None
    plot: str | None = None
    outline: str | None = None
    tagline: str | None = None
    runtime_minutes: int | None = None
    certification: str | None = None
    genres: tuple[str, ...] = ()
    studios: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    directors: tuple[str, ...] = ()
    writers: tuple[str, ...] = ()
    actors: tuple[Actor, ...] = ()
    ids: dict[str, str] = {}
    """`imdb`, `tmdb`, `tvdb` … to the film's id there."""
    collection: str | None = None
    ratings: tuple[Rating, ...] = ()
    edition: str | None = None
    trailer: str | None = None


class NfoBroken(Struct, frozen=True, tag="broken"):
    """The file cannot be used; `reason` is a sentence for people."""

    reason: str


def read(data: bytes) -> NfoFacts | NfoBroken | None:
    """Read the file; None when it is a text that says nothing about a film (an advertisement, a release note)."""
    if len(data) > MAX_BYTES:
        return NfoBroken(f"The .nfo file is larger than {MAX_BYTES // 1024} KiB.")
    text = _decoded(data)
    links = _links(text)
    start, root_name = _xml_start(text)
    if start is None:
        return NfoFacts(ids=links) if links else None
    if root_name != "movie":
        return NfoBroken(f"The .nfo file describes a <{root_name}>, not a <movie>.")
    end = text.rfind("</movie>")
    body = text[start : end + len("</movie>")] if end >= 0 else text[start:]
    try:
        facts = _facts(fromstring(body, forbid_dtd=True))
    except DefusedXmlException:
        return NfoBroken("The .nfo file declares entities, which are refused.")
    except (ParseError, ValueError, RecursionError) as error:
        return NfoBroken(f"The .nfo file is not valid XML ({error}).")
    outside = _links(text[:start] + text[end:] if end >= 0 else text[:start])
    return replace(facts, ids={**outside, **facts.ids})


# -- text ---------------------------------------------------------------------------------------------------------------------

_ROOT = re.compile(r"<(?P<doctype>!DOCTYPE|!ENTITY)|<(?P<name>[a-zA-Z]\w*)[\s>/]")
_ENCODING = re.compile(rb"^[^>]{0,100}encoding=[\"'](?P<name>[\w-]{3,20})[\"']")
_LINKS = (
    ("imdb", re.compile(r"imdb\.com/(?:\w\w/)?title/(tt\d{6,10})")),
    ("tmdb", re.compile(r"themoviedb\.org/movie/(\d{1,9})")),
    ("tvdb", re.compile(r"thetvdb\.com/(?:movies/|\?id=)(\d{1,9})")),
)


def _decoded(data: bytes) -> str:
    """The bytes as text, in the encoding they declare or look like."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    declared = _ENCODING.match(data)
    for encoding in (declared["name"].decode() if declared else "utf-8", "utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding).removeprefix("\ufeff")
        except (UnicodeDecodeError, LookupError):
            continue
    return data.decode("latin-1")


def _xml_start(text: str) -> tuple[int | None, str | None]:
    """Where the XML begins (a document type included, so that it is refused) and its root's name."""
    found = _ROOT.search(text)
    if not found:
        return None, None
    if found["doctype"]:
        root = next((later["name"] for later in _ROOT.finditer(text) if later["name"]), None)
        return found.start(), root or "movie"
    return found.start(), found["name"]


def _links(text: str) -> dict[str, str]:
    return {name: found[1] for name, pattern in _LINKS if (found := pattern.search(text))}


# -- Kodi's elements ----------------------------------------------------------------------------------------------------------


def _facts(movie: Element) -> NfoFacts:
    premiered = _date(_text(movie, "premiered") or _text(movie, "releasedate") or _text(movie, "aired"))
    return NfoFacts(
        title=_text(movie, "title"),
        original_title=_text(movie, "originaltitle"),
        sort_title=_text(movie, "sorttitle"),
        year=_year(_text(movie, "year")) or (premiered.year if premiered else None),
        premiered=premiered,
        plot=_text(movie, "plot"),
        outline=_text(movie, "outline"),
        tagline=_text(movie, "tagline"),
        runtime_minutes=_whole(_text(movie, "runtime")),
        certification=_text(movie, "mpaa") or _text(movie, "certification"),
        genres=_texts(movie, "genre", split=True),
        studios=_texts(movie, "studio", split=True),
        countries=_texts(movie, "country", split=True),
        directors=_texts(movie, "director", split=True),
        writers=_texts(movie, "credits", split=True) or _texts(movie, "writer", split=True),
        actors=tuple(_actors(movie))[:_MAX_LIST],
        ids=_ids(movie),
        collection=_text(movie, "set/name") or _text(movie, "set"),
        ratings=tuple(_ratings(movie))[:_MAX_LIST],
        edition=_edition(_text(movie, "edition")),
        trailer=_text(movie, "trailer"),
    )


def _text(parent: Element, path: str) -> str | None:
    """The element's own text, as one can store it."""
    found = parent.find(path)
    return _storable(found.text) if found is not None else None


def _storable(text: str | None) -> str | None:
    return (text or "").replace("\0", "").strip()[:_MAX_TEXT] or None


def _texts(parent: Element, path: str, *, split: bool = False) -> tuple[str, ...]:
    """All of them, each once; old files put several into one element, with slashes between."""
    found = (_storable(element.text) or "" for element in parent.findall(path))
    words = (word.strip() for text in found for word in (re.split(r"\s+/\s+|\s*\|\s*", text) if split else [text]))
    return tuple(dict.fromkeys(word for word in words if word))[:_MAX_LIST]


def _whole(text: str | None) -> int | None:
    """`148`, `148 min`, `2h 28m`; None for what is no sensible number of minutes."""
    hours = re.match(r"(\d{1,2})\s*h(?:\D*(\d{1,2}))?", text or "")
    minutes = int(hours[1]) * 60 + int(hours[2] or 0) if hours else _int(text)
    return minutes if minutes and 0 < minutes < 10_000 else None


def _int(text: str | None) -> int | None:
    found = re.match(r"\s*(-?\d{1,12})", (text or "").replace(",", ""))
    return int(found[1]) if found else None


def _year(text: str | None) -> int | None:
    year = _int(text)
    return year if year and 1870 <= year <= 2200 else None


def _date(text: str | None) -> date | None:
    try:
        return date.fromisoformat((text or "")[:10])
    except ValueError:
        return None


def _edition(text: str | None) -> str | None:
    """The edition; Kodi writes NONE where there is none, and capitals otherwise."""
    if not text or text.upper() == "NONE":
        return None
    return text.replace("_", " ").title().replace("'S", "'s") if text.isupper() else text


def _actors(movie: Element) -> Iterator[Actor]:
    for actor in movie.findall("actor"):
        if name := _text(actor, "name"):
            yield Actor(name, _text(actor, "role"), _int(_text(actor, "order")), _text(actor, "thumb"))


def _ids(movie: Element) -> dict[str, str]:
    """Ids by source; the old forms `<id>`, `<imdbid>` and `<tmdbid>` count where the new one is missing."""
    ids: dict[str, str] = {}
    for element in movie.findall("uniqueid"):
        source, value = (element.get("type") or "").strip().lower(), _storable(element.text)
        if source and value:
            ids.setdefault({"themoviedb": "tmdb", "thetvdb": "tvdb"}.get(source, source)[:40], value[:100])
    for path, source in (("imdbid", "imdb"), ("imdb_id", "imdb"), ("tmdbid", "tmdb"), ("tvdbid", "tvdb"), ("id", "imdb")):
        value = _text(movie, path)
        if value and (source != "imdb" or re.fullmatch(r"tt\d{6,10}", value)):
            ids.setdefault(source, value[:100])
    return ids


def _ratings(movie: Element) -> Iterator[Rating]:
    for element in movie.findall("ratings/rating"):
        value = _float(_text(element, "value"))
        if value is not None:
            yield Rating(element.get("name") or "default", value, _int(_text(element, "votes")), _float(element.get("max")) or 10.0)
    alone = _float(_text(movie, "rating"))
    if alone and movie.find("ratings") is None:
        yield Rating("default", alone, _int(_text(movie, "votes")))


def _float(text: str | None) -> float | None:
    try:
        value = float((text or "").strip().replace(",", "."))
    except ValueError:
        return None
    return value if 0 <= value <= 1000 else None
