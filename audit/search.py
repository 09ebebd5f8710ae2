"""Find entries by who, what, how it went and when, newest first, a page at a time.

Laws of this file
1. A page is found by look-ups, never by reading all entries: moments become indexes, since
   `at` never runs backwards, and everything else has an index in the database.
2. A page says up to where look-ups reach (`indexed_to`) and how long the ledger is (`size`).
   They are written in one transaction, so any difference means that something is missing.
3. Look-ups find; what is shown is read out of the entry's own bytes. An entry whose bytes were
   pruned is found by nothing.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from audit.entry import Entry
from audit.events import Outcome
from audit.stored import answering, read_head
from audit.tables import IS_WHOLE, ledger_entries, ledger_rules

PAGE_MAX = 50


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is looked for; None is any. `since` is inclusive, `until` exclusive, both RFC 3339 in UTC."""

    actor: str | None = None
    action: str | None = None
    outcome: Outcome | None = None
    rule: str | None = None
    export: str | None = None
    since: str | None = None
    until: str | None = None


@dataclass(frozen=True, kw_only=True)
class Found:
    """One entry with its place in the ledger, and its bytes."""

    index: int
    entry: Entry
    encoded: bytes


@dataclass(frozen=True, kw_only=True)
class FoundPage:
    """Entries, newest first. `next` is the `before` of the page that follows, None after the last."""

    items: list[Found]
    next: int | None
    indexed_to: int
    size: int


def search_entries(
    connection: Connection, wanted: Wanted, *, before: int | None = None, limit: int = PAGE_MAX
) -> FoundPage:
    """Return at most `limit` entries (50 at most) with an index below `before`."""
    limit = min(limit, PAGE_MAX)
    index = ledger_entries.c["index"]
    with answering():
        size = read_head(connection).size
        indexed_to = _indexed_to(connection)
        # In one transaction the two are the same; what was lost is never asked for.
        reach = min(size, indexed_to)
        first = first_since(connection, wanted.since, reach) if wanted.since else 0
        last = first_since(connection, wanted.until, reach) if wanted.until else reach
        if before is not None:
            last = min(last, before)
        query = select(index, ledger_entries.c.entry).where(index >= first, index < last, IS_WHOLE)
        for name in ("actor", "action", "outcome", "export"):
            value = getattr(wanted, name)
            if value is not None:
                query = query.where(ledger_entries.c[name] == value)
        order = index
        if wanted.rule is not None:
            order = ledger_rules.c["index"]
            query = query.join(ledger_rules, ledger_rules.c["index"] == index)
            query = query.where(ledger_rules.c.rule == wanted.rule, order < last)
        # One more than is shown tells whether there is a page after this one.
        rows = connection.execute(query.order_by(order.desc()).limit(limit + 1)).all()
    shown = rows[:limit]
    return FoundPage(
        items=[Found(index=row[0], entry=Entry.decode(row[1]), encoded=row[1]) for row in shown],
        next=shown[-1][0] if len(rows) > limit else None,
        indexed_to=indexed_to,
        size=size,
    )


def entries_of_export(connection: Connection, export: str, *, limit: int) -> list[Found]:
    """Return the first entries of an export, in the order in which they happened."""
    index = ledger_entries.c["index"]
    query = select(index, ledger_entries.c.entry).where(ledger_entries.c.export == export, IS_WHOLE)
    with answering():
        rows = connection.execute(query.order_by(index).limit(limit)).all()
    return [Found(index=row[0], entry=Entry.decode(row[1]), encoded=row[1]) for row in rows]


def _indexed_to(connection: Connection) -> int:
    newest = connection.execute(select(func.max(ledger_entries.c["index"]))).scalar()
    return 0 if newest is None else int(newest) + 1


def first_since(connection: Connection, moment: str, size: int) -> int:
    """Return the index of the first entry at a moment or later; `size` where there is none."""

    def at(place: int) -> str:
        query = select(ledger_entries.c.at).where(ledger_entries.c["index"] == place)
        return str(connection.execute(query).scalar_one())

    return bisect_left(range(size), moment, key=at)
