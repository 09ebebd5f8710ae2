"""Extracts that are Parquet files: judged as the same text, and refused where they have none."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from policies.arrow_types import ARROW_TYPE_OF
from snapshot.findings import FindingCode
from snapshot.parquet import ParquetExtract
from snapshot.shards import open_rows
from snapshot.sources import FileSource
from tests.snapshot.extracts import CATALOGUE, DATA, NAMES, active_agents, data_rows, findings_of, inspected
from tests.snapshot.fakes import Room, a_grant


def _texts() -> dict[str, list[str]]:
    rows = data_rows()
    return {name: [row[name] for row in rows] for name in NAMES}


def _typed(name: str, texts: list[str]) -> pa.Array:
    """Give a column the catalogue's own Arrow type, blanks as nulls."""
    kind = ARROW_TYPE_OF[CATALOGUE.column(name).type]
    values = pa.array([text or None for text in texts], pa.string())
    return values.cast(kind)


def _rows_of(room: Room, agent: str) -> pa.Table:
    newest = room.newest()
    keys = room.vault.keys_of(newest.attempt, agent)
    return open_rows(a_grant(newest.ref, agent), keys, room.objects, newest)


def _write(folder: Path, columns: dict[str, Any]) -> Path:
    path = folder / "extract.parquet"
    parquet.write_table(pa.table(columns), path)
    return path


def test_text_columns_are_read_as_they_are(tmp_path: Path) -> None:
    """A Parquet file of texts gives the same report as the CSV with the same texts."""
    report, same = inspected(_write(tmp_path, _texts())), inspected(DATA)
    assert () == report.findings
    assert (same.rows, same.agents, same.kinds) == (report.rows, report.agents, report.kinds)


def test_typed_columns_mean_their_text(tmp_path: Path) -> None:
    """Dates, moments, money, numbers and truth values are judged, and imported, as what they say."""
    path = _write(tmp_path, {name: _typed(name, texts) for name, texts in _texts().items()})
    for name in ("typed", "text"):
        (tmp_path / name).mkdir()
    typed, text = Room(tmp_path / "typed"), Room(tmp_path / "text")
    typed.publish(typed.bring_in(path).attempt)
    text.publish(text.bring_in().attempt)
    for agent in active_agents():
        assert _rows_of(text, agent) == _rows_of(typed, agent)


def test_dictionaries_and_large_texts_are_texts(tmp_path: Path) -> None:
    """How a writer stored text doesn't matter."""
    texts = _texts()
    columns: dict[str, Any] = dict(texts)
    columns["home_county"] = pa.array(texts["home_county"]).dictionary_encode()
    columns["first_name"] = pa.array(texts["first_name"], pa.large_string())
    assert [] == findings_of(_write(tmp_path, columns))


@pytest.mark.parametrize(
    "values",
    [
        pa.array([1.5]),
        pa.array([b"bytes"], pa.binary()),
        pa.array([["a"]]),
        pa.array([datetime(2026, 11, 21, 5)], pa.timestamp("us")),  # noqa: DTZ001 - a moment without a zone is the point
        pa.array([datetime(2026, 11, 21, 5, 0, 0, 1, tzinfo=UTC)], pa.timestamp("us", "UTC")),
    ],
    ids=["float", "bytes", "list", "no zone", "microseconds"],
)
def test_what_has_no_text_is_found_by_its_column(tmp_path: Path, values: pa.Array) -> None:
    """A column of a type that no extract has refuses the file and names the column."""
    count = len(data_rows())
    columns: dict[str, Any] = _texts() | {"last_change_date": pa.concat_arrays([values] * count)}
    assert (FindingCode.NO_TEXT, "last_change_date") in {
        (each.code, each.column) for each in findings_of(_write(tmp_path, columns))
    }


def test_money_of_another_scale_is_refused(tmp_path: Path) -> None:
    """Money with three digits after the point is no money."""
    count = len(data_rows())
    wrong = pa.array([Decimal("1.000")] * count, pa.decimal128(9, 3))
    codes = {each.code for each in findings_of(_write(tmp_path, _texts() | {"gross_premium": wrong}))}
    assert FindingCode.BAD_TYPE in codes


def test_a_cut_parquet_file_is_refused(tmp_path: Path) -> None:
    """One byte less at the end, and the file is none."""
    path = _write(tmp_path, _texts())
    path.write_bytes(path.read_bytes()[:-1])
    assert [FindingCode.NOT_PARQUET] == [each.code for each in findings_of(path)]


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path) -> None:
    """Bytes that came after the digest was taken are noticed when all is read."""
    path = _write(tmp_path, _texts())
    with ParquetExtract(FileSource(path), NAMES) as extract:
        batches = extract.batches()
        next(batches)
        with path.open("r+b") as file:
            file.seek(6)
            file.write(b"\x00")
        assert [] == list(batches)
        assert [FindingCode.CHANGED] == [each.code for each in extract.findings]
