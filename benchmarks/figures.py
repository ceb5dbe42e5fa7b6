"""One measured number beside its peer's, and the table they stand in."""

from collections.abc import Iterable, Sequence
from statistics import median

from msgspec import Struct


class Figure(Struct, frozen=True):
    """A line of the table. `ours` and `theirs` are the absolute values as text, `value` is what the goal is about."""

    what: str
    ours: str
    theirs: str
    value: float
    goal: float | None = None
    sense: str = "<="
    """`<=` or `>=`: on which side of the goal it has to be."""
    unit: str = "x"
    """`x` for a ratio."""

    @property
    def reached(self) -> bool:
        if self.goal is None:
            return True
        return self.value <= self.goal if self.sense == "<=" else self.value >= self.goal

    def row(self) -> str:
        aim = "" if self.goal is None else f"{self.sense.replace('<=', '≤').replace('>=', '≥')} {_number(self.goal, self.unit)}"
        verdict = "" if self.goal is None else ("yes" if self.reached else "**no**")
        return f"| {self.what} | {self.ours} | {self.theirs} | {_number(self.value, self.unit)} | {aim} | {verdict} |"


HEAD = "| what | ours | peer | figure | goal | reached |\n|---|---|---|---|---|---|"


def table(figures: Iterable[Figure]) -> str:
    return "\n".join([HEAD, *(figure.row() for figure in figures)])


def middle(values: Sequence[float]) -> float:
    return median(values)


def spread(values: Sequence[float], digits: int = 2) -> str:
    """The median, and the range in brackets."""
    if len(values) == 1:
        return f"{values[0]:.{digits}f}"
    return f"{median(values):.{digits}f} ({min(values):.{digits}f}-{max(values):.{digits}f})"


def _number(value: float, unit: str) -> str:
    text = f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
    return f"{text} {unit}" if unit != "x" else f"x {text}"
