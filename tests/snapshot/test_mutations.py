"""Forty ways to hurt a good extract: each is refused by its name, or read as exactly what it says."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from snapshot.findings import FindingCode
from snapshot.manifest import Manifest
from snapshot.report import ExtractRefusedError
from snapshot.shards import open_rows
from tests.snapshot.extracts import AS_OF, DATA, NAMES, Row, active_agents, data_rows, inspected
from tests.snapshot.fakes import Room, a_grant

GOOD = DATA.read_bytes()
OF_GOOD = Manifest(
    as_of=AS_OF,
    rows={sha256(GOOD).hexdigest(): len(data_rows())},
    has_federal_tax_information=False,
    confidential=frozenset(),
    is_signed=True,
)
Mutation = Callable[[bytes], bytes]
Code = FindingCode


def _lines(change: Callable[[list[bytes]], list[bytes]]) -> Mutation:
    return lambda data: b"".join(change(data.splitlines(keepends=True)))


def _rows(change: Callable[[list[Row]], Any], **dialect: Any) -> Mutation:
    """Change the rows as the standard library reads and writes them."""

    def mutate(_data: bytes) -> bytes:
        rows = data_rows()
        change(rows)
        out = io.StringIO(newline="")
        writer = csv.DictWriter(out, list(rows[0]), **({"lineterminator": "\n"} | dialect))
        writer.writeheader()
        writer.writerows(rows)
        return out.getvalue().encode()

    return mutate


def _set(column: str, value: str, place: int = 3) -> Mutation:
    return _rows(lambda rows: rows[place].update({column: value}))


def _header(change: Callable[[list[bytes]], list[bytes]]) -> Mutation:
    def mutate(data: bytes) -> bytes:
        first, rest = data.split(b"\n", 1)
        return b",".join(change(first.split(b","))) + b"\n" + rest

    return mutate


def _shift(rows: list[bytes]) -> list[bytes]:
    """Let one record begin with an empty field and lose its last one."""
    fields = rows[5].rstrip(b"\n").split(b",")
    return [*rows[:5], b",".join([b"", *fields[:-1]]) + b"\n", *rows[6:]]


def _same(rows: list[Row]) -> None:
    """Change nothing: what differs is how the rows are written."""


def _turned(rows: list[Row]) -> None:
    rows[:] = [{name: row[name] for name in reversed(NAMES)} for row in rows]


READ_RIGHT: dict[str, Mutation] = {
    "a byte-order mark": lambda data: b"\xef\xbb\xbf" + data,
    "lines end with CR LF": _rows(_same, lineterminator="\r\n"),
    "every field quoted": _rows(_same, quoting=csv.QUOTE_ALL),
    "no newline at the end": lambda data: data.rstrip(b"\n"),
    "empty lines between": lambda data: data.replace(b"\n", b"\n\n\n", 1) + b"\n\n",
    "columns in another order": _rows(_turned),
    "as-of in another zone": lambda data: data.replace(b"2026-11-20T21:00:00-08:00", b"2026-11-21T05:00:00Z"),
}

REFUSED: dict[str, tuple[Mutation, FindingCode]] = {
    "two byte-order marks": (lambda data: b"\xef\xbb\xbf\xef\xbb\xbf" + data, Code.UNKNOWN_COLUMN),
    "UTF-16": (lambda data: data.decode().encode("utf-16"), Code.RAGGED_RECORD),
    "UTF-16 without its mark": (lambda data: data.decode().encode("utf-16-le"), Code.RAGGED_RECORD),
    "Latin-1": (
        lambda data: (
            data.replace(b"\n", b"\n", 1).decode().replace("Avenue", "Avenué").encode("latin-1", "replace")
        ),
        Code.NOT_UTF8,
    ),
    "an overlong UTF-8 slash": (lambda data: data.replace(b"Olive", b"Ol\xc0\xafve", 1), Code.NOT_UTF8),
    "a surrogate in UTF-8": (lambda data: data.replace(b"Olive", b"Ol\xed\xa0\x80ve", 1), Code.NOT_UTF8),
    "an embedded NUL": (_set("home_city", "Los\x00Angeles"), Code.CONTROL_CHARACTER),
    "an escape character": (_set("home_city", "Los\x1bAngeles"), Code.CONTROL_CHARACTER),
    "one byte cut off inside a quote": (
        lambda data: _set("plan_name", 'A "quoted", plan', len(data_rows()) - 1)(data).rsplit(b"plan", 1)[0],
        Code.RAGGED_RECORD,
    ),
    "cut off in the middle of a record": (lambda data: data[: len(data) * 2 // 3], Code.RAGGED_RECORD),
    "an opening quote too many": (
        lambda data: data.replace(b",active,", b',"active,', 1),
        Code.RAGGED_RECORD,
    ),
    "a duplicated header": (_lines(lambda lines: [lines[0], *lines]), Code.UNKNOWN_VALUE),
    "a header in the middle": (_lines(lambda lines: [*lines[:9], lines[0], *lines[9:]]), Code.UNKNOWN_VALUE),
    "no header": (_lines(lambda lines: lines[1:]), Code.MISSING_COLUMN),
    "a shifted record": (_lines(_shift), Code.BLANK_REQUIRED),
    "a column missing": (_header(lambda names: names[:-1]), Code.RAGGED_RECORD),
    "a column's name twice": (_header(lambda names: [names[0], names[0], *names[2:]]), Code.REPEATED_COLUMN),
    "a column's name with a space": (
        _header(lambda names: [b" " + names[0], *names[1:]]),
        Code.UNKNOWN_COLUMN,
    ),
    "a column's name in capitals": (
        _header(lambda names: [names[0].upper(), *names[1:]]),
        Code.UNKNOWN_COLUMN,
    ),
    "a column nobody knows": (
        _rows(lambda rows: [row.update({"favourite_colour": "red"}) for row in rows]),
        Code.UNKNOWN_COLUMN,
    ),
    "a column of Social Security numbers": (
        _rows(lambda rows: [row.update({"ssn": ""}) for row in rows]),
        Code.NEVER_EXPORT_COLUMN,
    ),
    "semicolons for commas": (_rows(_same, delimiter=";"), Code.RAGGED_RECORD),
    "tabs for commas": (_rows(_same, delimiter="\t"), Code.RAGGED_RECORD),
    "a record twice": (_rows(lambda rows: rows.append(rows[7])), Code.DUPLICATE_KEY),
    "another week": (lambda data: data.replace(b"2026-11-20T21", b"2026-11-13T21"), Code.WRONG_AS_OF),
    "the offset of summer": (
        lambda data: data.replace(b"21:00:00-08:00", b"21:00:00-07:00"),
        Code.WRONG_AS_OF,
    ),
    "a moment without its offset": (lambda data: data.replace(b"21:00:00-08:00", b"21:00:00"), Code.BAD_TYPE),
    "a number with its separator": (_set("gross_premium", "1,084.75"), Code.BAD_TYPE),
    "a ZIP code that lost its zero": (_set("home_zip", "2211"), Code.BAD_TYPE),
    "a day as Americans write it": (_set("date_of_birth", "02/03/1987"), Code.BAD_TYPE),
    "a day that no year has": (_set("date_of_birth", "1987-02-30"), Code.BAD_TYPE),
    "digits of another script": (_set("household_size", "٣"), Code.BAD_TYPE),
    "a word that only looks like one": (_set("case_status", "аctive"), Code.UNKNOWN_VALUE),
    "nothing at all": (lambda _data: b"", Code.NOT_CSV),
    "a header alone": (_lines(lambda lines: lines[:1]), Code.NO_ROWS),
    "a workbook": (lambda _data: b"PK\x03\x04" + bytes(500), Code.NOT_CSV),
}


def test_there_are_forty() -> None:
    """The list is as long as it says."""
    assert len(READ_RIGHT) + len(REFUSED) >= 40


def _opened(room: Room) -> dict[str, pa.Table]:
    newest = room.newest()
    return {
        agent: open_rows(
            a_grant(newest.ref, agent), room.vault.keys_of(newest.attempt, agent), room.objects, newest
        ).drop_columns(["snapshot_as_of"])
        for agent in active_agents()
    }


@pytest.fixture(scope="module")
def as_given(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pa.Table]:
    """Return each agent's rows of the extract as it was given."""
    room = Room(tmp_path_factory.mktemp("good"))
    room.publish(room.bring_in().attempt)
    return _opened(room)


@pytest.mark.parametrize("name", READ_RIGHT)
def test_what_means_the_same_is_read_the_same(
    tmp_path: Path, as_given: dict[str, pa.Table], name: str
) -> None:
    """The extract is written in another way, and every agent's rows are the same."""
    path = tmp_path / "extract.csv"
    path.write_bytes(READ_RIGHT[name](GOOD))
    assert path.read_bytes() != GOOD
    room = Room(tmp_path)
    room.publish(room.bring_in(path).attempt)
    assert as_given == _opened(room)


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_hurt_is_refused_by_its_name(tmp_path: Path, name: str) -> None:
    """The extract is refused whole, the finding is the right one, and nothing of it stays."""
    mutate, code = REFUSED[name]
    path = tmp_path / "extract.csv"
    path.write_bytes(mutate(GOOD))
    room = Room(tmp_path)
    with pytest.raises(ExtractRefusedError) as caught:
        room.bring_in(path)
    assert code in {finding.code for finding in caught.value.report.findings}
    assert [] == room.objects.names()


CHANGES: dict[str, Callable[[bytes, int], bytes]] = {
    "cut off": lambda data, place: data[:place],
    "taken out": lambda data, place: data[:place] + data[place + 1 :],
    "another one": lambda data, place: data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :],
    "put in": lambda data, place: data[:place] + b" " + data[place:],
}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(change=st.sampled_from(sorted(CHANGES)), place=st.integers(0, len(GOOD) - 1))
@example(change="cut off", place=len(GOOD) - 1)
@example(change="cut off", place=len(GOOD) - 2)
def test_one_byte_is_noticed_wherever_it_was(tmp_path: Path, change: str, place: int) -> None:
    """With the exchange's manifest nothing passes that isn't, to the byte, what the exchange sent."""
    path = tmp_path / "extract.csv"
    path.write_bytes(CHANGES[change](GOOD, place))
    assert inspected(path, manifest=OF_GOOD).refused
