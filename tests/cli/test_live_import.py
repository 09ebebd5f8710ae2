"""An operator brings weeks into a live house, by the command line alone."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyrage
import pytest

from cli.words import explain
from house.exchange import ExchangeError
from runtime.clock import PACIFIC
from snapshot.calendar import cutoff_before
from snapshot.report import ExtractRefusedError
from snapshot.sample import Sample, make_sample
from snapshot.sample_exchange import make_exchange_key, read_exchange_key
from tests.cli.conftest import Run
from tests.installation import Installation, a_live_installation


@dataclass(frozen=True, kw_only=True)
class Desk:
    """A live house, one signed week of a sample, and how its cut-off is typed."""

    home: Installation
    week: Sample
    as_of: str
    vkey: Path

    def arguments(self, extract: str | Path, *more: str | Path) -> list[str | Path]:
        """Return the words of an import of this week."""
        words = ["snapshot", "import", extract, "--as-of", self.as_of, "--manifest", self.week.manifest]
        return [*words, "--data", self.home.data, *more]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A founded house in which a policy set is in force."""
    with a_live_installation(tmp_path) as (home, _):
        home.adopt_policies()
        private, vkey = make_exchange_key(tmp_path / "key")
        as_of = cutoff_before(home.operator.clock.now())
        week = make_sample(8, 200, 3, as_of, tmp_path / "week", key=read_exchange_key(private))
        yield Desk(home=home, week=week, as_of=as_of.astimezone(PACIFIC).isoformat(), vkey=vkey)


def test_what_was_read_is_destroyed_unless_it_is_to_stay(
    desk: Desk, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Live, a stored extract's file goes by default, sealed or clear; a refused one's stays."""
    folder, extract = desk.home.data, desk.week.extract
    kept = shutil.copy(extract, tmp_path / "kept.csv")
    key = pyrage.x25519.Identity.generate()
    identity, sealed = tmp_path / "importer.key", tmp_path / "extract.csv.age"
    identity.write_text(str(key))
    sealed.write_bytes(pyrage.encrypt(extract.read_bytes(), [key.to_public()]))
    bad = tmp_path / "bad.csv"
    bad.write_bytes(extract.read_bytes()[:-9])

    unpinned = run(*desk.arguments(extract))
    run("snapshot", "trust", desk.vkey, "--data", folder)
    without = run("snapshot", "import", extract, "--as-of", desk.as_of, "--data", folder)
    refused = run(*desk.arguments(bad))
    stays = run(*desk.arguments(kept, "--keep-source"))
    with monkeypatch.context() as patch:
        patch.setenv("SEALEDBOOK_DESTROY_SOURCE", "false")
        stays_by_setting = run(*desk.arguments(kept))
    goes = run(*desk.arguments(extract))
    unsealed = run(*desk.arguments(sealed, "--identity", identity))

    assert "isn't pinned yet" in str(unpinned.exception)
    assert "--manifest" in str(without.exception)
    assert isinstance(refused.exception, ExtractRefusedError)
    assert "stays where it is" in explain(refused.exception)
    for left in (stays, stays_by_setting):
        assert "kept.csv stays where it is" in left.stdout, left.exception
    assert "extract.csv was overwritten and removed" in goes.stdout, goes.exception
    assert "extract.csv.age was overwritten and removed" in unsealed.stdout, unsealed.exception
    there = [path.exists() for path in (Path(kept), bad, extract, sealed, identity)]
    assert [True, True, False, False, True] == there


def test_a_week_goes_from_the_exchange_into_force(desk: Desk, run: Run) -> None:
    """Roster and extract come in by the manifest, and the list says which revision is in force."""
    folder = desk.home.data
    run("snapshot", "trust", desk.vkey, "--data", folder)
    roster = ("people", "import", desk.week.roster, "--manifest", desk.week.manifest, "--data", folder)
    planned, taken, again = run(*roster, "--plan"), run(*roster), run(*roster)
    for more in ([], ["--reason", "wrong-values"]):
        done = run(*desk.arguments(desk.week.extract, "--keep-source", *more))
        assert "snapshot publish" in done.stdout, done.exception
        run("snapshot", "publish", "--data", folder)
    bare = run(*desk.arguments(desk.week.extract))
    listed = json.loads(run("snapshot", "list", "--json", "--data", folder).stdout)["attempts"]
    told = run("snapshot", "list", "--data", folder).stdout

    assert "nothing was changed" in planned.stdout
    assert "8 new agents" in taken.stdout
    assert "nothing differs" in again.stdout
    assert "wrong-values|missing-rows" in str(bare.exception)
    assert [(2, True), (1, False)] == [(each["revision"], each["in_force"]) for each in listed]
    assert 1 == told.count("published, in force")


def test_what_is_no_source_is_said_so(desk: Desk, run: Run, tmp_path: Path) -> None:
    """A bucket without a key, and a file that is no text for a key, are errors for people."""
    run("snapshot", "trust", desk.vkey, "--data", desk.home.data)
    error = run(*desk.arguments("s3://bucket")).exception
    assert isinstance(error, ExchangeError)
    assert "s3://bucket/key" in str(error)
    picture = tmp_path / "picture"
    picture.write_bytes(b"\x89PNG\xff")
    assert "is not text" in str(run("snapshot", "trust", picture, "--data", desk.home.data).exception)
