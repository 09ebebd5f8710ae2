"""`sealedbook demo`: the main job, end to end, on this machine, and nothing left running.

Exit code 0 means that every step of the story really happened. With `--json` the story goes
to standard error, and the one line on standard output is a JSON object.
"""

from __future__ import annotations

import json
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from cli.demo_data import as_of_moment, given_files, saturday_after
from cli.demo_story import Outcome, Story
from cli.telling import Telling
from house.founding import VKEY_FILE, Charter, found_installation
from house.interruption import Interruption
from house.processes import Processes
from house.wiring import House
from runtime.settings import Settings

EXCHANGE = "Sample Exchange"
_PARENT = Path("data")


def demo(
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", envvar="SEALEDBOOK_DATA", help="a new folder; else one is made under ./data"
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="end with one JSON object")] = False,
    extract: Annotated[Path | None, typer.Option(metavar="FILE", help="try it on this extract")] = None,
    roster: Annotated[Path | None, typer.Option(metavar="FILE", help="and this roster")] = None,
    agent: Annotated[str | None, typer.Option(metavar="LICENSE", help="as this agent")] = None,
) -> None:
    """Do the main job once, for real: from the weekly extract to the opened book."""
    given = given_files(extract, roster, agent)
    as_of = as_of_moment(given)
    folder = data or _PARENT / f"demo-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    telling = Telling(Console(stderr=as_json))
    telling.say(f"Sealed Book, demo in {folder.resolve()}. All of it really happens, on this machine.\n")
    interruption = Interruption()
    with interruption.orderly():
        try:
            settings = found_demo(folder, as_of, telling)
            with (
                closing(House(settings, "operator")) as house,
                Processes(settings, interruption) as processes,
            ):
                outcome = Story(house, processes, telling).tell(given, as_of)
                processes.check_running()
        except SystemExit:
            sys.stderr.write("Stopped, and so is every process that was started.\n")
            raise
        telling.say(f"{telling.seconds:5.1f} s  All processes stopped")
    _conclude(telling, settings, outcome, as_json=as_json)


def found_demo(folder: Path, as_of: datetime, telling: Telling) -> Settings:
    """Make a demo installation whose clock starts on the Saturday after a moment."""
    start = saturday_after(as_of)
    with telling.step("Installation made (keys, credentials, first ledger entry)") as tell:
        offset = round((start - datetime.now(UTC)).total_seconds())
        charter = Charter(mode="demo", exchange=EXCHANGE, clock_offset=offset)
        settings = found_installation(folder, charter)
        tell(f"its clock starts on {start:%A}, {start:%B} {start.day}, {start.year}, 10:00 Pacific")
    return settings


def _conclude(telling: Telling, settings: Settings, outcome: Outcome, *, as_json: bool) -> None:
    vkey = settings.data / VKEY_FILE
    telling.say(f"\nOpen the book yourself: {outcome.book}\n  passphrase {outcome.passphrase}")
    telling.say(f"Verify the ledger yourself: ./run audit verify {outcome.bundle} --vkey {vkey}")
    if as_json:
        document = _document(settings, outcome) | {"seconds": round(telling.seconds, 1)}
        sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")


def _document(settings: Settings, outcome: Outcome) -> dict[str, Any]:
    ref = outcome.imported.ref
    return {
        "data": str(settings.data),
        "export": {name: outcome.export[name] for name in ("id", "state", "rows", "columns", "bytes")},
        "book": str(outcome.book),
        "passphrase": outcome.passphrase,
        "mail": str(outcome.mail),
        "bundle": str(outcome.bundle),
        "vkey": str(settings.data / VKEY_FILE),
        "snapshot": {"as_of": ref.as_of, "digest": ref.digest, "rows": outcome.imported.report.rows},
        "refusal": {name: outcome.refusal[name] for name in ("rule", "clause")},
    }
