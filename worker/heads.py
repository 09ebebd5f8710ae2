"""Which signed head is due at a post, an anchor or a witness, and what is told where it didn't come there."""

from __future__ import annotations

from dataclasses import dataclass

from audit.anchor import Trouble, is_due, may_try, next_try
from audit.checkpoint import Head
from audit.entry import Resource
from audit.events import Event, Outcome
from audit.key_history import KeyHistory
from house.anchoring import Look, Post, look_at
from house.anchors import ledger_keys
from house.wiring import WorkerHouse
from policies.gate import Transaction
from runtime.database import reading
from store.outposts import note_failed


@dataclass(frozen=True, kw_only=True)
class DueHead:
    """The newest signed head, its checkpoint as text, the keys that read it, and the post as it stood."""

    look: Look
    note: str
    head: Head
    keys: KeyHistory


def due_head(house: WorkerHouse, post: Post) -> DueHead | None:
    """Return the head that a post is to be given now; None where it is to be left alone.

    Raises NoteError or OSError where the house can't read its own checkpoint or keys, LedgerError.
    """
    with reading(house.engine) as connection:
        look = look_at(connection, post, house.clock.now())
        note = house.reader.checkpoint(connection)
    due = is_due(look.standing, look.moved, look.now, post.pace, at_publish=post.at_publish)
    if note is None or not due or not may_try(look.standing, look.now):
        return None
    keys = ledger_keys(house)
    _key, head = keys.read_checkpoint(note)
    if look.moved.since is not None and head.size <= look.standing.size:
        # What moved isn't signed yet; an older head says nothing of it.
        return None
    return DueHead(look=look, note=note, head=head, keys=keys)


def note_failure(tx: Transaction, look: Look, trouble: Trouble, action: str, resource: Resource) -> None:
    """Count a try that failed, and record it where its reason is another than the one before."""
    tries = look.standing.tries + 1
    note_failed(tx.connection, look.post.name, trouble.value, tries, next_try(tries, look.now))
    if trouble.value != look.standing.reason:
        record_failure(tx, trouble, action, resource)


def record_failure(tx: Transaction, trouble: Trouble, action: str, resource: Resource) -> None:
    """Record that no head came to an anchor or a witness, and why."""
    tx.record(Event.ANCHOR_FAILED, action, resource, outcome=Outcome.ERROR, reason=trouble.value)
