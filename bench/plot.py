"""A bench's ratios as a plot: plain SVG, one bar each beside its goal.

Laws:
1. A full track is twice the goal: half of it is the goal's mark, whatever the ratio is of.
2. Where `against` is the limit less is better; a bar says by its colour whether its goal is met.
3. The same ratios give the same bytes; text is text, which pages can be searched for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from xml.sax.saxutils import escape

from bench.table import LIMIT, Ratio

_WIDTH: Final = 960
_TRACK_AT: Final = 560
_TRACK: Final = 300
_ROW: Final = 26
_HEAD: Final = 64
_MET, _MISSED, _INK, _FAINT = "#1f6f5c", "#b3541e", "#1b2a30", "#e3e9ea"
_FONT: Final = "font-family='Helvetica, Arial, sans-serif'"


def _text(x: int, y: int, words: str, style: str = "") -> str:
    return f"<text x='{x}' y='{y}' fill='{_INK}' {style}>{escape(words)}</text>"


def _bar(ratio: Ratio, y: int) -> list[str]:
    part = min(1.0, ratio.ratio / ratio.goal / 2)
    colour = _MET if ratio.is_met else _MISSED
    sign = "\u2264" if ratio.against == LIMIT else "\u2265"
    what = f"{ratio.work}, of the limit" if ratio.against == LIMIT else f"{ratio.work} : {ratio.against}"
    return [
        _text(12, y + 13, what),
        f"<rect x='{_TRACK_AT}' y='{y}' width='{_TRACK}' height='16' fill='{_FAINT}'/>",
        f"<rect x='{_TRACK_AT}' y='{y}' width='{round(_TRACK * part)}' height='16' fill='{colour}'/>",
        f"<rect x='{_TRACK_AT + _TRACK // 2}' y='{y - 3}' width='2' height='22' fill='{_INK}'/>",
        _text(_TRACK_AT + _TRACK + 10, y + 13, f"{ratio.ratio:.3g} ({sign} {ratio.goal:g})"),
    ]


def draw(title: str, ratios: Sequence[Ratio]) -> str:
    """Return the SVG of a bench's table."""
    height = _HEAD + _ROW * len(ratios) + 12
    lines = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {_WIDTH} {height}' {_FONT} font-size='12'>",
        f"<title>{escape(title)}</title>",
        f"<rect width='{_WIDTH}' height='{height}' fill='#ffffff'/>",
        _text(12, 24, title, "font-size='15' font-weight='bold'"),
        _text(
            12, 44, "Ratios of CPU seconds in one run; the mark is the goal. Of the limit, less is better."
        ),
    ]
    for place, ratio in enumerate(ratios):
        lines += _bar(ratio, _HEAD + _ROW * place)
    return "\n".join([*lines, "</svg>"]) + "\n"
