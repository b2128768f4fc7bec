"""Measured values, their middle and their spread, and the lines of the table."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass


def quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def seconds(value: float) -> str:
    for unit, scale in [("s", 1), ("ms", 1e3)]:
        if abs(value) * scale >= 1:
            return f"{value * scale:.3g} {unit}"
    return f"{value * 1e6:.3g} µs"


def plain(value: float) -> str:
    return f"{value:,.0f}".replace(",", " ") if value >= 1000 else f"{value:.3g}"


def kibibytes(value: float) -> str:
    return f"{value / 1024:.2f} KiB"


def megabytes(value: float) -> str:
    return f"{value / 1e6:.1f} MB"


def percent(value: float) -> str:
    return f"{value * 100:.2f} %"


def times(value: float) -> str:
    return f"{value:.2f} ×"


def spread(values: list[float], show: Callable[[float], str]) -> str:
    """The median, and from the least to the most where there are several."""
    middle = show(statistics.median(values))
    if len(values) == 1:
        return middle
    return f"{middle} ({show(min(values))} – {show(max(values))})"


@dataclass
class Line:
    """One line of the table: what was measured, and whether it is within its bar."""

    what: str
    ours: str
    beside: str
    figure: float
    """What is judged: a ratio, or a value where there is nothing to compare with."""
    bar: float
    show: Callable[[float], str] = times
    at_least: bool = False

    @property
    def holds(self) -> bool:
        return self.figure >= self.bar if self.at_least else self.figure <= self.bar

    @property
    def cells(self) -> list[str]:
        bound = ("≥ " if self.at_least else "≤ ") + self.show(self.bar)
        verdict = "ok" if self.holds else "FAILED"
        return [self.what, self.ours, self.beside, self.show(self.figure), bound, verdict]


HEADINGS = ["what", "walletwire", "beside", "figure", "bar", ""]


def ratio_line(
    what: str,
    ours: list[float],
    name: str,
    theirs: list[float],
    bar: float,
    show: Callable[[float], str],
    at_least: bool = False,
) -> Line:
    """Judged by the median of the ratios of measurements that were taken one after the other."""
    ratios = [our / their for our, their in zip(ours, theirs, strict=True)]
    return Line(
        what,
        spread(ours, show),
        f"{name}: {spread(theirs, show)}",
        statistics.median(ratios),
        bar,
        at_least=at_least,
    )


def table(lines: list[Line]) -> str:
    """As Markdown that also reads well as it is."""
    rows = [HEADINGS, *(line.cells for line in lines)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]

    def show(row: list[str]) -> str:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        return "| " + " | ".join(cells) + " |"

    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([show(rows[0]), rule, *map(show, rows[1:])])
