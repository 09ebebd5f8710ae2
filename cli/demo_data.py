"""What a demo is made of: an extract, a roster, whose book, and when its clock starts.

Without given files a synthetic sample is made, always the same; its clear files exist for
as long as the import takes, inside the installation, and are removed.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import typer

from cli.desk import CommandError, parse_moment
from identity.roster import read_roster
from runtime.clock import PACIFIC
from snapshot.sample import make_sample

SAMPLE_AS_OF = datetime(2026, 11, 20, 21, 0, tzinfo=PACIFIC)
SAMPLE_AGENTS = 30
SAMPLE_CONSUMERS = 2000
SAMPLE_SEED = 11
_AS_OF_COLUMN = "snapshot_as_of"
_OPENS_AT = time(10)
_SATURDAY = 5


@dataclass(frozen=True, kw_only=True)
class Given:
    """Files of the caller's own: extract and roster, and the licence of the agent who asks."""

    extract: Path
    roster: Path
    agent: str


@dataclass(frozen=True, kw_only=True)
class Material:
    """Files that are there while the block that got them runs."""

    extract: Path
    roster: Path
    agent: str
    what: str


def given_files(extract: Path | None, roster: Path | None, agent: str | None) -> Given | None:
    """Return the caller's files, None for the sample.

    CommandError when some are missing or the roster lacks the agent; RosterError.
    """
    if extract is None and roster is None and agent is None:
        return None
    if extract is None or roster is None or agent is None:
        raise CommandError("--extract, --roster and --agent belong together: give all three or none")
    for path in (extract, roster):
        if not path.is_file():
            raise CommandError(f"{path} is not a file")
    if agent not in {papers.licence for papers in read_roster(roster.read_bytes())}:
        raise CommandError(f"{roster} lists no agent with licence {agent}")
    return Given(extract=extract, roster=roster, agent=agent)


def as_of_moment(given: Given | None) -> datetime:
    """Return the as-of moment of the data; the extract says its own in its first record."""
    if given is None:
        return SAMPLE_AS_OF
    try:
        with given.extract.open(encoding="utf-8-sig", newline="") as file:
            first = next(csv.DictReader(file), {})
        return parse_moment(first.get(_AS_OF_COLUMN) or "")
    except (UnicodeDecodeError, csv.Error, typer.BadParameter):
        raise CommandError(f"{given.extract}: the first record says no moment in {_AS_OF_COLUMN}") from None


def saturday_after(as_of: datetime) -> datetime:
    """Return the Saturday after a moment, 10:00 in California."""
    local = as_of.astimezone(PACIFIC)
    days = (_SATURDAY - local.weekday()) % 7 or 7
    return datetime.combine(local.date() + timedelta(days=days), _OPENS_AT, PACIFIC)


@contextmanager
def clear_files(given: Given | None, folder: Path) -> Iterator[Material]:
    """Have extract and roster for the block; a made sample is removed at its end."""
    if given is not None:
        yield Material(extract=given.extract, roster=given.roster, agent=given.agent, what=given.extract.name)
        return
    with TemporaryDirectory(prefix="sample-", dir=folder) as name:
        made = make_sample(SAMPLE_AGENTS, SAMPLE_CONSUMERS, SAMPLE_SEED, SAMPLE_AS_OF, Path(name), nasty=True)
        yield Material(
            extract=made.extract, roster=made.roster, agent=made.licences[0], what="a synthetic sample"
        )
