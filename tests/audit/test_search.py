"""Finding entries: every page is what a naive filter over all entries says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, insert, select, text, update

from audit.entry import Actor, Entry
from audit.events import Event, Outcome
from audit.search import PAGE_MAX, Found, FoundPage, Wanted, entries_of_export, search_entries
from audit.tables import ledger_entries, ledger_head, ledger_nodes
from runtime.database import _migrations, migrate, open_database, reading
from tests.audit.factories import AGENT, WORKER, ALedger, a_draft, a_ledger, a_permit

REVIEWER = Actor(kind="person", id="p-0001", role="reviewer")
ACTORS = (AGENT, WORKER, REVIEWER)
ACTIONS = ("RequestExport", "BuildBook", "ReadLedger")
RULES = ((), ("R01",), ("R01", "R09"), ("R16",))
EXPORTS = (None, "e-01", "e-02")
START = "2026-11-21T18:00:{:02}.000000Z"


def a_varied_ledger(folder: Path, entries: int) -> ALedger:
    """Return a ledger of decisions and deeds of every mixture, some at the same moment."""
    made = a_ledger(folder)
    for number in range(entries):
        rules = RULES[number % 4]
        fields: dict[str, Any] = {
            "actor": ACTORS[number % 3],
            "action": ACTIONS[number // 2 % 3],
            "export": EXPORTS[number // 3 % 3],
        }
        if number % 5 == 0:
            made.append(a_draft(Event.EXPORT_SENT, **fields))
        elif rules:
            made.append(a_permit(**fields, outcome=Outcome.REFUSE, rules=rules, expires=None))
        else:
            made.append(a_permit(**fields))
        if number % 3 == 0:
            made.clock.advance(seconds=1)
    return made


@pytest.fixture(scope="module")
def varied(tmp_path_factory: pytest.TempPathFactory) -> ALedger:
    """Give one ledger of 120 entries to tests that only read."""
    return a_varied_ledger(tmp_path_factory.mktemp("varied"), 120)


def search(made: ALedger, wanted: Wanted, *, before: int | None = None, limit: int = PAGE_MAX) -> FoundPage:
    """Search in a read transaction of its own."""
    with reading(made.engine) as connection:
        return search_entries(connection, wanted, before=before, limit=limit)


def all_pages(made: ALedger, wanted: Wanted, limit: int) -> list[FoundPage]:
    """Follow the pages to the last one."""
    pages = [search(made, wanted, limit=limit)]
    while pages[-1].next is not None:
        pages.append(search(made, wanted, before=pages[-1].next, limit=limit))
    return pages


def everything(made: ALedger) -> list[Found]:
    """Return all entries, newest first, read one by one."""
    with reading(made.engine) as connection:
        rows = connection.execute(text('SELECT "index", entry FROM ledger_entries')).all()
    found = [Found(index=row[0], encoded=bytes(row[1]), entry=Entry.decode(bytes(row[1]))) for row in rows]
    return sorted(found, key=lambda each: -each.index)


def fits(wanted: Wanted, found: Found) -> bool:
    """Tell whether an entry is wanted, as one would say it."""
    entry = found.entry
    return (
        wanted.actor in {None, entry.actor.id}
        and wanted.action in {None, entry.action}
        and wanted.outcome in {None, entry.outcome}
        and (wanted.rule is None or wanted.rule in (entry.rules or ()))
        and wanted.export in {None, entry.export}
        and (wanted.since is None or wanted.since <= entry.at)
        and (wanted.until is None or entry.at < wanted.until)
    )


moments = st.none() | st.integers(0, 45).map(START.format)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(
    wanted=st.builds(
        Wanted,
        actor=st.sampled_from([None, "nobody", *(actor.id for actor in ACTORS)]),
        action=st.sampled_from([None, *ACTIONS]),
        outcome=st.sampled_from([None, *Outcome]),
        rule=st.sampled_from([None, "R01", "R09", "R16", "R99"]),
        export=st.sampled_from([None, "e-01", "e-02", "e-03"]),
        since=moments,
        until=moments,
    ),
    limit=st.integers(1, 60),
)
def test_pages_are_what_a_naive_filter_finds(varied: ALedger, wanted: Wanted, limit: int) -> None:
    """All pages together hold each fitting entry once, newest first, none longer than asked or than 50."""
    pages = all_pages(varied, wanted, limit)

    assert [each for each in everything(varied) if fits(wanted, each)] == [
        item for page in pages for item in page.items
    ]
    assert all(len(page.items) <= min(limit, PAGE_MAX) for page in pages)
    assert {(120, 120)} == {(page.indexed_to, page.size) for page in pages}


def test_a_page_isnt_moved_by_newer_entries(tmp_path: Path) -> None:
    """What is appended between two pages changes neither."""
    made = a_varied_ledger(tmp_path, 9)
    first = search(made, Wanted(), limit=4)
    made.append(a_draft(), a_draft())

    second = search(made, Wanted(), before=first.next, limit=4)

    assert [8, 7, 6, 5] == [each.index for each in first.items]
    assert [4, 3, 2, 1] == [each.index for each in second.items]
    assert (9, 11) == (first.size, second.size)


def test_an_empty_ledger_has_an_empty_page(tmp_path: Path) -> None:
    """Nothing is found where nothing is, whatever is wanted."""
    made = a_ledger(tmp_path)
    for wanted in (Wanted(), Wanted(rule="R01", since=START.format(1), until=START.format(2))):
        page = search(made, wanted)
        assert ([], None, 0, 0) == (page.items, page.next, page.indexed_to, page.size)


def test_a_rolled_back_entry_isnt_found(tmp_path: Path) -> None:
    """Look-ups stand or fall with their entry."""
    made = a_ledger(tmp_path, entries=1)
    refusal = a_permit(outcome=Outcome.REFUSE, rules=("R01",), expires=None)
    with made.engine.begin() as connection:
        savepoint = connection.begin_nested()
        made.ledger.append(connection, [refusal])
        assert [1] == [each.index for each in search_entries(connection, Wanted(rule="R01")).items]
        savepoint.rollback()

    assert [] == search(made, Wanted(rule="R01")).items


def test_an_exports_story_is_told_in_order(varied: ALedger) -> None:
    """An export's entries come oldest first, and no more than asked for."""
    mine = [each for each in reversed(everything(varied)) if each.entry.export == "e-01"]
    with reading(varied.engine) as connection:
        assert mine == entries_of_export(connection, "e-01", limit=1000)
        assert mine[:3] == entries_of_export(connection, "e-01", limit=3)


@pytest.mark.embedded
@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(actor="p-0001"),
        Wanted(action="ReadLedger"),
        Wanted(outcome=Outcome.ERROR),
        Wanted(rule="R09"),
        Wanted(export="e-02"),
        Wanted(actor="p-0001", outcome=Outcome.REFUSE, rule="R01", since=START.format(3)),
    ],
    ids=str,
)
def test_no_search_reads_the_whole_ledger(varied: ALedger, wanted: Wanted) -> None:
    """Each way of searching goes by an index to begin with."""
    asked: list[tuple[str, Any]] = []

    def listen(_connection: Any, _cursor: Any, statement: str, values: Any, *_more: Any) -> None:
        asked.append((statement, values))

    event.listen(varied.engine, "before_cursor_execute", listen)
    search(varied, wanted)
    event.remove(varied.engine, "before_cursor_execute", listen)
    with varied.engine.connect() as connection:
        plans = [
            row[3]
            for statement, values in asked
            if statement.startswith("SELECT")
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        ]
    assert plans
    assert [] == [plan for plan in plans if plan.startswith("SCAN ledger_e")]
    assert any(name in plan for plan in plans for name in ("ledger_entries_", "ledger_rules USING PRIMARY"))


@pytest.mark.embedded
def test_older_ledgers_are_indexed_when_they_migrate(tmp_path: Path) -> None:
    """Decisions from before there were look-ups of rules are found by them like later ones."""
    made = a_varied_ledger(tmp_path, 40)
    expected = [each.index for each in everything(made) if "R09" in (each.entry.rules or ())]
    older = open_database(f"sqlite:///{tmp_path / 'older.db'}")
    with older.begin() as connection, reading(made.engine) as source:
        config = _migrations()
        config.attributes["connection"] = connection
        command.upgrade(config, "0005")
        for table in (ledger_entries, ledger_nodes):
            connection.execute(insert(table), [dict(row) for row in source.execute(select(table)).mappings()])
        head = source.execute(select(ledger_head)).mappings().one()
        connection.execute(update(ledger_head).values(dict(head)))

    migrate(older)
    made = replace(made, engine=older)
    made.append(a_permit(outcome=Outcome.REFUSE, rules=("R09",), expires=None))

    assert [40, *expected] == [each.index for each in search(made, Wanted(rule="R09")).items]
