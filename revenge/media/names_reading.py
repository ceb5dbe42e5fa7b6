"""One component of a path, a folder's or a file's name, read on its own: title, then year, then tags."""

import re
import time
import unicodedata
from itertools import pairwise

from msgspec import Struct

from revenge.media import names_words as words
from revenge.media.titles import straightened

_IDS = re.compile(
    r"[\[{(]\s*(?P<name>tmdb|imdb|tvdb)(?:id)?\s*[-=: ]\s*(?P<id>tt\d+|\d+)\s*[\]})]|(?<!\w)(?P<tt>tt\d{7,9})(?!\w)", re.IGNORECASE
)
_EDITION = re.compile(r"\{edition-(?P<edition>[^}]*)\}", re.IGNORECASE)
_GROUP_FIRST = re.compile(r"^\s*\[(?P<inside>[^\]]*)\]\s*(?P<rest>.*)$")
_ACRONYM = re.compile(r"(?<![^\W_])(?:[A-Z]\.){2,}")
_BRACKET_YEAR = re.compile(r"[(\[]\s*(?P<year>(?:18|19|20)\d\d)\s*[)\]]")
_BARE_YEAR = re.compile(r"(?<![\w(/-])(?P<year>(?:18|19|20)\d\d)(?!\w|/\d|-\d)")
_FIRST_YEAR = re.compile(r"^(?:[(\[](?P<bracket>(?:19|20)\d\d)[)\]][ _.-]*|(?P<dash>(?:19|20)\d\d) - )(?P<rest>.*\w.*)$")
_RANGE = re.compile(r"[(\[]\s*\d{4}\s*[-\u2013]\s*(?:\d{2,4})?\s*[)\]]")
_UNCLOSED = re.compile(r"(?<=\w)\s*[\[({][^\])}]*$")
_BRACKETED = re.compile(r"\[[^\]]*\]|\{[^}]*\}|\(\s*\)")
_ROUND = re.compile(r"\((?P<inside>[^()]*)\)")
_AKA = re.compile(r"(?<=\w) (?:aka|a\.k\.a\.) (?=\w)", re.IGNORECASE)
_EPISODE = re.compile(r"(?<!\w)(?:s\d{1,2} ?e\d{1,3}|\d{1,2}x\d{2,3})(?!\w)", re.IGNORECASE)
_LONE = re.compile("[\ud800-\udc7f\udd00-\udfff]")
"""Surrogates that do not stand for a byte of a file name."""
_EDGES = " \t-_.,;~+=\u2013\u2014:"


class Reading(Struct):
    """One component of a path, read on its own; `title` may be empty."""

    title: str
    year: int | None
    tags: str
    """What stands behind title and year."""
    stem: str
    stacked: int | None = None
    edition: str | None = None
    in_brackets: bool = False
    """The year stood in brackets: this is how people name films on purpose."""
    tagged: bool = False
    doubtful: bool = False
    ids: dict[str, str] = {}


def clean(text: str) -> str:
    """The text as one can store it: composed, without control characters; bytes that are no UTF-8 are read as Windows wrote them."""
    if text.isascii() and text.isprintable():
        return text.strip()
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-8", "surrogatepass" if _LONE.search(text) else "surrogateescape").decode("cp1252", "replace")
    text = unicodedata.normalize("NFC", text)
    return "".join(char if char.isprintable() or char in "\u200d\ufe0f" else " " for char in text).strip()


def read(stem: str) -> Reading:
    """Read one component: ids out, blanks in, then title, year, tags."""
    ids: dict[str, str] = {}

    def keep(found: re.Match[str]) -> str:
        name = (found["name"] or "imdb").lower()
        ids.setdefault(name, found["id"] or found["tt"])
        return " "

    text = _IDS.sub(keep, stem)
    named = _EDITION.search(text)
    text = _spaced(_RANGE.sub(" ", _EDITION.sub(" ", text))).strip(" -")
    text, doubtful = _without_group(text)
    name = _split(text, stem)
    name.ids, name.doubtful = ids, name.doubtful or doubtful
    name.edition = (named["edition"].strip() or None) if named else None
    return _tidied(name)


def _spaced(text: str) -> str:
    """Blanks where people without blanks put dots, underscores or hyphens."""
    if " " in text.strip():
        return re.sub(r"(?<=\w)_(?= \w)", ":", text).replace("_", " ")
    text = text.replace("_", " ")
    kept = _ACRONYM.sub(lambda found: found[0].replace(".", "\0") + " ", text)
    text = re.sub(r" +", " ", kept.replace(".", " ")).replace("\0", ".")
    return text.replace("-", " ") if " " not in text.strip() and text.count("-") > 1 else text


def _without_group(text: str) -> tuple[str, bool]:
    """The name without `[Group]` in front, unless that is the title: `[REC]`."""
    found = _GROUP_FIRST.match(text)
    if not found or _BRACKET_YEAR.match(text):
        return text, False
    rest = _BRACKET_YEAR.split(found["rest"])[0].strip(_EDGES)
    if not re.search(r"[^\W\d]", rest) or words.STRONG.match(rest):
        return f"{found['inside']} {found['rest']}", not _BRACKET_YEAR.search(found["rest"])
    return found["rest"], False


def _split(text: str, stem: str) -> Reading:
    """Find the year and the first tag; what stands before both is the title."""
    latest = time.gmtime().tm_year + 1
    if first := _FIRST_YEAR.match(text):
        year = int(first["bracket"] or first["dash"])
        rest = first["rest"]
        if year <= latest and not _BRACKET_YEAR.search(rest) and words.STRONG.sub("", rest).strip(_EDGES):
            title, tags = _cut(rest)
            return Reading(title, year, tags, stem, in_brackets=bool(first["bracket"]), tagged=bool(tags))
    for found in _BRACKET_YEAR.finditer(text):
        if int(found["year"]) <= latest and re.search(r"\w", text[: found.start()]):
            return Reading(
                text[: found.start()],
                int(found["year"]),
                text[found.end() :],
                stem,
                in_brackets=True,
                tagged=_has_tags(text[found.end() :]),
            )
    title, tags = _cut(text)
    years = [found for found in _BARE_YEAR.finditer(title) if int(found["year"]) <= latest and title[: found.start()].strip(_EDGES + "([")]
    if years:
        found = _chosen(title, years)
        behind = title[found.end() :]
        return Reading(title[: found.start()], int(found["year"]), f"{behind} {tags}", stem, tagged=bool(tags) or _has_tags(behind))
    late = _BARE_YEAR.search(tags)
    behind_tags = int(late["year"]) if late and int(late["year"]) <= latest else None
    doubtful = bool(tags and not re.search(r"[\[({][^\])}]*$", title)) or bool(_EPISODE.search(text))
    return Reading(title, behind_tags, tags, stem, tagged=bool(tags), doubtful=doubtful)


def _cut(text: str) -> tuple[str, str]:
    """The text before its first strong tag (and the weak ones that lead to it), and the rest."""
    for found in words.STRONG.finditer(text):
        before = text[: found.start()]
        if not before.strip(_EDGES + "([{"):
            continue
        while weak := _last_weak(before):
            before = before[:weak]
        return before, text[len(before) :]
    return text, ""


def _last_weak(text: str) -> int:
    """Where the weak tag at the end of the text begins; 0 when there is none or nothing would be left."""
    bare = text.rstrip(_EDGES + "([{")
    ends = [found.start() for found in words.WEAK.finditer(bare) if found.end() == len(bare)]
    return ends[0] if ends and bare[: ends[0]].strip(_EDGES + "([{") else 0


def _chosen(title: str, years: list[re.Match[str]]) -> re.Match[str]:
    """The last year, since titles hold years, too, but not one behind an edition (`2010 Remastered 2020`)."""
    for found, following in pairwise(years):
        if any(edition.search(title, found.end(), following.start()) for edition, _ in words.EDITIONS):
            return found
    return years[-1]


def _has_tags(text: str) -> bool:
    return bool(words.STRONG.search(text) or words.WEAK.search(text))


def _tidied(name: Reading) -> Reading:
    """Take out of the title what is not title: stacked parts, editions, brackets."""
    title = _BRACKETED.sub(" ", name.title) if _BRACKETED.sub("", name.title).strip(_EDGES) else name.title
    title = _without_tag_brackets(name, title)
    for pattern in (words.DISC, words.JOINED_PART):
        found = pattern.search(title.rstrip(_EDGES + "()"))
        if found and found.end() == len(title.rstrip(_EDGES + "()")) and title[: found.start()].strip(_EDGES + "("):
            name.stacked, title = words.part_number(found), title[: found.start()]
    title, edition = _title_edition(title)
    if edition and not name.edition:
        name.edition = edition
    name.title = _finished(title)
    return name


def _without_tag_brackets(name: Reading, title: str) -> str:
    """`Léon (Director's Cut)` without the brackets, whose words become tags; brackets that hold words of a title stay."""
    for found in reversed(list(_ROUND.finditer(title))):
        if title[: found.start()].strip(_EDGES) and _only_tags(found["inside"]):
            name.tags = f"{found['inside']} {name.tags}"
            title = f"{title[: found.start()]} {title[found.end() :]}"
    return title


def _only_tags(inside: str) -> bool:
    rest = inside
    for pattern in (words.STRONG, words.WEAK, words.DISC, words.PART, *(edition for edition, _ in words.EDITIONS)):
        rest = pattern.sub("", rest)
    return not re.search(r"\w", rest)


def _title_edition(title: str) -> tuple[str, str | None]:
    """`Blade Runner The Final Cut` is an edition of `Blade Runner`; `The Final Cut` is a film."""
    bare = title.rstrip(_EDGES + "()")
    for pattern, edition in words.EDITIONS:
        for found in pattern.finditer(bare):
            before = bare[: found.start()].strip(_EDGES + "(")
            if found.end() == len(bare) and before and before.lower() not in {"the", "a", "an", "der", "die", "das"}:
                return bare[: found.start()].rstrip(_EDGES + "("), edition
    return title, None


def _finished(title: str) -> str:
    """Outer punctuation off, one blank between words, the article in front, `aka` cut."""
    title = _AKA.split(" ".join(title.split()), maxsplit=1)[0]
    title = _UNCLOSED.sub("", title)
    lead = title.lstrip(_EDGES + "])}")
    title = lead if lead.strip(_EDGES + "([{") else title
    ended = title.rstrip(" \t-_,;~+=\u2013\u2014:([{")
    if ended.endswith(".") and not re.search(r"(?:\b\w\.|\.\.)$|\b(?:jr|sr|dr|mr|mrs|st|vs|etc)\.$", ended, re.IGNORECASE):
        ended = ended.rstrip(".") or ended
    return straightened(ended.strip())
