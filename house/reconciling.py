"""Hold what the house keeps against the roots in the ledger: whose data each book, page and feed was of.

Law: what differs is named by entry and reason, and by nobody's pseudonym. Entries that were pruned
can't be held against anything, and are counted nowhere.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection

from audit.entry import consumers_root
from audit.events import Event
from audit.lookups import Found, entries_of
from house.disclosures import Members
from policies.actions import Action
from snapshot.ended import kept_of, moments_settled, settled_of


@dataclass(frozen=True, kw_only=True)
class Difference:
    """An entry that the database contradicts, and how."""

    index: int
    said: str


@dataclass(frozen=True, kw_only=True)
class Reconciled:
    """How many entries of each kind were held against the database, and what differs."""

    books: int
    pages: int
    feeds: int
    confirmations: int
    differences: tuple[Difference, ...]


def reconcile(connection: Connection) -> Reconciled:
    """Compare every book's root, page's, feed's and confirmation's with what the database holds."""
    books = entries_of(connection, action=Action.BUILD_BOOK.value, events={Event.EXPORT_BUILT})
    pages = entries_of(connection, action=Action.VIEW_CONSUMERS.value, events={Event.RELEASE_STARTED})
    ending = Action.END_DELEGATIONS.value
    feeds = entries_of(connection, action=ending, events={Event.DELEGATION_ENDED})
    confirmations = entries_of(connection, action=ending, events={Event.DELEGATION_CONFIRMED})
    return Reconciled(
        books=len(books),
        pages=len(pages),
        feeds=len(feeds),
        confirmations=len(confirmations),
        differences=(
            *_books(connection, books),
            *_pages(connection, pages),
            *_feeds(connection, feeds, {found.entry.resource.id for found in confirmations}),
            *_confirmations(connection, confirmations),
        ),
    )


def _books(connection: Connection, books: Collection[Found]) -> Iterator[Difference]:
    members = Members(connection)
    for found in sorted(books, key=lambda one: (one.entry.agent or "", one.index)):
        if members.of(found) is None:
            yield Difference(index=found.index, said="its root isn't that of the agent's delegations")


def _pages(connection: Connection, pages: Collection[Found]) -> Iterator[Difference]:
    members = Members(connection)
    members.look_ahead(pages)
    for found in pages:
        if members.of(found) is None:
            yield Difference(index=found.index, said="its root isn't that of the consumers kept of the page")


def _feeds(
    connection: Connection, feeds: Collection[Found], confirmed: Collection[str]
) -> Iterator[Difference]:
    for found in feeds:
        entry = found.entry
        # Behind `hmac:`, or behind `sha256:` in entries from before.
        place = entry.agent or "", entry.resource.id.partition(":")[2]
        names = kept_of(connection, *place)
        if entry.consumers is None or consumers_root(entry.salt, names).hex() != entry.consumers.root:
            yield Difference(index=found.index, said="its root isn't that of the ended delegations kept")
        # A confirmation is younger than what it confirms, so it isn't pruned before that.
        elif any(
            f"{entry.agent}:{moment}" not in confirmed for moment in moments_settled(connection, *place)
        ):
            yield Difference(index=found.index, said="some of its delegations were settled by no entry")


def _confirmations(connection: Connection, confirmations: Collection[Found]) -> Iterator[Difference]:
    for found in confirmations:
        entry = found.entry
        names = settled_of(connection, entry.agent or "", entry.resource.id.partition(":")[2])
        if entry.consumers is None or consumers_root(entry.salt, names).hex() != entry.consumers.root:
            yield Difference(index=found.index, said="its root isn't that of the delegations settled")
