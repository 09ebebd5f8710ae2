"""A large extract with one bad row is refused with that row named, and memory stays bounded at any size."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import csv

from bench.snapshot_steps import run_step
from snapshot.findings import FindingCode
from snapshot.report import ExtractRefusedError
from tests.installation import an_installation
from tests.snapshot.extracts import AS_OF, DATA, NAMES
from tests.snapshot.fakes import Room

MEMORY_BYTES = 1.5e9
BAD = "late in the day"


def _write(path: Path, rows: int, bad: int | None = None) -> Path:
    """Write the committed cut again and again, each time with ids of its own; one row may be bad."""
    text = csv.ConvertOptions(column_types=dict.fromkeys(NAMES, pa.string()), strings_can_be_null=False)
    cut = csv.read_csv(
        DATA, convert_options=text, parse_options=csv.ParseOptions(newlines_in_values=True)
    ).combine_chunks()
    with csv.CSVWriter(path, cut.schema) as writer:
        for start in range(0, rows, len(cut)):
            part = cut.slice(0, rows - start)
            ids = [f"{start + place:010d}" for place in range(len(part))]
            part = _with(part, "consumer_id", ids)
            if bad is not None and start <= bad < start + len(part):
                dates = part.column("date_of_birth").to_pylist()
                dates[bad - start] = BAD
                part = _with(part, "date_of_birth", dates)
            writer.write_table(part)
    return path


def _with(rows: pa.Table, name: str, values: list[str]) -> pa.Table:
    return rows.set_column(rows.schema.get_field_index(name), name, pa.array(values, pa.string()))


def _refused(folder: Path, rows: int, bad: int) -> None:
    room = Room(folder)
    with pytest.raises(ExtractRefusedError) as refused:
        room.bring_in(_write(folder / "extract.csv", rows, bad), AS_OF)
    (finding,) = refused.value.report.findings
    # The header is record 1.
    assert (FindingCode.BAD_TYPE, "date_of_birth", (bad + 2,), 1) == (
        finding.code,
        finding.column,
        finding.records,
        finding.count,
    )
    assert [] == room.objects.names()
    assert BAD not in str(refused.value)


def test_one_bad_row_of_many_is_named(tmp_path: Path) -> None:
    """Of 60,000 rows, several blocks of the file, the one that is bad is told by its number."""
    _refused(tmp_path, 60_000, 47_011)


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_one_bad_row_of_a_million_is_named(tmp_path: Path) -> None:
    """Of a million rows the one that is bad is told by its number, and nothing is kept."""
    _refused(tmp_path, 1_000_000, 987_654)


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_memory_is_bounded(tmp_path: Path) -> None:
    """A million rows take little more memory than a quarter of them, and less than the bound."""
    peaks = []
    for rows in (250_000, 1_000_000):
        folder = tmp_path / str(rows)
        folder.mkdir()
        with an_installation(folder) as home:
            extract = _write(folder / "extract.csv", rows)
            peaks.append(run_step("import", home.data, extract, AS_OF.isoformat())["bytes"])
    assert peaks[1] < MEMORY_BYTES
    assert peaks[1] - peaks[0] < MEMORY_BYTES / 2
