"""One agent's rows of a stored snapshot, from the disk: with keys in hand, and with the vault's proof.

Before each opening the kernel is told to forget the snapshot's files, so that they are read from the
disk. The second way begins with a permit that stands in the ledger, and counts its proof, the vault's
open (which commits to its own disk) and the rows.
"""

from __future__ import annotations

import os
import statistics
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import select

from audit.entry import Actor, Draft, Resource
from audit.events import Event, Outcome
from audit.ledger import Ledger
from bench.table import LIMIT, Ratio
from house.wiring import House
from policies.actions import Action
from policies.grant import Grant
from runtime.clock import rfc3339
from runtime.database import reading, writing
from snapshot.index import object_names
from snapshot.published import PublishedSnapshot, newest_published
from snapshot.shards import open_rows
from snapshot.tables import snapshot_agents
from tests.installation import Installation
from vault.answers import BuildKeys

GOAL_SECONDS: Final = 5e-3
_ROWS: Final = 150
_ROUNDS = 60
_WARM_UP = 3
_PASSPHRASE = "bench-only-passphrase"  # noqa: S105 - no secret


@dataclass(frozen=True)
class _Opener:
    """Who opens one agent's rows of a snapshot."""

    house: House
    snapshot: PublishedSnapshot
    agent: str

    def permit(self, number: int) -> Grant:
        """Append a permit to build a book and return its grant."""
        now = self.house.clock.now()
        expires = now + timedelta(minutes=5)
        export = Resource(kind="export", id=f"bench-{number}")
        draft = Draft(
            event=Event.BOOK_REQUESTED,
            outcome=Outcome.PERMIT,
            actor=Actor(kind="service", id="worker", role="service"),
            client="local:bench",
            action=Action.BUILD_BOOK.value,
            resource=export,
            rules=(),
            policy="ab" * 32,
            expires=rfc3339(expires),
            agent=self.agent,
            export=export.id,
            fencing=1,
            snapshot=self.snapshot.ref,
        )
        with writing(self.house.engine) as connection:
            (recorded,) = Ledger(self.house.clock).append(connection, [draft])
        return Grant(
            action=Action.BUILD_BOOK,
            actor=draft.actor,
            resource=export,
            index=recorded.index,
            expires_at=expires,
            agent=self.agent,
            snapshot=self.snapshot.ref,
        )

    def keys(self, grant: Grant) -> BuildKeys:
        """Have the vault open the agent's shard against the permit's proof."""
        published = self.snapshot.published_entry
        return self.house.vault.build_book(grant.index, published=published, passphrase=_PASSPHRASE)

    def rows(self, grant: Grant, keys: BuildKeys) -> None:
        """Open the rows."""
        opened = open_rows(grant, keys, self.house.objects, self.snapshot)
        assert opened.num_rows


def measure_opening(home: Installation) -> list[Ratio]:
    """Measure both ways on the snapshot in force, by their medians."""
    house = House(home.settings, "worker")
    with reading(house.engine) as connection:
        snapshot = newest_published(connection)
        assert snapshot is not None
        query = select(snapshot_agents).where(snapshot_agents.c.attempt == snapshot.attempt)
        agents = connection.execute(query).mappings().all()
    found = min(agents, key=lambda each: abs(each["rows"] - _ROWS))
    opener = _Opener(house, snapshot, found["agent"])
    files = [house.settings.objects_root / name for name in object_names(snapshot.attempt).values()]
    known = opener.permit(0)
    keys = opener.keys(known)
    ready, proven = [], []
    for number in range(1, _WARM_UP + _ROUNDS):
        _forget(files)
        start = time.perf_counter()
        opener.rows(known, keys)
        ready.append(time.perf_counter() - start)
        permitted = opener.permit(number)
        _forget(files)
        start = time.perf_counter()
        opener.rows(permitted, opener.keys(permitted))
        proven.append(time.perf_counter() - start)
    return [
        _ratio(f"open one agent's {found['rows']} rows: index, page and shard, digests checked", ready),
        _ratio("the same, with the vault's keys for a fresh permit and its proof", proven),
    ]


def _forget(files: list[Path]) -> None:
    for path in files:
        with path.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _ratio(work: str, seconds: list[float]) -> Ratio:
    taken = statistics.median(seconds[_WARM_UP:])
    note = f"{taken * 1e3:.2f} ms of {GOAL_SECONDS * 1e3:.0f} ms, the longest {max(seconds) * 1e3:.1f} ms"
    return Ratio(work=work, against=LIMIT, ratio=taken / GOAL_SECONDS, goal=1, note=note)
