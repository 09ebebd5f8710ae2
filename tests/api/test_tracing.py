"""Tracing before the door and at the console: real books, real fingerprints, and an entry for each look."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from audit.events import Event
from book.reopen import reopen
from cli.commands import commands
from house.wiring import WorkerHouse
from runtime.database import reading
from store.tables import export_fingerprints
from tests.api.callers import Desk
from tests.api.linked import Linked, a_link
from tests.api.reviewers import a_member
from tests.book.copying import as_csv, rows_of
from tests.book.readers import load, sheet, values
from tests.installation import Installation

TRACE = "/v1/audit/trace"
FIRST, OTHER = "0C86404", "0H41811"


def opened(linked: Linked) -> bytes:
    """Return a book as its agent has it open."""
    passphrase = linked.caller.post(f"{linked.path}/passphrase").json()["passphrase"]
    return reopen(linked.download().content, passphrase)


def some_rows(clear: bytes) -> str:
    """Return the first rows of a book as CSV, as many as may be pasted."""
    rows = as_csv(rows_of(clear)).decode()
    kept = list(csv.reader(io.StringIO(rows)))[:40]
    out = io.StringIO()
    csv.writer(out).writerows(kept)
    return out.getvalue()


@pytest.fixture
def book(desk: Desk, worker: WorkerHouse) -> Linked:
    """A fresh book of an agent with many consumers, by link."""
    return a_link(desk, worker, FIRST)


def test_pasted_rows_are_traced_to_the_book_that_they_came_out_of(desk: Desk, book: Linked) -> None:
    """The reviewer sees which export it was and why; the ledger sees that they asked, and the answer."""
    reviewer = a_member(desk)

    answer = reviewer.post(TRACE, {"rows": some_rows(opened(book))})

    assert 200 == answer.status_code, answer.text
    told = answer.json()
    assert book.export in [item["export"] for item in told["items"]]
    assert all("people are among this book's" in item["reasons"][0] for item in told["items"])
    asked, traced = desk.entries()[-2:]
    assert (Event.TRACE_REQUESTED, Event.BOOK_TRACED) == (asked.event, traced.event)
    assert (reviewer.person, "copy") == (traced.actor.id, traced.resource.kind)
    assert asked.resource == traced.resource


@pytest.mark.usefixtures("book")
def test_rows_of_nobody_are_traced_to_nothing(desk: Desk) -> None:
    """Also where there are no headers, which is said, and where nothing was pasted."""
    reviewer = a_member(desk)

    found = reviewer.post(TRACE, {"rows": "Case Number,Last Name\n1,Nobody\n"}).json()
    unknown = reviewer.post(TRACE, {"rows": "some words"}).json()

    assert ([], 1, None) == (found["items"], found["rows"], found["wrong"])
    assert "headers" in unknown["wrong"]
    assert "headers" in reviewer.post(TRACE, {}).json()["wrong"]
    assert 422 == reviewer.post(TRACE, {"rows": "x" * 60_001}).status_code


def test_an_agent_traces_nothing(desk: Desk, book: Linked) -> None:
    """It is the reviewers' to do; nothing is compared, and that somebody tried is recorded."""
    answer = book.caller.post(TRACE, {"rows": "Case Number,Last Name\n1,Nobody\n"})

    assert 403 == answer.status_code
    assert ("trace.requested", "refuse") == (desk.entries()[-1].event, desk.entries()[-1].outcome)


def test_the_console_traces_a_whole_file_and_the_second_book_says_what_changed(
    published: Installation, desk: Desk, worker: WorkerHouse, tmp_path: Path
) -> None:
    """Two books of one snapshot hold the same rows: which it was, only the workbook itself says."""
    first, second = a_link(desk, worker, OTHER), a_link(desk, worker, OTHER)
    clear = opened(second)
    notice = dict(values(sheet(load(clear), "Notice"))[1:])
    (tmp_path / "book.xlsx").write_bytes(clear)
    (tmp_path / "rows.csv").write_bytes(as_csv(rows_of(clear)))
    runs = {
        name: CliRunner().invoke(commands, ["trace", str(tmp_path / name), "--data", str(published.data)])
        for name in ("book.xlsx", "rows.csv", "no-such-file")
    }

    assert "New consumers: 0. Gone: 0. Changed: 0." in notice["Since your last book"]
    assert first.export in notice["Since your last book"]
    lines = runs["book.xlsx"].stdout.splitlines()
    assert f"likely: export {second.export}, agent {OTHER}" in lines[1]
    assert any("2 books hold the copy equally well" in line for line in lines)
    assert "likely" not in runs["rows.csv"].stdout
    assert first.export in runs["rows.csv"].stdout
    assert "can't be read" in str(runs["no-such-file"].exception)
    assert second.export == [one.export for one in desk.entries() if one.event == Event.BOOK_TRACED][-2]


def test_a_book_that_is_built_leaves_fingerprints_and_no_name(desk: Desk, book: Linked) -> None:
    """What is kept holds no value of anybody's, clear or compressed."""
    clear = opened(book)
    with reading(desk.house.engine) as connection:
        kept = connection.execute(
            select(export_fingerprints.c.prints).where(export_fingerprints.c.export == book.export)
        ).scalar_one()
    place = rows_of(clear)[0].index("Last Name")

    assert not [
        row[place] for row in rows_of(clear)[1:] if row[place].encode() in kept and len(row[place]) > 4
    ]
