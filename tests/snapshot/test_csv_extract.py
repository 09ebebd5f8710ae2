"""Reading an extract: every byte as text, and every unreadable file refused without a value."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snapshot.csv_extract import CsvExtract
from snapshot.findings import FILE, Finding, FindingCode
from snapshot.sources import FileSource

DATA = Path(__file__).parents[1] / "data" / "extract.csv"
KNOWN = ("id", "name", "note")


def _file(folder: Path, data: bytes) -> Path:
    path = folder / "extract.csv"
    path.write_bytes(data)
    return path


@dataclass(frozen=True)
class _Read:
    """An extract read to its end: its rows, unless findings say why there are none."""

    header: tuple[str, ...]
    sha256: str
    findings: tuple[Finding, ...]
    rows: pa.Table | None


def read_extract(path: Path, known: Collection[str]) -> _Read:
    """Read all batches of an extract."""
    batches, findings = [], []
    with CsvExtract(FileSource(path), known) as extract:
        for first, batch in extract.batches():
            rows, wrong = extract.decode(first, batch)
            findings += wrong
            batches.append(rows)
        findings += extract.findings
        schema = pa.schema([(name, pa.string()) for name in extract.header])
        table = None if findings else pa.Table.from_batches(batches, schema)
        return _Read(extract.header, extract.sha256, tuple(findings), table)


def _only(path: Path) -> Finding:
    extract = read_extract(path, KNOWN)
    assert extract.rows is None
    (finding,) = extract.findings
    return finding


def test_every_value_is_the_text_that_stands_there() -> None:
    """All columns of the test data come back as the standard library's reader reads them."""
    with DATA.open(encoding="utf-8", newline="") as file:
        expected = list(csv.DictReader(file))
    extract = read_extract(DATA, expected[0])
    assert extract.rows is not None
    assert expected == extract.rows.to_pylist()
    assert hashlib.sha256(DATA.read_bytes()).hexdigest() == extract.sha256


def test_words_and_numbers_stay_text(tmp_path: Path) -> None:
    """Leading zeros, NULL, NA, TRUE, 1E5 and padding are text, and an empty field is blank."""
    path = _file(tmp_path, b'id,name,note\n007,NULL,NA\nTRUE,1E5,""\n -1 ,nan,\n')
    extract = read_extract(path, KNOWN)
    assert extract.rows is not None
    assert [tuple(row.values()) for row in extract.rows.to_pylist()] == [
        ("007", "NULL", "NA"),
        ("TRUE", "1E5", ""),
        (" -1 ", "nan", ""),
    ]


def test_line_breaks_and_quotes_inside_values(tmp_path: Path) -> None:
    """A quoted value keeps its line breaks, carriage returns, commas and doubled quotes."""
    path = _file(tmp_path, b'id,name,note\r\n1,"a\r\nb","say ""hi"", now"\r\n')
    extract = read_extract(path, KNOWN)
    assert extract.rows is not None
    assert extract.rows.to_pylist() == [{"id": "1", "name": "a\r\nb", "note": 'say "hi", now'}]


def test_a_byte_order_mark_is_tolerated(tmp_path: Path) -> None:
    """A byte-order mark belongs to no column's name."""
    extract = read_extract(_file(tmp_path, b"\xef\xbb\xbfid,name,note\n1,2,3\n"), KNOWN)
    assert extract.header == KNOWN


def test_a_header_alone_has_no_rows(tmp_path: Path) -> None:
    """A file with a header and nothing else is a table without rows."""
    extract = read_extract(_file(tmp_path, b"id,name,note\n"), KNOWN)
    assert extract.rows is not None
    assert extract.rows.num_rows == 0


def test_bytes_that_are_not_utf8_are_placed(tmp_path: Path) -> None:
    """Undecodable bytes are named by column and record."""
    path = _file(tmp_path, b"id,name,note\n1,ok,\n\n2,Mu\xf1oz,\n3,\xff,\n")
    assert Finding(code=FindingCode.NOT_UTF8, column="name", records=(3, 4), count=2) == _only(path)


def test_ragged_records_are_counted_as_records(tmp_path: Path) -> None:
    """A record with a field too many is named by its number, line breaks before it or not."""
    path = _file(tmp_path, b'id,name,note\n1,"a\nb\nc",x\n2,b,x,secretly\n3,c\n')
    finding = Finding(code=FindingCode.RAGGED_RECORD, column=FILE, records=(3, 4), count=2)
    assert finding == _only(path)
    assert "secretly" not in finding.line()


def test_ragged_records_need_no_encoding(tmp_path: Path) -> None:
    """A ragged record is placed even where its bytes are not UTF-8."""
    assert (3,) == _only(_file(tmp_path, b"id,name,note\n1,2,3\n4,\xff\n")).records


@pytest.mark.parametrize("data", [b"", b"\n\n\n", b",".join([b"c"] * 1025) + b"\n"])
def test_what_is_no_table_is_refused(tmp_path: Path, data: bytes) -> None:
    """An empty file, empty lines alone, or a header of more than a thousand names is no extract."""
    assert _only(_file(tmp_path, data)).code is FindingCode.NOT_CSV


def test_a_cut_off_quote_is_found(tmp_path: Path) -> None:
    """A file that ends inside a quoted value is refused, even when its fields count right."""
    assert _only(_file(tmp_path, b'id,name,note\n1,2,"three\n')).code is FindingCode.UNPAIRED_QUOTE


def test_a_value_longer_than_a_block_is_refused_plainly(tmp_path: Path) -> None:
    """A record beyond the parser's block is an unreadable file, not a crash."""
    path = _file(tmp_path, b'id,name,note\n1,2,"' + b"x\n" * 20_000_000 + b'"\n')
    assert _only(path).code is FindingCode.NOT_CSV


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tail=st.lists(st.sampled_from([b'"', b",", b"\n", b"\r", b"\x00", b"\xff", b"a", "é".encode()])))
def test_no_bytes_make_the_reader_crash(tmp_path: Path, tail: list[bytes]) -> None:
    """Whatever follows the header, the answer is a table or findings, never both and never a crash."""
    extract = read_extract(_file(tmp_path, b"id,name,note\n" + b"".join(tail)), KNOWN)
    assert (extract.rows is None) == bool(extract.findings)


def test_a_missing_file_is_an_os_error(tmp_path: Path) -> None:
    """A path without a file is the operating system's error."""
    with pytest.raises(FileNotFoundError):
        read_extract(tmp_path / "nothing.csv", KNOWN)
