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
from snapshot.ended import kept_of


@dataclass(frozen=True, kw_only=True)
class Difference:
    """An entry that the database contradicts, and how."""

    index: int
    said: str


@dataclass(frozen=True, kw_only=True)
class Reconciled:
    """How many entries of books, pages and feeds were held against the database, and what differs."""

    books: int
    pages: int
    feeds: int
    differences: tuple[Difference, ...]


def reconcile(connection: Connection) -> Reconciled:
    """Compare every book's root, every page's and every ended delegation's with what the database holds."""
    books = entries_of(connection, action=Action.BUILD_BOOK.value, events={Event.EXPORT_BUILT})
    pages = entries_of(connection, action=Action.VIEW_CONSUMERS.value, events={Event.RELEASE_STARTED})
    feeds = entries_of(connection, action=Action.END_DELEGATIONS.value, events={Event.DELEGATION_ENDED})
    return Reconciled(
        books=len(books),
        pages=len(pages),
        feeds=len(feeds),
        differences=(
            *_books(connection, books),
            *_pages(connection, pages),
            *_feeds(connection, feeds),
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


def _feeds(connection: Connection, feeds: Collection[Found]) -> Iterator[Difference]:
    for found in feeds:
        entry = found.entry
        # Behind `hmac:`, or behind `sha256:` in entries from before.
        names = kept_of(connection, entry.agent or "", entry.resource.id.partition(":")[2])
        if entry.consumers is None or consumers_root(entry.salt, names).hex() != entry.consumers.root:
            yield Difference(index=found.index, said="its root isn't that of the ended delegations kept")
