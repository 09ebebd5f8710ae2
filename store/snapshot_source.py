"""What the facts need of the snapshot room, which this room doesn't know: `house` joins the two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection

from audit.entry import SnapshotRef
from policies.snapshot_groups import Incoming, Publication


@dataclass(frozen=True, kw_only=True)
class SnapshotFacts:
    """What the snapshot room knows of the newest published snapshot."""

    ref: SnapshotRef
    as_of: datetime
    as_of_is_cutoff: bool


class SnapshotSource(Protocol):
    """The snapshot room, as far as facts need it."""

    def newest(self, connection: Connection) -> SnapshotFacts | None:
        """Return the newest published snapshot."""
        ...

    def rows_of(self, connection: Connection, digest: str, agent: str) -> int:
        """Return how many rows a published snapshot holds for an agent."""
        ...

    def ended_in(self, connection: Connection, agent: str, as_of: str, revision: int) -> int:
        """Return how many consumers a published snapshot holds of an agent who ended the delegation since."""
        ...

    def incoming(self, as_of: datetime, now: datetime) -> Incoming:
        """Return the facts of an extract that is to be imported."""
        ...

    def publication(self, connection: Connection, attempt: str, *, drift_accepted: bool) -> Publication:
        """Return the facts of an attempt that is to be published."""
        ...

    def is_destroyable(self, connection: Connection, name: str, now: datetime, kept_weeks: int) -> bool:
        """Tell whether nothing keeps a `snapshot:<attempt>` or a `hold:<attempt>:<agent>` any longer."""
        ...

    def is_holdable(self, connection: Connection, attempt: str, agents: Sequence[str]) -> bool:
        """Tell whether agents' rows of a snapshot can be held; of no agents, whether any are held."""
        ...
