"""Send the outgoing stream on, as long as there is something to send and the sink takes it.

Laws
1. The cursor moves after the sink took a batch: at least once, and the index tells a repeated entry.
2. What fails is tried again later and later; nothing is dropped, and nothing piles up but the ledger.
3. Silence means trouble: with nothing new, an empty batch with the head goes out now and then.
"""

from __future__ import annotations

import time

import structlog

from audit.anchor import AnchorError, Standing, may_try, next_try
from delivery.sinks import SinkError
from house.streaming import STREAM, next_batch, sink_of, write_batch
from house.wiring import WorkerHouse
from runtime.database import reading, writing
from store.outposts import note_failed, note_reached, standing_of

_ROUND_SECONDS = 30.0


class Streaming:
    """Drives the stream of one installation."""

    def __init__(self, house: WorkerHouse) -> None:
        self._house = house
        self._sink = sink_of(house.settings)

    def run(self) -> None:
        """Send what waits; leave the rest of a long queue to the next round."""
        until = time.monotonic() + _ROUND_SECONDS
        while time.monotonic() < until and self._step():
            pass

    def _step(self) -> bool:
        """Send one batch; tell whether there is more to do at once."""
        house = self._house
        now = house.clock.now()
        with reading(house.engine) as connection:
            standing = standing_of(connection, STREAM)
        if standing.paused or not may_try(standing, now):
            return False
        try:
            batch = next_batch(house, standing, house.settings.stream_batch)
            if batch is None or (not batch.entries and not self._is_silent(standing)):
                return False
            self._sink.send(write_batch(house, batch), f"{house.settings.origin}/{batch.key}")
        except (SinkError, AnchorError) as error:
            reason, tries = error.trouble.value, standing.tries + 1
            structlog.get_logger().warning("stream.failed", reason=reason)
            with writing(house.engine) as connection:
                note_failed(connection, STREAM, reason, tries, next_try(tries, now))
            return False
        with writing(house.engine) as connection:
            note_reached(connection, STREAM, batch.head, now)
        return bool(batch.entries)

    def _is_silent(self, standing: Standing) -> bool:
        if standing.reached_at is None:
            return True
        silence = (self._house.clock.now() - standing.reached_at).total_seconds()
        return silence >= self._house.settings.stream_heartbeat_seconds
