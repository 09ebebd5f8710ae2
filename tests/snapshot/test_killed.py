"""Killed at any point, an import or a publication leaves the old data whole, and the next try succeeds.

The command line's own processes are killed (SIGKILL), each at a random point of its time, in one
installation with a real vault. Each round is a Friday of its own.
"""

from __future__ import annotations

import csv
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from audit.entry import Actor, Draft, Resource, SnapshotRef
from audit.events import Event, Outcome
from audit.ledger import Ledger
from house.importing import bring_in
from house.wiring import House
from policies.actions import Action
from runtime.clock import PACIFIC, rfc3339
from runtime.database import reading, writing
from snapshot.calendar import cutoff_before
from snapshot.importing import ImportedSnapshot
from snapshot.published import list_snapshots, newest_published
from snapshot.publishing import publish
from snapshot.sample import make_sample
from snapshot.shards import open_rows
from snapshot.tables import State
from tests.installation import AS_OF, CONSOLE_WHO, SATURDAY, Installation, an_installation
from tests.snapshot.fakes import a_grant

WEEKS = 200
AGENTS, CONSUMERS, SEED = 25, 2500, 4

pytestmark = pytest.mark.timeout(900)


@dataclass
class Weeks:
    """An installation that lives from Friday to Friday."""

    home: Installation
    folder: Path
    worker: House
    chance: random.Random = field(default_factory=lambda: random.Random(15))
    week: int = 0
    served: dict[str, Counter[str]] = field(default_factory=dict)
    exports: int = 0

    def next_friday(self) -> datetime:
        """Go on by a week."""
        self.week += 1
        return cutoff_before(AS_OF - timedelta(weeks=WEEKS - self.week))

    def extract(self, as_of: datetime) -> Path:
        """Make a Friday's extract."""
        return make_sample(AGENTS, CONSUMERS, SEED, as_of, self.folder / f"{as_of:%Y-%m-%d}").extract

    def bring_in(self, extract: Path, as_of: datetime) -> ImportedSnapshot:
        """Import an extract, undisturbed."""
        made = bring_in(self.home.operator, CONSOLE_WHO, extract, as_of)
        self.served[made.ref.digest] = _active(extract)
        return made

    def publish(self, attempt: str) -> SnapshotRef:
        """Publish an attempt, undisturbed."""
        house = self.home.operator
        return publish(attempt, who=CONSOLE_WHO, gate=house.gate, vault=house.vault)

    def killed(self, command: list[str], seconds: float) -> float | None:
        """Start a command and kill it after that time; return how long it took if it ended before."""
        start = time.monotonic()
        running = self._start(command)
        try:
            running.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGKILL)
            running.wait()
            return None
        assert 0 == running.returncode
        return time.monotonic() - start

    def time_of(self, command: list[str]) -> float:
        """Run a command to its end and return how long it took, in seconds."""
        start = time.monotonic()
        assert 0 == self._start(command).wait(timeout=120)
        return time.monotonic() - start

    def _start(self, command: list[str]) -> subprocess.Popen[bytes]:
        whole = [sys.executable, "-m", "cli.main", "snapshot", *command, "--data", str(self.home.data)]
        quiet = subprocess.DEVNULL
        return subprocess.Popen(whole, stdout=quiet, stderr=quiet, start_new_session=True)

    def in_force(self) -> SnapshotRef:
        """Return the snapshot in force, once every agent's rows came out of it whole."""
        with reading(self.home.operator.engine) as connection:
            newest = newest_published(connection)
        assert newest is not None
        expected = self.served[newest.ref.digest]
        for agent in sorted(expected)[:: max(1, len(expected) // 5)]:
            permit = self._permit(agent, newest.ref)
            keys = self.worker.vault.build_book(
                permit, published=newest.published_entry, passphrase="seven-lakes"
            )
            rows = open_rows(a_grant(newest.ref, agent), keys, self.worker.objects, newest)
            assert expected[agent] == rows.num_rows
        return newest.ref

    def _permit(self, agent: str, ref: SnapshotRef) -> int:
        self.exports += 1
        export = f"e{self.exports}"
        draft = Draft(
            event=Event.BOOK_REQUESTED,
            outcome=Outcome.PERMIT,
            actor=Actor(kind="service", id="worker", role="service"),
            client="local:worker",
            action=Action.BUILD_BOOK.value,
            resource=Resource(kind="export", id=export),
            rules=(),
            policy="ab" * 32,
            expires=rfc3339(self.worker.clock.now() + timedelta(minutes=5)),
            agent=agent,
            export=export,
            fencing=1,
            snapshot=ref,
        )
        with writing(self.worker.engine) as connection:
            return Ledger(self.worker.clock).append(connection, [draft])[0].index


def _active(extract: Path) -> Counter[str]:
    with extract.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        return Counter(row["agent_license_number"] for row in rows if row["delegation_status"] == "active")


@contextmanager
def _some_weeks(folder: Path) -> Iterator[Weeks]:
    with an_installation(folder, at=SATURDAY) as home:
        weeks = Weeks(home, folder, House(home.settings, "worker"))
        as_of = weeks.next_friday()
        weeks.publish(weeks.bring_in(weeks.extract(as_of), as_of).attempt)
        yield weeks


@dataclass
class _Points:
    """Random moments of a command's own work, in seconds: what it takes to start isn't killed."""

    chance: random.Random
    start: float
    whole: float
    killed: int = 0

    def draw(self) -> float:
        """Return the next moment."""
        return self.chance.uniform(self.start, self.whole)

    def note(self, took: float | None) -> None:
        """Count a kill; a command that ended before it was faster than thought, and is measured by that."""
        if took is None:
            self.killed += 1
        else:
            self.whole = took
            self.start = min(self.start, took / 2)


def _points_of(weeks: Weeks, command: list[str]) -> _Points:
    start, whole = weeks.time_of(["list"]) * 0.8, weeks.time_of(command)
    return _Points(weeks.chance, min(start, whole / 2), whole)


def _importing(extract: Path, as_of: datetime) -> list[str]:
    return ["import", str(extract), "--as-of", as_of.astimezone(PACIFIC).isoformat()]


def _kill_imports(weeks: Weeks, count: int) -> None:
    old, as_of = weeks.in_force(), weeks.next_friday()
    extract = weeks.extract(as_of)
    points = _points_of(weeks, _importing(extract, as_of))
    while points.killed < count:
        points.note(weeks.killed(_importing(extract, as_of), points.draw()))
        assert old == weeks.in_force()
        assert [] == list(weeks.home.data.glob("*extract*"))
        weeks.bring_in(extract, as_of)
    assert weeks.publish(weeks.bring_in(extract, as_of).attempt) == weeks.in_force()


def _kill_publications(weeks: Weeks, count: int) -> None:
    as_of = weeks.next_friday()
    weeks.bring_in(weeks.extract(as_of), as_of)
    points = _points_of(weeks, ["publish"])
    while points.killed < count:
        old, as_of = weeks.in_force(), weeks.next_friday()
        made = weeks.bring_in(weeks.extract(as_of), as_of)
        points.note(weeks.killed(["publish", "--attempt", made.attempt], points.draw()))
        with reading(weeks.home.operator.engine) as connection:
            (state,) = [each.state for each in list_snapshots(connection) if each.attempt == made.attempt]
        assert state in {State.CHECKED, State.PUBLISHED}
        assert (made.ref if state is State.PUBLISHED else old) == weeks.in_force()
        if state is State.CHECKED:
            weeks.publish(made.attempt)
        assert made.ref == weeks.in_force()


def test_a_killed_import_or_publication_leaves_the_old_data_whole(tmp_path: Path) -> None:
    """At a few points: what was in force is served, and the next try goes through."""
    with _some_weeks(tmp_path) as weeks:
        _kill_imports(weeks, 2)
        _kill_publications(weeks, 1)


@pytest.mark.soak
def test_killed_at_twenty_points_each(tmp_path: Path) -> None:
    """At twenty points of an import and twenty of a publication."""
    with _some_weeks(tmp_path) as weeks:
        _kill_imports(weeks, 20)
        _kill_publications(weeks, 20)
