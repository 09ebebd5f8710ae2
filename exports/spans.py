"""How often a whole was served in parts: the count behind "a download is complete".

A span is (first, end) in bytes, half-open. Law: a download counts when the union of the spans
served since the last one that counted is the whole; an aborted one spends nothing but the bytes
that really went.
"""

from __future__ import annotations

from collections.abc import Iterable

Span = tuple[int, int]


def count_wholes(spans: Iterable[Span], size: int) -> int:
    """Return how often spans, in the order in which they were served, made up the whole."""
    wholes = 0
    had: list[Span] = []
    for span in spans:
        had = join_spans([*had, span])
        if had == [(0, size)]:
            wholes += 1
            had = []
    return wholes


def join_spans(spans: Iterable[Span]) -> list[Span]:
    """Return the union of spans as ascending spans with gaps between them; empty ones vanish."""
    joined: list[Span] = []
    for first, end in sorted(span for span in spans if span[0] < span[1]):
        if joined and first <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((first, end))
    return joined
