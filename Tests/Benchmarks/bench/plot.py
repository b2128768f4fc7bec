"""Growth as an SVG: small charts beside each other, both axes logarithmic, a line for each server."""

import math
from collections.abc import Callable
from pathlib import Path
from xml.sax.saxutils import escape

Series = dict[str, dict[int, float]]
"""By the server's name, by the number of subscribers or wallets."""

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 440, 300, 70, 20, 40, 50
COLOURS = ["#c2410c", "#475569", "#0369a1", "#7c3aed"]
STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#334155}.title{font-weight:600;font-size:13px}"
    ".grid{stroke:#cbd5e1;stroke-width:.5}polyline{fill:none;stroke-width:1.8}"
)


class Axis:
    """From whole power of ten to whole power of ten."""

    def __init__(self, values: list[float], start: float, end: float):
        self.low = math.floor(math.log10(min(values)) + 1e-9)
        self.high = max(self.low + 1, math.ceil(math.log10(max(values)) - 1e-9))
        self.start, self.end = start, end

    def place(self, value: float) -> float:
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    @property
    def ticks(self) -> list[float]:
        return [10.0**power for power in range(self.low, self.high + 1)]


def chart(title: str, below: str, series: Series, show: Callable[[float], str]) -> str:
    """One chart as an SVG group."""
    x = Axis([n for line in series.values() for n in line], LEFT, WIDTH - RIGHT)
    y = Axis([v for line in series.values() for v in line.values()], HEIGHT - BOTTOM, TOP)
    parts = [f'<text class="title" x="{LEFT}" y="20">{escape(title)}</text>']
    for tick in x.ticks:
        at = x.place(tick)
        parts.append(f'<line class="grid" x1="{at}" x2="{at}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>')
        label = f"{tick:,.0f}".replace(",", " ")
        parts.append(
            f'<text x="{at}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{label}</text>'
        )
    for tick in y.ticks:
        at = y.place(tick)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at}" y2="{at}"/>')
        label = escape(show(tick))
        parts.append(f'<text x="{LEFT - 6}" y="{at + 4}" text-anchor="end">{label}</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(f'<text x="{middle}" y="{HEIGHT - 12}" text-anchor="middle">{escape(below)}</text>')
    for index, (name, line) in enumerate(series.items()):
        colour = COLOURS[index % len(COLOURS)]
        places = [(x.place(n), y.place(value)) for n, value in sorted(line.items())]
        points = " ".join(f"{left:.1f},{top:.1f}" for left, top in places)
        parts.append(f'<polyline points="{points}" stroke="{colour}"/>')
        parts += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="2.5" fill="{colour}"/>' for a, b in places]
        at = TOP + 14 + 16 * index
        parts.append(
            f'<text x="{LEFT + 8}" y="{at}" style="fill:{colour}">{escape(name)}</text>'
        )
    return "\n".join(parts)


def write(path: Path, charts: list[str]) -> None:
    """The charts, two in a row."""
    rows = (len(charts) + 1) // 2
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {2 * WIDTH} {rows * HEIGHT}" '
        f'width="{2 * WIDTH}" height="{rows * HEIGHT}">',
        f"<style>{STYLE}</style>",
        '<rect width="100%" height="100%" fill="#ffffff"/>',
    ]
    for index, content in enumerate(charts):
        left, top = index % 2 * WIDTH, index // 2 * HEIGHT
        parts.append(f'<g transform="translate({left},{top})">\n{content}\n</g>')
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([*parts, "</svg>", ""]))
