"""Trace a copy of a book to the exports that it could have come out of: permitted, recorded, then compared.

Laws
1. Nothing is compared before the decision TraceBook is committed; what came of it is an entry too
   (`book.traced`), which names the export when one stands out.
2. Nothing of the copy is kept: an entry names it by a keyed digest, by which the same file is known again.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from audit.entry import Resource
from audit.events import Event
from book.copies import Copy, read_copy
from book.fingerprints import Fingerprinter, Prints, count_changes
from book.likeness import Candidate, Certainty, KnownBook, compare
from book.notice import Changes
from house.wiring import House
from policies.actions import Action
from policies.gate import Ask, Who
from policies.table import PermittedTable
from runtime.clock import PACIFIC, parse_rfc3339
from runtime.database import reading
from store.fingerprints import kept_prints, last_prints

MOST_CANDIDATES = 20


def fingerprinter_of(house: House) -> Fingerprinter:
    """Return what fingerprints rows: under a key derived from that of people's records."""
    return Fingerprinter(house.settings.record_key(house.caller), house.policy.catalogue)


def trace_copy(house: House, who: Who, data: bytes) -> tuple[Copy, list[Candidate]]:
    """Return what a copy is and where it could be from, the likeliest first.

    Raises RefusedError before anything is read, CopyError where the file can't be.
    """
    fingerprinter = fingerprinter_of(house)
    resource = Resource(kind="copy", id=fingerprinter.name_of(data))
    with house.gate.transaction(who) as tx:
        permit = tx.decide(Ask(action=Action.TRACE_BOOK, resource=resource))
    copy = read_copy(data, fingerprinter)
    with reading(house.engine) as connection:
        found = compare(copy, _books(connection))[:MOST_CANDIDATES]
    best = found[0].export if found and found[0].certainty is not Certainty.POSSIBLE else None
    with house.gate.transaction(who) as tx:
        tx.record(Event.BOOK_TRACED, Action.TRACE_BOOK, resource, because=permit.index, export=best)
    return copy, found


def changes_since_last(
    connection: Connection, export: str, table: PermittedTable, prints: Prints
) -> Changes | None:
    """Count what changed since the person's last book that is alike in agent, purpose and columns."""
    last = last_prints(connection, export, columns_digest=table.columns_digest)
    if last is None:
        return None
    new, gone, changed = count_changes(prints, Prints.decode(last.prints))
    return Changes(
        export=last.export,
        as_of=parse_rfc3339(last.snapshot_as_of),
        new=new,
        gone=gone,
        changed=changed,
    )


def _books(connection: Connection) -> Iterator[KnownBook]:
    for kept in kept_prints(connection):
        day = parse_rfc3339(kept.snapshot_as_of).astimezone(PACIFIC).date().isoformat()
        yield KnownBook(export=kept.export, day=day, prints=Prints.decode(kept.prints))
