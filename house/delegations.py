"""Take over which delegations ended since the cut-off, and take back what would show them.

Laws
1. The ids become pseudonyms in the vault, under a permit; they are kept nowhere, and the ledger has
   of the feed itself a keyed digest only, from which nobody can guess them.
2. Each agent's part is one small transaction: what ended is kept, recorded as `delegation.ended`, and
   every book that holds one of these consumers is dealt with, or nothing of the three.
3. A book that nobody opened doesn't stay: one that wasn't sent is made anew, one that was is revoked.
   An opened one can't be taken back; it is told, and nothing more of it is shown (rule R06).
4. The same feed again changes nothing, and goes on where a crash ended it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

from audit.counts import count_entries
from audit.entry import Consumers, Resource, consumers_root, new_salt
from audit.events import Event
from exports.export import Export
from exports.states import Reason, State
from house.wiring import House
from policies.actions import Action
from policies.gate import Ask, Pending, Transaction, Who
from runtime.broker import SWEEP, wake
from runtime.database import hold
from snapshot.ended import EndedPair, agents_with_ends, ended_in, keep_ended
from snapshot.feed import EndedLine
from store.destruction import note_destroying
from store.exports import books_of_agent, move_unclaimed

_UNSENT = {
    "reason": Reason.DELEGATION_CHANGED.value,
    "next_at": None,
    "built_fencing": None,
    "book_digest": None,
    "expires_at": None,
}


_OPENS = {"email": Action.REVEAL_PASSPHRASE, "link": Action.DOWNLOAD_BOOK}
"""Without which nobody has read a book, by channel."""


class Fate(StrEnum):
    """What became of a book that holds a consumer whose delegation ended."""

    REBUILT = "rebuilt"
    REVOKED = "revoked"
    SENDING = "sending"
    OPENED = "opened"


@dataclass(frozen=True, kw_only=True)
class FeedTaken:
    """How many pairs a feed had and how many were new; each book that was concerned, with its fate."""

    lines: int
    ended: int
    books: tuple[tuple[str, Fate], ...]

    def count(self, fate: Fate) -> int:
        """Return how many books met a fate."""
        return sum(one is fate for _, one in self.books)


def end_delegations(house: House, who: Who, lines: Sequence[EndedLine], digest: str) -> FeedTaken:
    """Take a feed over; `digest` is the SHA-256 of its bytes. Raises RefusedError, VaultError."""
    feed = house.records.feed(digest)
    resource = _resource(feed)
    agents = sorted({line.agent for line in lines})
    with house.gate.transaction(who) as tx:
        claims = {"agents": tuple(agents)}
        permit = tx.decide(Ask(action=Action.END_DELEGATIONS, resource=resource, claims=claims))
    names = house.vault.end_delegations(permit.index, sorted({line.consumer for line in lines}))
    ended, books = 0, list[tuple[str, Fate]]()
    for agent in agents:
        mine = [
            EndedPair(names=names[line.consumer], ended_at=line.ended_at)
            for line in lines
            if line.agent == agent
        ]
        with house.gate.transaction(who) as tx:
            hold(tx.connection, f"agent:{agent}")
            # The moment of now, not of the transaction's begin: who held the name before was before.
            ended += _keep(tx, agent, mine, feed, permit, house.clock.now())
            books += [(book.id, _withdraw(tx, book, permit)) for book in _concerned(tx.connection, agent)]
    if books:
        wake(house.queue, SWEEP)
    return FeedTaken(lines=len(lines), ended=ended, books=tuple(books))


def _resource(feed: str) -> Resource:
    return Resource(kind="feed", id=f"hmac:{feed}")


def _keep(
    tx: Transaction, agent: str, pairs: Sequence[EndedPair], feed: str, permit: Pending, now: datetime
) -> int:
    fresh = keep_ended(tx.connection, agent, pairs, feed=feed, now=now)
    if fresh:
        salt = new_salt()
        names = {name for pair in fresh for name in pair.names}
        tx.record(
            Event.DELEGATION_ENDED,
            Action.END_DELEGATIONS,
            _resource(feed),
            because=permit,
            salt=salt,
            agent=agent,
            consumers=Consumers(count=len(fresh), withheld=0, root=consumers_root(salt, names).hex()),
        )
    return len(fresh)


def opened_books(connection: Connection) -> list[str]:
    """Return the opened books that hold a consumer whose delegation has ended; what is gone counts not."""
    agents = agents_with_ends(connection)
    return [
        book.id for agent in agents for book in _concerned(connection, agent) if _is_opened(connection, book)
    ]


def _concerned(connection: Connection, agent: str) -> Iterator[Export]:
    """Return the books that hold more consumers with an ended delegation than were left out of them."""
    for book in books_of_agent(connection, agent):
        if book.snapshot_as_of is None or book.snapshot_revision is None:
            continue
        ended = ended_in(connection, agent, book.snapshot_as_of, book.snapshot_revision)
        if len(ended) > (book.withheld or 0):
            yield book


def _is_opened(connection: Connection, book: Export) -> bool:
    opening = _OPENS[book.channel].value
    return count_entries(connection, event=Event.RELEASE_STARTED, action=opening, export=book.id) > 0


def _withdraw(tx: Transaction, book: Export, permit: Pending) -> Fate:
    if _is_opened(tx.connection, book):
        return Fate.OPENED
    if book.state is State.SENDING:
        # Its sender decides once more or has the server's answer; nobody gets the passphrase.
        return Fate.SENDING
    if book.state is State.BUILT:
        move_unclaimed(tx.connection, book.id, State.BUILT, State.ACCEPTED, **_UNSENT)
        if book.built_fencing is not None:
            note_destroying(tx.connection, book.id, book.built_fencing)
        _record(tx, Event.EXPORT_DEFERRED, book, State.ACCEPTED, permit)
        return Fate.REBUILT
    over = {"reason": Reason.DELEGATION_CHANGED.value, "next_at": None}
    move_unclaimed(tx.connection, book.id, book.state, State.REVOKED, **over)
    _record(tx, Event.EXPORT_REVOKED, book, State.REVOKED, permit)
    return Fate.REVOKED


def _record(tx: Transaction, event: Event, book: Export, state: State, permit: Pending) -> None:
    tx.record(
        event,
        Action.END_DELEGATIONS,
        Resource(kind="export", id=book.id),
        because=permit,
        agent=book.agent,
        export=book.id,
        fencing=book.built_fencing,
        channel=book.channel,
        book=book.book_digest,
        state=state.value,
        reason=Reason.DELEGATION_CHANGED.value,
    )
