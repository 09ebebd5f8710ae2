"""What an installation has its worker bring outside: one lane for each kind of place.

Nothing is started that isn't configured.
"""

from __future__ import annotations

from collections.abc import Callable

from house.anchoring import anchor_posts
from house.streaming import STREAM
from house.wiring import WorkerHouse
from worker.anchoring import Anchoring
from worker.streaming import Streaming
from worker.witnessing import Witnessing

ANCHORS = "anchors"
WITNESSES = "witnesses"


def outside_work(house: WorkerHouse) -> dict[str, Callable[[], None]]:
    """Return the lanes that the settings ask for, by name."""
    work: dict[str, Callable[[], None]] = {}
    if anchor_posts(house.settings):
        work[ANCHORS] = lambda: Anchoring(house).run()
    if house.settings.witnesses_file is not None:
        work[WITNESSES] = lambda: Witnessing(house).run()
    if house.settings.stream_to:
        work[STREAM] = lambda: Streaming(house).run()
    return work
