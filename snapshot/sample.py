"""Makes a synthetic extract with its roster and manifest; the same seed gives the same bytes.

What it makes imports as it is: values fit the catalogue, and households make sense. A later Friday
of the same seed shows the same population with a week's changes (`sample_lives.py`). Odd values
(formulas, padding, other scripts, words that readers take for nothing) stand among them where a
nasty sample is asked for. No person is in it.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from audit.note import SigningKey
from policies.columns import Catalogue
from runtime.clock import PACIFIC
from snapshot.calendar import is_cutoff
from snapshot.manifest import sign_manifest
from snapshot.sample_lives import FIRST_FRIDAY
from snapshot.sample_pieces import Format, Order, pieces_of
from snapshot.sample_roster import MOST_AGENTS, ROSTER_COLUMNS, agents_of
from snapshot.sample_words import Words

MOST_CONSUMERS = 10_000_000


@dataclass(frozen=True, kw_only=True)
class Sample:
    """The files of a sample, its agents' licences in the roster's order, and the extract's rows."""

    extract: Path
    roster: Path
    manifest: Path
    licences: tuple[str, ...]
    rows: int


def make_sample(
    agents: int,
    consumers: int,
    seed: int,
    as_of: datetime,
    out: Path,
    *,
    nasty: bool = False,
    format: Format = Format.CSV,  # noqa: A002  the option's name, and nothing here formats
    key: SigningKey | None = None,
    processes: int | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Sample:
    """Write `extract.csv` (or `.parquet`), `roster.csv` and `manifest.json` into a folder.

    `as_of` is a Friday 21:00 Pacific from 1971 on, else ValueError, as for numbers of agents and
    consumers that can't be. Consumers with health and dental coverage have two rows. With an
    exchange's key the manifest is its signed note.
    """
    if not is_cutoff(as_of) or as_of.astimezone(PACIFIC).date() < FIRST_FRIDAY:
        raise ValueError("as-of is not a Friday 21:00 America/Los_Angeles from 1971 on")
    if not (1 <= agents <= MOST_AGENTS and 1 <= consumers <= MOST_CONSUMERS):
        raise ValueError(
            "a sample has at least one agent and one consumer, "
            f"at most {MOST_AGENTS:,} agents and {MOST_CONSUMERS:,} consumers"
        )
    order = Order(
        agents=agents,
        consumers=consumers,
        seed=seed,
        as_of=as_of.astimezone(PACIFIC),
        nasty=nasty,
        format=format,
    )
    out.mkdir(parents=True, exist_ok=True)
    names = (f"extract.{format.value}", "roster.csv", "manifest.json")
    extract, roster, manifest = (out / name for name in names)
    kinds: Counter[str] = Counter()
    with _WRITERS[format](extract, [column.name for column in Catalogue.load().columns]) as write:
        for piece in pieces_of(order, processes):
            write(piece.data)
            kinds.update(piece.kinds)
            progress(f"{kinds.total():,} rows")
    people = agents_of(seed, agents, order.day, Words.load())
    with roster.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ROSTER_COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(people)
    document = _document(order, kinds, {extract: kinds.total(), roster: agents})
    plain = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    manifest.write_text(plain if key is None else sign_manifest(document, key), encoding="utf-8")
    licences = tuple(person["license_number"] for person in people)
    return Sample(extract=extract, roster=roster, manifest=manifest, licences=licences, rows=kinds.total())


def _document(order: Order, kinds: Counter[str], files: Mapping[Path, int]) -> dict[str, Any]:
    return {
        "v": 1,
        "as_of": order.as_of.isoformat(),
        "seed": order.seed,
        "agents": order.agents,
        "consumers": order.consumers,
        "kinds": dict(sorted(kinds.items())),
        "federal_tax_information": False,
        "confidential_communications": [],
        "files": {path.name: {"sha256": _digest(path), "rows": count} for path, count in files.items()},
    }


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _csv_file(path: Path, columns: Iterable[str]) -> Iterator[Callable[[bytes], object]]:
    with path.open("wb") as file:
        file.write((",".join(columns) + "\n").encode())
        yield file.write


@contextmanager
def _parquet_file(path: Path, columns: Iterable[str]) -> Iterator[Callable[[bytes], object]]:
    schema = pa.schema([(name, pa.string()) for name in columns])
    with parquet.ParquetWriter(path, schema) as writer:
        yield lambda data: writer.write_batch(pa.ipc.read_record_batch(pa.py_buffer(data), schema))


_WRITERS = {Format.CSV: _csv_file, Format.PARQUET: _parquet_file}
