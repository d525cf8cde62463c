"""The sweep as a drawing: what is known against the learning rate, a panel for each model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from math import log10

from ft_lint.verify.sweep.finetuning import Row
from ft_lint.verify.sweep.knowledge import Pretrained

WIDTH, HEIGHT = 440, 300
"""Of a panel, in pixels."""

LEFT, RIGHT, TOP, BOTTOM = 50, 15, 60, 45
COLOURS = ("#1f5fa8", "#d1730a", "#3b8a3e")


def as_svg(rows: Sequence[Row], subjects: Mapping[type[Pretrained], float]) -> str:
    """A drawing; a filled point is a rate that TUN401 reports, a hollow one a rate at which it is silent."""
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH * len(subjects)} {HEIGHT}" '
        'font-family="sans-serif" font-size="11">',
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    decades = _decades([row.rate for row in rows])
    for number, (subject, before) in enumerate(subjects.items()):
        lines.append(f'<g transform="translate({number * WIDTH} 0)">')
        lines += _frame(subject.name, before, decades)
        mine = [row for row in rows if row.model == subject.name]
        for place, title in enumerate(dict.fromkeys(row.optimizer for row in mine)):
            lines += _curve([row for row in mine if row.optimizer == title], title, place, decades)
        lines.append("</g>")
    return "\n".join([*lines, "</svg>", ""])


def _decades(rates: Sequence[float]) -> range:
    powers = [log10(rate) for rate in rates]
    return range(int(min(powers) // 1), int(-(-max(powers) // 1)) + 1)


def _x(rate: float, decades: range) -> float:
    share = (log10(rate) - decades[0]) / (decades[-1] - decades[0])
    return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)


def _y(known: float) -> float:
    return round(TOP + (1 - known) * (HEIGHT - TOP - BOTTOM), 1)


def _frame(name: str, before: float, decades: range) -> Iterator[str]:
    """Title, axes and the line of what was known before."""
    bottom, end = _y(0), WIDTH - RIGHT
    yield f'<text x="{LEFT}" y="18" font-size="13" font-weight="bold">{escape(name)}</text>'
    for known in (0, 0.25, 0.5, 0.75, 1):
        y = _y(known)
        yield f'<path d="M{LEFT} {y}H{end}" stroke="#ddd"/>'
        yield f'<text x="{LEFT - 6}" y="{y + 4}" text-anchor="end">{known:.0%}</text>'
    for power in decades:
        x = _x(10**power, decades)
        yield f'<path d="M{x} {bottom}v5" stroke="#888"/>'
        yield f'<text x="{x}" y="{bottom + 18}" text-anchor="middle">{10.0**power:g}</text>'
    yield f'<path d="M{LEFT} {_y(before)}H{end}" stroke="#888" stroke-dasharray="4 3"/>'
    yield f'<text x="{(LEFT + end) / 2}" y="{HEIGHT - 10}" text-anchor="middle">learning rate (filled: TUN401)</text>'
    middle = (TOP + bottom) / 2
    yield f'<text transform="rotate(-90 12 {middle})" x="12" y="{middle}" text-anchor="middle">still known</text>'


def _curve(rows: Sequence[Row], title: str, place: int, decades: range) -> Iterator[str]:
    """One optimizer: its name above, a line, and a point for each rate."""
    colour = COLOURS[place]
    points = [(_x(row.rate, decades), _y(row.known), row) for row in rows]
    path = "L".join(f"{x} {y}" for x, y, _ in points)
    yield f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>'
    for x, y, row in points:
        fill = colour if row.reported else "white"
        told = f"{title}, {row.rate:g}: {row.known:.0%}"
        yield f'<circle cx="{x}" cy="{y}" r="4" stroke="{colour}" fill="{fill}"><title>{escape(told)}</title></circle>'
    yield f'<text x="{LEFT + place * 125}" y="38" fill="{colour}">{escape(title)}</text>'
