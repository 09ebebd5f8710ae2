"""Long lists, a part at a time: a statement takes so many parameters, an entry so many names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

Item = TypeVar("Item")


def in_parts(items: Sequence[Item], most: int) -> Iterator[Sequence[Item]]:
    """Yield a list's parts in its order, each of `most` items but the last; none for an empty list."""
    for start in range(0, len(items), most):
        yield items[start : start + most]
