"""Tests of the roster's reader: taken whole or not at all, places named and no value."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.people import Role
from identity.roster import ROSTER_COLUMNS, RosterError, read_roster
from tests.installation import DATA

SHIPPED = (DATA / "roster.csv").read_bytes()
PLANTED = "Planted <value>\x07"

Rows = list[list[str]]


def rows_of(data: bytes) -> Rows:
    """Return a roster's records, the header first."""
    return list(csv.reader(io.StringIO(data.decode(), newline="")))


def csv_of(rows: Rows) -> bytes:
    """Write records down as CSV."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def places_of(data: bytes) -> list[str]:
    """Return where a roster is refused; the message has nothing else in it."""
    with pytest.raises(RosterError) as thrown:
        read_roster(data)
    assert "the roster is refused: " + "; ".join(thrown.value.places[:10]) == str(thrown.value)
    assert thrown.value.__suppress_context__ or thrown.value.__context__ is None
    return thrown.value.places


def changed(column: str, value: str, record: int = 2) -> bytes:
    """Return the shipped roster with one value replaced; records count from 1, the header's."""
    rows = rows_of(SHIPPED)
    rows[record - 1][rows[0].index(column)] = value
    return csv_of(rows)


def test_the_shipped_roster_reads() -> None:
    """The test roster has 24 agents, each with all papers."""
    papers = read_roster(SHIPPED)
    assert 24 == len(papers)
    assert {
        "licence": "0B65625",
        "npn": "18974891",
        "name": "Christine Wells",
        "email": "agent0000@agents.example",
        "agency_id": "",
        "agency_name": "",
        "role": Role.AGENT,
        "title": "Licensed Insurance Agent",
        "business_address": "361 Hickman Overpass Apt. 744, Carlside, CA",
        "licence_status": "active",
        "licence_expires_on": date(2027, 5, 28),
        "certification_status": "active",
        "certified_on": date(2026, 6, 1),
        "agreement_version": "2026-01",
        "agreement_signed_on": date(2026, 5, 15),
        "training_completed_on": date(2026, 9, 20),
        "attested_on": date(2026, 7, 31),
        "email_changed_on": date(2025, 5, 7),
    } == vars(papers[0])
    assert ["0C86404", "0E19721", "0C38425"] == [one.licence for one in papers if one.role is Role.MANAGER]


def test_columns_may_stand_in_any_order() -> None:
    """A roster whose columns are the other way round reads the same."""
    assert read_roster(SHIPPED) == read_roster(csv_of([row[::-1] for row in rows_of(SHIPPED)]))


def test_a_byte_order_mark_is_let_pass() -> None:
    """A spreadsheet's mark before the header changes nothing; so do its line ends."""
    assert read_roster(SHIPPED) == read_roster(b"\xef\xbb\xbf" + SHIPPED)
    assert read_roster(SHIPPED) == read_roster(SHIPPED.replace(b"\r\n", b"\n"))


@pytest.mark.parametrize(
    "change",
    [
        lambda header: header[:-1],
        lambda header: [*header, PLANTED],
        lambda header: [PLANTED, *header[1:]],
        lambda header: [header[1], *header[1:]],
        lambda header: [column.upper() for column in header],
        lambda header: [f" {column}" for column in header],
    ],
)
def test_another_header_is_refused(change: Callable[[list[str]], list[str]]) -> None:
    """The header has exactly the roster's columns; the error names those and not what it found."""
    header, *records = rows_of(SHIPPED)
    (place,) = places_of(csv_of([change(header), *records]))
    assert f"header: exactly these columns are needed: {', '.join(ROSTER_COLUMNS)}" == place


@pytest.mark.parametrize("data", [b"", b"\n", b"\xef\xbb\xbf"])
def test_nothing_is_no_roster(data: bytes) -> None:
    """An empty file has no header and is refused."""
    (place,) = places_of(data)
    assert place.startswith("header: ")


@pytest.mark.parametrize("column", ROSTER_COLUMNS)
def test_a_bad_value_is_placed_and_not_repeated(column: str) -> None:
    """Record and column of a bad value are named; the value, and any other of the record, is not."""
    (place,) = places_of(changed(column, PLANTED, record=4))
    assert f"record 4, column {column}: not a value that this column takes" == place


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("license_number", ""),
        ("license_number", "0b65625"),
        ("license_number", "0B65625\n"),
        ("name", ""),
        ("email", "two@agents.example,three@agents.example"),
        ("email", "agent@agents.example\r\nBcc: other@elsewhere.example"),
        ("email", "Agent <agent@agents.example>"),
        ("role", "reviewer"),
        ("role", "operator"),
        ("role", ""),
        ("license_status", "Active"),
        ("license_expires_on", ""),
        ("license_expires_on", "2027-02-29"),
        ("license_expires_on", "20270228"),
        ("license_expires_on", "2027-02-28T00:00"),
        ("license_expires_on", "٢٠٢٧-02-28"),
        ("agreement_version", "2026"),
    ],
)
def test_a_value_of_another_form_is_refused(column: str, value: str) -> None:
    """Each column takes its own form only."""
    assert [f"record 2, column {column}: not a value that this column takes"] == places_of(
        changed(column, value)
    )


def test_every_bad_place_is_named() -> None:
    """All places are told at once, in the file's order; the message has the first ten."""
    rows = rows_of(SHIPPED)
    for row in rows[1:]:
        row[rows[0].index("npn")] = PLANTED
    places = places_of(csv_of(rows))
    assert [
        f"record {number}, column npn: not a value that this column takes" for number in range(2, 26)
    ] == places


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("license_number", "0B65625"),
        ("email", "agent0000@agents.example"),
        ("email", "AGENT0000@Agents.Example"),
    ],
)
def test_a_repeated_person_is_refused(column: str, value: str) -> None:
    """A licence number or an e-mail address, in any case, stands in a roster once."""
    assert [f"record 5, column {column}: stands twice"] == places_of(changed(column, value, record=5))


@pytest.mark.parametrize("fields", [0, 1, 17, 19])
def test_a_record_of_another_length_is_refused(fields: int) -> None:
    """A record with too few or too many fields is named by its number and how many it has."""
    rows = rows_of(SHIPPED)
    rows[2] = (rows[2] + [PLANTED])[:fields]
    (place,) = places_of(csv_of(rows))
    assert f"record 3: {fields} fields instead of 18" == place


def test_what_isnt_utf8_is_refused() -> None:
    """A byte that isn't UTF-8 is placed by its offset."""
    assert [f"byte {len(SHIPPED)}: not UTF-8"] == places_of(SHIPPED + b"\xe9t\xe9")


@pytest.mark.parametrize("tail", [b'"no end', b'"a"b,', b'"' + b"x" * 200_000 + b'"'])
def test_what_isnt_csv_is_refused(tail: bytes) -> None:
    """A quotation without an end, or text after one, is placed by its line."""
    (place,) = places_of(SHIPPED + tail)
    assert place.startswith("line ")
    assert place.endswith(": not CSV")


@given(st.binary(max_size=300), st.integers(0, len(SHIPPED)))
def test_whatever_comes_is_read_or_refused(junk: bytes, place: int) -> None:
    """Junk anywhere in a roster makes a whole reading or a RosterError, nothing else."""
    try:
        papers = read_roster(SHIPPED[:place] + junk + SHIPPED[place:])
    except RosterError:
        return
    assert len({one.licence for one in papers}) == len(papers)
