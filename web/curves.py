"""Curves as SVG shapes: numbers over time, drawn on the server, so that a page needs no script and no picture from elsewhere."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

WIDTH, HEIGHT = 600, 150
"""Of the drawing, in its own units; the page stretches it."""
_STEPS = (1, 2, 5, 10)


class Curve(Struct, frozen=True):
    """One line of a chart."""

    name: str
    points: str
    """As `polyline` takes them."""
    area: str
    """As `polygon` takes them: what lies under the line."""
    last: float
    """Its newest value."""
    highest: float


class Chart(Struct, frozen=True):
    """Some lines over one stretch of time."""

    curves: list[Curve]
    top: float
    """The value at its upper edge."""

    @property
    def middle(self) -> float:
        """The value halfway up."""
        return self.top / 2


def chart(series: Mapping[str, Sequence[float]], most: int, least_top: float) -> Chart:
    """Draw the series: their newest values stand at the right edge, `most` of them fill the width; `least_top` is the lowest upper edge."""
    highest = max((value for values in series.values() for value in values), default=0.0)
    top = round_up(max(highest, least_top))
    return Chart([_curve(name, list(values)[-most:], most, top) for name, values in series.items()], top)


def round_up(value: float) -> float:
    """Return the next number people like to read at an axis: 1, 2 or 5 with zeros."""
    size = 1.0
    while size * 10 <= value:
        size *= 10
    while size > value > 0:
        size /= 10
    return next(step * size for step in _STEPS if step * size >= value)


def _curve(name: str, values: Sequence[float], most: int, top: float) -> Curve:
    step = WIDTH / max(most - 1, 1)
    begin = WIDTH - step * (len(values) - 1)
    places = [(begin + step * number, HEIGHT * (1 - value / top)) for number, value in enumerate(values)]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    area = f"{begin:.1f},{HEIGHT} {line} {WIDTH},{HEIGHT}" if places else ""
    return Curve(name, line, area, values[-1] if values else 0.0, max(values, default=0.0))
