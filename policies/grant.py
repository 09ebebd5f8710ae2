"""The Grant: what the gate hands out once a permit stands in the ledger.

Laws
1. The gate makes Grants, nobody else, and only after COMMIT. Functions that open consumers' data,
   stored books or passphrases take one as a required argument, so that a caller without a recorded
   permit does not type-check, let alone run.
2. A Grant stays in the process that got it: it isn't pickled or copied, and fits no queue's message.
3. Whatever writes one down (a log, a traceback) gets its action and its entry's index, and no more:
   who and whose stand in the ledger.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn, SupportsIndex

from audit.entry import Actor, Resource, SnapshotRef
from policies.actions import Action


class GrantStaysError(TypeError):
    """Somebody tried to pickle or copy a Grant."""


@dataclass(frozen=True, kw_only=True, repr=False)
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

    def __repr__(self) -> str:
        """Return the action and the permit's place, and nothing of anybody."""
        return f"<Grant of entry {self.index}: {self.action.value}>"

    def __reduce_ex__(self, _protocol: SupportsIndex) -> NoReturn:
        """Refuse: pickle, copy and deepcopy all come here."""
        raise GrantStaysError("a grant stays where it was given")
