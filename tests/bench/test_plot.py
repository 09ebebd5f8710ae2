"""The plot of a bench shows each ratio beside its goal, as its table does."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from bench.plot import draw
from bench.table import LIMIT, Ratio

_NS = "{http://www.w3.org/2000/svg}"
MET = Ratio(work="10 rows <sealed>", against="a peer", ratio=4, goal=4)
BEYOND = Ratio(work="storm", against="a peer", ratio=90, goal=3)
OVER = Ratio(work="size", against=LIMIT, ratio=1.2, goal=1)
UNDER = Ratio(work="memory", against=LIMIT, ratio=1, goal=2)


def _drawn(*ratios: Ratio) -> ET.Element:
    return ET.fromstring(draw("A bench", ratios))  # noqa: S314 - our own plot


def _bars(*ratios: Ratio) -> list[tuple[float, str]]:
    """Return each bar's part of its track, and its colour."""
    rects = list(_drawn(*ratios).iter(f"{_NS}rect"))[1:]
    return [
        (float(bar.get("width", "0")) / float(track.get("width", "1")), bar.get("fill", ""))
        for track, bar in zip(rects[::3], rects[1::3], strict=True)
    ]


def test_a_bar_reaches_the_mark_where_the_goal_is_met() -> None:
    """The goal is half of the track, for each ratio its own; no bar leaves its track."""
    assert [0.5, 1.0, 0.6, 0.25] == [part for part, _ in _bars(MET, BEYOND, OVER, UNDER)]


def test_colours_say_whether_a_goal_is_met() -> None:
    """Less is better of the limit, more is better beside a peer."""
    met, beyond, over, under = (colour for _, colour in _bars(MET, BEYOND, OVER, UNDER))

    assert met == beyond == under
    assert met != over


def test_the_words_are_those_of_the_table() -> None:
    """Title, work, peer, ratio and goal stand in it as text, markup escaped."""
    texts = [text.text for text in _drawn(MET, OVER).iter(f"{_NS}text")]

    assert "A bench" == texts[0]
    assert ["10 rows <sealed> : a peer", "4 (\u2265 4)"] == texts[2:4]
    assert ["size, of the limit", "1.2 (\u2264 1)"] == texts[4:6]
