"""Which bytes are asked for: one range of RFC 9110, section 14, or the whole.

Laws
1. One range `bytes=a-b`, `bytes=a-` or `bytes=-n` is honoured. Anything else, several ranges
   among it, is no range and gets the whole, as the RFC allows.
2. A range that begins behind the end can't be had: 416, and nothing is sent.
3. With If-Range a range holds only for the very book that the tag names.
"""

from __future__ import annotations

import re

from exports.spans import Span

_RANGE = re.compile(r"\s*bytes\s*=\s*([0-9]{0,18})-([0-9]{0,18})\s*", re.ASCII | re.IGNORECASE)


class UnsatisfiableRangeError(Exception):
    """The range lies behind the end of `size` bytes."""

    def __init__(self, size: int) -> None:
        super().__init__("the range lies behind the end")
        self.size = size


def read_range(asked: str | None, size: int) -> Span | None:
    """Return the half-open span that a Range header asks for, or None for the whole."""
    found = _RANGE.fullmatch(asked or "")
    if found is None or found[0].strip().endswith("=-"):
        return None
    first, last = found[1], found[2]
    if not first:
        length = min(int(last), size)
        span = (size - length, size)
    elif last and int(last) < int(first):
        return None
    else:
        span = (int(first), min(int(last) + 1, size) if last else size)
    if span[0] >= min(span[1], size):
        raise UnsatisfiableRangeError(size)
    return span


def holds(if_range: str | None, tag: str) -> bool:
    """Tell whether a range is for the book of a tag; a date or a weak tag never is."""
    return if_range is None or if_range.strip() == tag
