"""Subtitle cues: reading SRT, WebVTT and ASS, writing WebVTT."""

import re
from collections.abc import Iterable, Iterator
from html import escape

from msgspec import Struct

_TIME = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})"
_TIMING = re.compile(rf"^[ \t]*{_TIME}[ \t]*-->[ \t]*{_TIME}[ \t]*(.*)$", re.MULTILINE)
_TAG = re.compile(r"</?[ibu]>", re.IGNORECASE)
_FONT = re.compile(r"</?font[^>]*>", re.IGNORECASE)
_OVERRIDE = re.compile(r"\{([^}]*)\}")
_STYLE = re.compile(r"\\([ibu])(\d+)")
_PLACE = re.compile(r"\\an?(\d+)")
_DRAWING = re.compile(r"\\p[1-9]")
_TOP = "line:0"


class Cue(Struct, frozen=True):
    """Text shown for a while; times in milliseconds, text as WebVTT wants it."""

    begin: int
    end: int
    text: str
    settings: str = ""


def vtt(cues: Iterable[Cue]) -> bytes:
    """A WebVTT file, in order of time, what is there twice (in layers) only once."""
    lines = ["WEBVTT", ""]
    for cue in sorted(dict.fromkeys(cues), key=lambda cue: (cue.begin, cue.end)):
        text = "\n".join(line for line in cue.text.splitlines() if line.strip())
        if text and cue.end > cue.begin:
            lines += [f"{_clock(cue.begin)} --> {_clock(cue.end)} {cue.settings}".rstrip(), text, ""]
    return "\n".join(lines).encode()


def srt_file(text: str) -> Iterator[Cue]:
    """Cues of an SRT or a WebVTT file."""
    own = text.lstrip("\ufeff").startswith("WEBVTT")
    timings = list(_TIMING.finditer(text))
    for at, timing in enumerate(timings):
        end = timings[at + 1].start() if at + 1 < len(timings) else len(text)
        body = text[timing.end() : end].strip("\n")
        if at + 1 < len(timings):  # the number or name of the next cue stands before its time
            body = re.sub(r"\n[ \t]*\n[^\n]*\n?$", "", body)
        body, settings = (re.split(r"\n[ \t]*\n", body)[0], timing[9]) if own else srt_text(body)
        yield Cue(_milliseconds(timing, 1), _milliseconds(timing, 5), body, settings)


def srt_text(text: str) -> tuple[str, str]:
    """SRT text as WebVTT, and where it stands: italics, bold and underlining stay, everything else that looks like a tag is text."""
    place = _PLACE.search(text)
    text = _FONT.sub("", _OVERRIDE.sub("", text))
    parts, at = [], 0
    for found in _TAG.finditer(text):
        parts += [escape(text[at : found.start()], quote=False), found[0].lower()]
        at = found.end()
    return "".join([*parts, escape(text[at:], quote=False)]).strip(), _placed(place)


def plain_text(text: str) -> str:
    """ASS-flavoured plain text, as FFmpeg's decoders give it."""
    return ass_text(text)[0]


def ass_file(text: str) -> Iterator[Cue]:
    """Cues of an ASS or SSA file."""
    order = ["layer", "start", "end", "style", "name", "marginl", "marginr", "marginv", "effect", "text"]
    for line in text.splitlines():
        kind, _, rest = line.partition(":")
        if kind.strip().lower() == "format" and "text" in rest.lower():
            order = [name.strip().lower() for name in rest.split(",")]
        elif kind.strip().lower() == "dialogue":
            fields = dict(zip(order, rest.lstrip().split(",", len(order) - 1), strict=False))
            begin, end = (_ass_time(fields.get(name, "")) for name in ("start", "end"))
            body, settings = ass_text(fields.get("text", ""))
            if begin is not None and end is not None:
                yield Cue(begin, end, body, settings)


def ass_text(text: str) -> tuple[str, str]:
    """The text of an ASS event as WebVTT, and where it stands. Drawings are left out, styles other than italics, bold, underline too."""
    place, parts, drawing, open_tags = _PLACE.search(text), [], False, list[str]()
    at = 0
    for found in _OVERRIDE.finditer(text):
        parts.append("" if drawing else escape(text[at : found.start()], quote=False))
        drawing = bool(_DRAWING.search(found[1])) or (drawing and "\\p0" not in found[1])
        parts += _tags(found[1], open_tags)
        at = found.end()
    parts.append("" if drawing else escape(text[at:], quote=False))
    parts += [f"</{tag}>" for tag in reversed(open_tags)]
    joined = "".join(parts).replace("\\N", "\n").replace("\\n", "\n").replace("\\h", "\u00a0")
    return joined.strip(), _placed(place)


def _tags(override: str, open_tags: list[str]) -> Iterator[str]:
    """Tags that an override block opens and closes, so nested that WebVTT accepts them."""
    for tag, value in _STYLE.findall(override):
        if value != "0" and tag not in open_tags:
            open_tags.append(tag)
            yield f"<{tag}>"
        elif value == "0" and tag in open_tags:
            inner = open_tags[open_tags.index(tag) + 1 :]
            yield "".join(f"</{one}>" for one in reversed([tag, *inner])) + "".join(f"<{one}>" for one in inner)
            open_tags.remove(tag)


def _placed(place: re.Match[str] | None) -> str:
    """Alignments 7 to 9 of the numeric pad are the top of the picture; the rest stays where subtitles usually are."""
    return _TOP if place and place[1] in ("7", "8", "9") else ""


def _milliseconds(timing: re.Match[str], first: int) -> int:
    hours, minutes, seconds, rest = (timing[first + at] or "0" for at in range(4))
    return ((int(hours) * 60 + int(minutes)) * 60 + int(seconds)) * 1000 + int(rest.ljust(3, "0"))


def _ass_time(text: str) -> int | None:
    found = re.fullmatch(r"\s*(\d+):(\d{1,2}):(\d{1,2})[.:](\d{1,3})\s*", text)
    if not found:
        return None
    return ((int(found[1]) * 60 + int(found[2])) * 60 + int(found[3])) * 1000 + int(found[4].ljust(3, "0"))


def _clock(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{rest:03d}"
