"""What the ledger did since a head that somebody has, and whether it still extends that head.

Takes the connection of a transaction that is open already, or a reader that opens its own.
"""

from __future__ import annotations

from sqlalchemy import Connection, select

from audit import tree
from audit.anchor import ITS_OWN, AnchorError, Copy, Movement, Trouble
from audit.checkpoint import Head
from audit.events import Event
from audit.key_history import KeyHistory
from audit.note import NoteError
from audit.proofs import ProofError, verify_consistency
from audit.reader import LedgerReader
from audit.stored import answering, calculate
from audit.tables import ledger_entries
from runtime.clock import parse_rfc3339

_OWN = sorted(event.value for event in ITS_OWN)
_PUBLISHING = "PublishSnapshot"


def movement_after(connection: Connection, size: int) -> Movement:
    """Return what came after the first `size` entries; `ITS_OWN` events don't count."""
    entry = ledger_entries.c
    first = select(entry.at).where(entry["index"] >= size, entry.event.not_in(_OWN))
    published = select(entry["index"]).where(
        entry.action == _PUBLISHING,
        entry["index"] >= size,
        entry.event == Event.SNAPSHOT_PUBLISHED.value,
    )
    with answering():
        since = connection.execute(first.order_by(entry["index"]).limit(1)).scalar()
        if since is None:
            return Movement()
        has_publication = connection.execute(published.limit(1)).first() is not None
    return Movement(since=parse_rfc3339(since), has_publication=has_publication)


def consistency_between(connection: Connection, old: int, size: int) -> list[bytes]:
    """Prove that the ledger's first `size` entries extend its first `old`. Raises LedgerError, ValueError."""
    with answering():
        return calculate(connection, lambda node: tree.consistency(old, size, node))


def check_copy(reader: LedgerReader, copy: Copy, keys: KeyHistory) -> Head:
    """Return the head of a copy that the ledger extends and one of its keys signed.

    Raises AnchorError: UNREADABLE for one that isn't what a key signed, NOT_EXTENDED where the
    ledger was rolled back behind it or rewritten. LedgerError.
    """
    try:
        _key, head = keys.read_checkpoint(copy.note)
    except NoteError:
        raise AnchorError(Trouble.UNREADABLE) from None
    check_extended(reader, head)
    return head


def check_extended(reader: LedgerReader, head: Head) -> None:
    """Raise AnchorError (NOT_EXTENDED) unless the ledger extends a head."""
    proof = reader.prove(head.size, [])
    try:
        verify_consistency(head.size, head.root, proof.head.size, proof.head.root, proof.consistency)
    except ProofError:
        raise AnchorError(Trouble.NOT_EXTENDED) from None
