"""A copy is traced to the book it came from, with how sure that is; what came from none is traced to none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from book.copies import read_copy
from book.fingerprints import Prints
from book.likeness import Candidate, Certainty, KnownBook, compare
from book.workbook import write_workbook
from tests.book.copying import PRINTER, Rows, as_csv, prints_of, rows_of, shuffled, without
from tests.book.makers import a_notice, a_row, a_table, the_catalogue

PERSONS = 60
WEEKS = ("2026-11-06", "2026-11-13", "2026-11-20")
NAMES = ("first_name", "last_name")


def _week(week: int, *, first: int = 0) -> list[dict[str, Any]]:
    """Return an agent's rows of a week: each week one comes, one goes, and a few change."""
    return [
        a_row(
            consumer_id=f"{1_000_000 + first + number}",
            case_number=f"08611{first + number:05}",
            first_name=f"First{first + number}",
            last_name=f"Last{number % 9}",
            exchange_policy_id=f"P-{first + number}",
            coverage_type="Health",
            enrollment_status="pending" if number % 15 == week else "confirmed",
            coverage_effective_date=date(2026, 1, 1) + timedelta(days=number),
            gross_premium=Decimal(40_000 + number) / 100,
            net_premium=Decimal(1_000 + number + (week if number % 20 == 0 else 0)) / 100,
            last_change_date=date(2026, 10, 1) + timedelta(days=7 * week if number % 15 == week else 0),
        )
        for number in range(week, PERSONS + week)
    ]


BOOKS = {f"week-{week}": _week(week) for week in range(3)} | {"other": _week(0, first=50_000)}
DAYS = {"week-0": WEEKS[0], "week-1": WEEKS[1], "week-2": WEEKS[2], "other": WEEKS[0]}
KNOWN = [
    KnownBook(export=name, day=DAYS[name], prints=Prints.decode(prints_of(a_table(rows))))
    for name, rows in BOOKS.items()
]


def _clear(rows: Sequence[dict[str, Any]], **changes: Any) -> bytes:
    table = a_table(list(rows))
    return write_workbook(table, a_notice(table, **changes), the_catalogue())


def _rows(name: str) -> Rows:
    return rows_of(_clear(BOOKS[name]))


def _trace(data: bytes, known: Sequence[KnownBook] = KNOWN) -> list[Candidate]:
    return compare(read_copy(data, PRINTER), known)


def _half(rows: Rows) -> Rows:
    return [rows[0], *rows[1::2]]


def _edited(rows: Rows) -> Rows:
    place = rows[0].index("Net Premium")
    return [
        [*row[:place], 1, *row[place + 1 :]] if number % 12 == 5 else row for number, row in enumerate(rows)
    ]


COPIES: dict[str, Callable[[Rows], bytes]] = {
    "saved as CSV": as_csv,
    "shuffled": lambda rows: as_csv(shuffled(rows)),
    "half of the rows": lambda rows: as_csv(_half(rows)),
    "without names": lambda rows: as_csv(without(rows, lambda label: "Name" in label)),
    "without the consumer's id": lambda rows: as_csv(without(rows, lambda label: label == "Consumer ID")),
    "some values altered": lambda rows: as_csv(_edited(rows)),
    "without the data's moment": lambda rows: as_csv(without(rows, lambda label: "Snapshot" in label)),
}


@pytest.mark.parametrize("name", ["week-0", "week-1", "week-2", "other"])
def test_the_book_itself_is_certain(name: str) -> None:
    """Of three weeks of one agent and one of another, the right one, and it says why."""
    best, *others = _trace(_clear(BOOKS[name]))

    assert (best.export, best.certainty) == (name, Certainty.CERTAIN)
    assert "60 of the copy's 60 people are among this book's 60." in best.reasons
    assert "60 rows are in it whole and unaltered." in best.reasons
    assert {Certainty.POSSIBLE} >= {other.certainty for other in others}


@pytest.mark.parametrize("how", COPIES)
def test_a_copy_is_traced_to_its_week(how: str) -> None:
    """Saved again, in another order, cut down or altered a little."""
    best = _trace(COPIES[how](_rows("week-1")))[0]

    assert (best.export, best.certainty) == ("week-1", Certainty.CERTAIN)


def test_people_alone_are_likely_at_most() -> None:
    """Without the columns that tell how things stood, only who came and went tells weeks apart."""
    kept = {"Consumer ID", "First Name", "Last Name"}
    best = _trace(as_csv(without(_rows("week-1"), lambda label: label not in kept)))[0]

    assert (best.export, best.certainty) == ("week-1", Certainty.LIKELY)
    assert any("hard to tell apart" in reason for reason in best.reasons)


def test_an_unrelated_file_is_traced_to_nothing() -> None:
    """Other people's rows are in no book, however alike their columns are."""
    assert [] == _trace(_clear(_week(0, first=900_000)))
    assert [] == _trace(as_csv([["Case Number", "Plan Name"], ["1", "Gold"]]))


def test_two_exports_of_the_same_rows_are_told_apart_by_what_the_copy_says_alone() -> None:
    """Which is likely, never certain; a CSV of them says nothing and both are possible."""
    twin = KnownBook(export="0b6ab0b2-52a6-4b3e-9d7b-6c7f3a1a9a11", day=WEEKS[1], prints=KNOWN[1].prints)
    said = _trace(_clear(BOOKS["week-1"]), [*KNOWN, twin])[:2]
    unsaid = _trace(as_csv(_rows("week-1")), [*KNOWN, twin])[:2]

    assert [(twin.export, Certainty.LIKELY), ("week-1", Certainty.POSSIBLE)] == [
        (one.export, one.certainty) for one in said
    ]
    assert {Certainty.POSSIBLE} == {one.certainty for one in unsaid}
    assert all("2 books hold the copy equally well." in one.reasons for one in [*said, *unsaid])


def test_a_copy_that_claims_to_be_another_book_is_traced_by_its_rows() -> None:
    """What anybody could have written raises nothing over what the rows show."""
    lying = _clear(BOOKS["week-1"], request_id="0b6ab0b2-52a6-4b3e-9d7b-6c7f3a1a9a12")
    claimed = KnownBook(export="0b6ab0b2-52a6-4b3e-9d7b-6c7f3a1a9a12", day=WEEKS[0], prints=KNOWN[0].prints)
    best = _trace(lying, [*KNOWN[1:], claimed])[0]

    assert (best.export, best.certainty) == ("week-1", Certainty.CERTAIN)
    assert any("another export" in reason for reason in best.reasons)


def test_a_single_row_is_never_certain() -> None:
    """Three people at least."""
    rows = _rows("week-1")
    place = next(number for number, row in enumerate(rows) if "pending" in row)
    best = _trace(as_csv([rows[0], rows[place]]))[0]

    assert best.certainty is not Certainty.CERTAIN


def test_reasons_hold_no_value() -> None:
    """Counts in words; nobody's name."""
    told = " ".join(reason for one in _trace(_clear(BOOKS["week-1"])) for reason in one.reasons)

    assert not [name for name in ("First1", "Last1", "P-1", "1000001") if name in told]
