"""The gate's questions about snapshots, answered by the snapshot room."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from policies.snapshot_groups import Incoming, Publication
from snapshot.ended import ended_in
from snapshot.facts import came_to_nothing, incoming_facts, publication_facts
from snapshot.holds import can_be_held, can_be_released, is_let_go
from snapshot.published import newest_published, rows_of_agent
from snapshot.retention import is_outlived
from store.snapshot_source import SnapshotFacts


class HouseSnapshots:
    """The snapshot room as `store` knows it; the two rooms don't know of each other."""

    def newest(self, connection: Connection) -> SnapshotFacts | None:
        """Return the newest published snapshot."""
        found = newest_published(connection)
        if found is None:
            return None
        return SnapshotFacts(ref=found.ref, as_of=found.as_of, as_of_is_cutoff=found.as_of_is_cutoff)

    def rows_of(self, connection: Connection, digest: str, agent: str) -> int:
        """Return how many rows a published snapshot holds for an agent."""
        return rows_of_agent(connection, digest, agent)

    def ended_in(self, connection: Connection, agent: str, as_of: str, revision: int) -> int:
        """Return how many consumers a published snapshot holds of an agent who ended the delegation since."""
        return len(ended_in(connection, agent, as_of, revision))

    def incoming(self, as_of: datetime, now: datetime) -> Incoming:
        """Return the facts of an extract that is to be imported."""
        return incoming_facts(as_of, now)

    def publication(self, connection: Connection, attempt: str, *, drift_accepted: bool) -> Publication:
        """Return the facts of an attempt that is to be published."""
        return publication_facts(connection, attempt, drift_accepted=drift_accepted)

    def is_destroyable(self, connection: Connection, name: str, now: datetime, kept_weeks: int) -> bool:
        """Tell whether nothing keeps a `snapshot:<attempt>` or a `hold:<attempt>:<agent>` any longer."""
        kind, _, attempt = name.partition(":")
        if kind == "hold":
            return is_let_go(connection, name)
        return came_to_nothing(connection, attempt, now) or is_outlived(connection, attempt, now, kept_weeks)

    def is_holdable(self, connection: Connection, attempt: str, agents: Sequence[str]) -> bool:
        """Tell whether agents' rows of a snapshot can be held; of no agents, whether any are held."""
        if not agents:
            return can_be_released(connection, attempt)
        return can_be_held(connection, attempt, agents)
