"""The outgoing stream of an installation: where it goes, how far it is, and its next batch.

The ledger is its only buffer: a cursor by index, and one batch under way. Only entries under a
signed checkpoint go out, so that every batch can be verified.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, select

from audit import tree
from audit.anchor import AnchorError, Standing, Trouble
from audit.checkpoint import Head
from audit.movement import consistency_between
from audit.ocsf import write_events
from audit.stored import answering, calculate, read_head
from audit.stream import Batch, write_lines
from audit.tables import ledger_entries
from delivery.posting import PostingError, Road, check_address
from delivery.sinks import FileSink, HttpSink, Sink
from house.anchors import ledger_keys
from house.wiring import House
from runtime.clock import parse_rfc3339
from runtime.database import reading
from runtime.outside import OutsideSettings
from runtime.settings import SettingsError
from store.outposts import standing_of

STREAM = "stream"
SECONDS = 10.0
_ROOM_BYTES = 2 * 1024 * 1024


def sink_of(settings: OutsideSettings) -> Sink:
    """Return the configured sink. Raises SettingsError."""
    if "://" not in settings.stream_to:
        return FileSink(path=Path(settings.stream_to), seconds=SECONDS)
    try:
        check_address(settings.stream_to)
        token = settings.stream_token_file
        return HttpSink(
            url=settings.stream_to,
            road=Road(authorities=settings.stream_ca, seconds=SECONDS),
            token=token.read_text(encoding="ascii").strip() if token else None,
        )
    except PostingError as error:
        raise SettingsError(f"SEALEDBOOK_STREAM_TO: {error}") from None
    except (OSError, UnicodeDecodeError):
        raise SettingsError(f"{settings.stream_token_file} can't be read") from None


def next_batch(house: House, standing: Standing, most: int) -> Batch | None:
    """Return the batch after a standing, empty where nothing is new; None before the first checkpoint.

    Raises AnchorError (NOT_EXTENDED) where the ledger doesn't extend what went out, LedgerError.
    """
    note = house.reader.checkpoint()
    if note is None:
        return None
    _key, signed = ledger_keys(house).read_checkpoint(note)
    if signed.size < standing.size:
        raise AnchorError(Trouble.NOT_EXTENDED)
    entries = _some(house, standing.size, min(standing.size + most, signed.size))
    stop = standing.size + len(entries)
    with reading(house.engine) as connection:
        if standing.root not in {None, _root(connection, standing.size)}:
            raise AnchorError(Trouble.NOT_EXTENDED)
        return Batch(
            first=standing.size,
            entries=tuple(entries),
            head=Head(stop, _root(connection, stop)),
            consistency=tuple(consistency_between(connection, standing.size, stop)),
            inclusion=tuple(_path(connection, stop)) if entries else (),
            checkpoint=note,
            extension=tuple(consistency_between(connection, stop, signed.size)),
        )


def write_batch(house: House, batch: Batch) -> bytes:
    """Write a batch in the configured form."""
    if house.settings.stream_form == "ocsf":
        return write_events(batch, house.settings.origin, house.clock.now())
    return write_lines(batch)


@dataclass(frozen=True, kw_only=True)
class StreamLook:
    """How the stream stands at a moment: entries that wait, and since when the oldest does."""

    standing: Standing
    waiting: int
    since: datetime | None
    now: datetime
    limit: timedelta

    @property
    def lag_seconds(self) -> float:
        """How long the oldest entry waits."""
        return (self.now - self.since).total_seconds() if self.since else 0.0

    @property
    def silent_seconds(self) -> float | None:
        """How long ago something went out last."""
        reached = self.standing.reached_at
        return (self.now - reached).total_seconds() if reached else None

    @property
    def is_late(self) -> bool:
        """Whether entries wait, or the sink heard nothing, for longer than is well; paused counts too."""
        limit = self.limit.total_seconds()
        return self.lag_seconds > limit or (self.silent_seconds or 0.0) > limit


def look_at_stream(connection: Connection, settings: OutsideSettings, now: datetime) -> StreamLook | None:
    """Look at the stream; None where none is configured."""
    if not settings.stream_to:
        return None
    standing = standing_of(connection, STREAM)
    index = ledger_entries.c["index"]
    with answering():
        size = read_head(connection).size
        oldest = select(ledger_entries.c.at).where(index >= standing.size).order_by(index).limit(1)
        since = connection.execute(oldest).scalar()
    return StreamLook(
        standing=standing,
        waiting=max(0, size - standing.size),
        since=parse_rfc3339(since) if since else None,
        now=now,
        limit=timedelta(seconds=settings.stream_lag_seconds),
    )


def _some(house: House, first: int, stop: int) -> Sequence[bytes]:
    """Return entries from `first` on, as many as there is room for in one batch."""
    found: list[bytes] = []
    room = _ROOM_BYTES
    for entry in house.reader.lines(first, stop):
        room -= len(entry)
        if found and room < 0:
            break
        found.append(entry)
    return found


def _root(connection: Connection, size: int) -> bytes:
    with answering():
        return calculate(connection, lambda node: tree.root(size, node))


def _path(connection: Connection, size: int) -> list[bytes]:
    with answering():
        return calculate(connection, lambda node: tree.inclusion(size - 1, size, node))
