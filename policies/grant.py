"""The Grant: what the gate hands out once a permit stands in the ledger.

Law: the gate makes Grants, nobody else, and only after COMMIT. Functions that open
consumers' data, stored books or passphrases take one as a required argument, so that a
caller without a recorded permit does not type-check, let alone run.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from audit.entry import Actor, Resource, SnapshotRef
from policies.actions import Action


@dataclass(frozen=True, kw_only=True)
class Grant:
    """One recorded permit.

    `index` is the permit's place in the ledger, `expires_at` aware UTC; `columns` are
    catalogue names in the catalogue's order, empty for actions that show no rows.
    """

    action: Action
    actor: Actor
    resource: Resource
    index: int
    expires_at: datetime
    columns: tuple[str, ...] = ()
    profile: str | None = None
    purpose: str | None = None
    channel: str | None = None
    agent: str | None = None
    export: str | None = None
    fencing: int | None = None
    snapshot: SnapshotRef | None = None
    objects: tuple[str, ...] = ()
