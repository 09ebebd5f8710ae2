"""Does work side by side and hands it on in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from typing import TypeVar

_AHEAD = 2
_Item = TypeVar("_Item")
_Done = TypeVar("_Done")


def in_order(workers: Executor, work: Callable[[_Item], _Done], items: Iterable[_Item]) -> Iterator[_Done]:
    """Yield what `work` makes of each item, in their order, with a few under way.

    Items are taken in the caller's thread. The first error of an item ends it; what is under
    way then ends by itself.
    """
    under_way: deque[Future[_Done]] = deque()
    for item in items:
        under_way.append(workers.submit(work, item))
        if len(under_way) > _AHEAD:
            yield under_way.popleft().result()
    while under_way:
        yield under_way.popleft().result()
