"""What the ledger did since a head that somebody has, and whether it still extends that head.

Takes the connection of a transaction that is open already, or a reader that opens its own.
"""

from __future__ import annotations

from sqlalchemy import Connection, select

from audit.anchor import ITS_OWN, AnchorError, Copy, Movement, Trouble
from audit.checkpoint import Head, NoteError, VerifierKey, read_checkpoint
from audit.events import Event
from audit.proofs import ProofError, verify_consistency
from audit.reader import LedgerReader
from audit.stored import answering
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


def check_copy(reader: LedgerReader, copy: Copy, key: VerifierKey) -> Head:
    """Return the head of a copy that the ledger extends; it is signed by `key`.

    Raises AnchorError: UNREADABLE for one that isn't what the key signed, NOT_EXTENDED where the
    ledger was rolled back behind it or rewritten. LedgerError.
    """
    try:
        _origin, head = read_checkpoint(copy.note, key)
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
