"""One step of the snapshot's bench in a process of its own, so that its memory is its own.

    python -m bench.snapshot_steps peer OUT.parquet EXTRACT
    python -m bench.snapshot_steps import DATA EXTRACT AS_OF

It prints one JSON object: `seconds`, and for an import what else was measured; moments are the
system's monotonic clock's, which all processes of a machine share.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import csv, parquet

from house.importing import bring_in
from house.wiring import House
from runtime.settings import Settings, load_settings
from snapshot.publishing import publish
from tests.installation import CONSOLE_WHO

_UPKEEP_BEGINS = "noting which delegations"


def run_step(name: str, *arguments: str | Path) -> dict[str, Any]:
    """Run a step in a fresh process and return what it printed."""
    command = [sys.executable, "-m", "bench.snapshot_steps", name, *map(str, arguments)]
    done = subprocess.run(  # noqa: S603  this very file
        command, check=True, stdout=subprocess.PIPE, cwd=Path(__file__).parents[1]
    )
    printed: dict[str, Any] = json.loads(done.stdout)
    return printed


def _peer(out: str, extract: str) -> dict[str, Any]:
    """Read the CSV as text and write it as Parquet, as a stream, as pyarrow does by itself."""
    with Path(extract).open(encoding="utf-8") as file:
        names = file.readline().strip().split(",")
    start = time.monotonic()
    convert = csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False)
    options = {
        "convert_options": convert,
        "parse_options": csv.ParseOptions(newlines_in_values=True),
    }
    with csv.open_csv(extract, **options) as reader, parquet.ParquetWriter(out, reader.schema) as writer:
        for batch in reader:
            writer.write_batch(batch)
    return {"seconds": time.monotonic() - start, "cpu_seconds": time.process_time()}


def _import(data: str, extract: str, as_of: str) -> dict[str, Any]:
    """Import and publish an extract as the operator's console does."""
    house = House(load_settings(Path(data), Settings), "operator")
    told: dict[str, float] = {}

    def note(text: str) -> None:
        told.setdefault(text[: len(_UPKEEP_BEGINS)], time.monotonic())

    start = time.monotonic()
    made = bring_in(house, CONSOLE_WHO, Path(extract), datetime.fromisoformat(as_of), progress=note)
    end = time.monotonic()
    publish(made.attempt, who=CONSOLE_WHO, gate=house.gate, vault=house.vault)
    return {
        "seconds": end - start,
        "publish_seconds": time.monotonic() - end,
        "upkeep": [told[_UPKEEP_BEGINS], end],
        "told": {text: moment - start for text, moment in told.items()},
        "cpu_seconds": time.process_time(),
        "rows": made.report.rows,
        "bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }


_STEPS: Mapping[str, Callable[..., dict[str, Any]]] = {"peer": _peer, "import": _import}

if __name__ == "__main__":
    sys.stdout.write(json.dumps(_STEPS[sys.argv[1]](*sys.argv[2:])))
