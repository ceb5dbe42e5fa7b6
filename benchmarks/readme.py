"""The table in README.md: every figure of `results.md` that has a goal, between two marks. `python -m benchmarks.readme` writes it."""

import re
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from benchmarks.report import RESULTS

README = Path(__file__).parent.parent / "README.md"
_BEGIN, _END = "<!-- benchmarks -->", "<!-- /benchmarks -->"
_PEERS = {
    "Direct play": "nginx with `sendfile`",
    "List of films": "the same by hand, or a handler with ready bytes",
    "Pictures": "Pillow",
    "Playback": "the ffmpeg program, started for it; an index: `ffprobe`",
    "People before jobs": "the same node without a limit",
    "Scan": "one `ffprobe` per file",
}
_HEAD = "| | | against | measured | goal | reached |\n|---|---|---|---|---|---|"


class Line(Struct, frozen=True):
    """A figure that has a goal."""

    section: str
    what: str
    figure: str
    goal: str
    reached: bool

    def row(self, *, first: bool) -> str:
        verdict = "yes" if self.reached else "**no**"
        peer = _PEERS.get(self.section, "") if self.figure.startswith("x ") else ""
        return f"| {self.section if first else ''} | {self.what} | {peer} | {self.figure} | {self.goal} | {verdict} |"


def lines(results: str) -> Iterator[Line]:
    """Yield the figures with a goal, section by section."""
    section = ""
    for text in results.splitlines():
        if text.startswith("## "):
            section = text.removeprefix("## ")
        cells = [cell.strip() for cell in text.strip().strip("|").split("|")] if text.startswith("| ") else []
        if len(cells) == 6 and cells[5] in {"yes", "**no**"}:
            yield Line(section, cells[0], cells[3], cells[4], cells[5] == "yes")


def told(results: str) -> str:
    """The table, what it was measured on, and how much is short of its goal."""
    found = list(lines(results))
    rows = [line.row(first=not number or found[number - 1].section != line.section) for number, line in enumerate(found)]
    machine = re.search(r"(?m)^\d{4}-\d{2}-\d{2}, (.*?); ", results)
    where = f"On {machine[1]}. " if machine else ""
    short = sum(not line.reached for line in found)
    missed = f"{short} of {len(found)} goals are not reached yet: the lines that say no." if short else "Every goal is reached."
    return "\n".join([_HEAD, *rows, "", f"{where}Medians; `x` is the ratio to the other program in the same run.", missed])


def written(page: str, results: str) -> str:
    """The page with the table of these results; ValueError where its marks are missing."""
    before, begin, rest = page.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not (begin and end):
        raise ValueError(f"README.md has no {_BEGIN} … {_END} for the table.")
    return f"{before}{begin}\n{told(results)}\n{end}{after}"


def write() -> None:
    """Bring README.md up to date."""
    README.write_text(written(README.read_text(), RESULTS.read_text()))


if __name__ == "__main__":
    write()
