"""The sample imports as it is, looks like life, and comes out the same for the same seed."""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from audit.note import SigningKey, VerifierKey
from snapshot.calendar import cutoff_before
from snapshot.manifest import read_manifest
from snapshot.sample import Sample, make_sample
from snapshot.sample_exchange import ExchangeKeyError, make_exchange_key, read_exchange_key
from snapshot.sample_pieces import PLACES, Format
from snapshot.sample_roster import LAPSED, MANAGERS, ROSTER_COLUMNS
from snapshot.sample_words import Words
from tests.snapshot.extracts import AS_OF, DATA, inspected

Rows = list[dict[str, str]]


def _rows(path: Path) -> Rows:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """Return a sample of a usual size."""
    return make_sample(16, 600, 7, AS_OF, tmp_path_factory.mktemp("sample"), nasty=True)


def test_a_sample_imports_as_it_is(sample: Sample) -> None:
    """The checks find nothing in a sample, and all its agents are in its roster."""
    report = inspected(sample.extract, AS_OF, sample.licences)
    assert () == report.findings
    assert (16, 0) == (report.agents, report.unlisted_agents)
    assert {"Covered California", "Mixed Household", "Medi-Cal"} == set(report.kinds)


@settings(max_examples=8, deadline=None)
@given(
    agents=st.integers(1, 20),
    consumers=st.integers(1, 80),
    seed=st.integers(0, 2**32),
    weeks=st.integers(0, 500),
)
def test_any_size_and_week_imports(
    tmp_path_factory: pytest.TempPathFactory, agents: int, consumers: int, seed: int, weeks: int
) -> None:
    """Whatever the size, seed and Friday, the sample has that many consumers and no finding."""
    as_of = cutoff_before(AS_OF - timedelta(weeks=weeks))
    made = make_sample(agents, consumers, seed, as_of, tmp_path_factory.mktemp("sample"))
    assert () == inspected(made.extract, as_of).findings
    assert consumers == len({row["consumer_id"] for row in _rows(made.extract)})


def test_the_same_seed_gives_the_same_bytes(sample: Sample, tmp_path: Path) -> None:
    """A sample can be made again, and another seed gives another."""
    again = make_sample(16, 600, 7, AS_OF, tmp_path / "again", nasty=True)
    other = make_sample(16, 600, 8, AS_OF, tmp_path / "other")
    for mine, same in ((sample.extract, again.extract), (sample.roster, again.roster)):
        assert mine.read_bytes() == same.read_bytes()
    assert sample.extract.read_bytes() != other.extract.read_bytes()


def test_the_manifest_says_what_was_made(sample: Sample) -> None:
    """The manifest has the files' digests and rows, the moment, and the counts by kind."""
    manifest = json.loads(sample.manifest.read_text(encoding="utf-8"))
    rows = _rows(sample.extract)
    for path, count in ((sample.extract, len(rows)), (sample.roster, 16)):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        assert {"sha256": digest, "rows": count} == manifest["files"][path.name]
    assert ("2026-11-20T21:00:00-08:00", len(rows)) == (manifest["as_of"], sum(manifest["kinds"].values()))


def test_the_roster_has_managers_and_lapsed_papers(sample: Sample) -> None:
    """The roster has the given columns; papers lapse and managers stand where the tables say."""
    roster = _rows(sample.roster)
    assert tuple(_rows(DATA.with_name("roster.csv"))[0]) == ROSTER_COLUMNS == tuple(roster[0])
    assert sample.licences == tuple(row["license_number"] for row in roster)
    assert MANAGERS == {place for place, row in enumerate(roster) if row["role"] == "manager"}
    assert all(roster[place]["agency_id"] for place in MANAGERS)
    friday = date(2026, 11, 20)
    for place, row in enumerate(roster):
        fine = (
            row["license_status"] == row["certification_status"] == "active"
            and date.fromisoformat(row["license_expires_on"]) > friday
            and friday - date.fromisoformat(row["certified_on"]) < timedelta(days=330)
            and row["agreement_version"] == "2026-01"
        )
        assert fine == (place not in LAPSED)


def test_every_agent_has_active_consumers(sample: Sample) -> None:
    """No agent's book is empty."""
    active = [row for row in _rows(sample.extract) if row["delegation_status"] == "active"]
    assert set(sample.licences) == {row["agent_license_number"] for row in active}


def test_every_odd_value_stands_in_a_nasty_sample_alone(sample: Sample, tmp_path: Path) -> None:
    """All odd values are there as they are where they were asked for, and else none is."""
    nasty, plain = _rows(sample.extract), _rows(make_sample(16, 600, 7, AS_OF, tmp_path).extract)
    for odd in Words.load().odd:
        assert any(row[odd["column"]] == odd["value"] for row in nasty), odd
        assert not any(row[odd["column"]] == odd["value"] for row in plain), odd


def test_households_make_sense(sample: Sample) -> None:
    """A household has one primary contact, one place, and parents older than their children."""
    for _, members in groupby(_rows(sample.extract), lambda row: row["case_number"]):
        rows = {row["consumer_id"]: row for row in members}
        relations = [row["relationship_to_primary"] for row in rows.values()]
        assert (1, "Self") == (relations.count("Self"), relations[0])
        assert relations.count("Spouse") <= 1
        (primary, *others) = rows.values()
        assert str(len(rows)) == primary["household_size"]
        assert {primary["home_zip"]} == {row["home_zip"] for row in rows.values()}
        born = date.fromisoformat(primary["date_of_birth"])
        for other in others:
            if other["relationship_to_primary"] == "Child":
                assert date.fromisoformat(other["date_of_birth"]) - born > timedelta(days=17 * 365)


def test_a_mixed_household_has_both(sample: Sample) -> None:
    """In a mixed household someone has a plan and someone Medi-Cal, and nobody both."""
    mixed = [row for row in _rows(sample.extract) if row["consumer_kind"] == "Mixed Household"]
    for _, members in groupby(mixed, lambda row: row["case_number"]):
        rows = list(members)
        assert {True, False} == {bool(row["medi_cal_status"]) for row in rows}
        assert all(bool(row["medi_cal_status"]) != bool(row["coverage_type"]) for row in rows)


def test_money_adds_up(sample: Sample) -> None:
    """What a consumer pays is the premium less credit and subsidy, never less than nothing."""
    for row in _rows(sample.extract):
        if row["gross_premium"]:
            less = sum(Decimal(row[name] or 0) for name in ("aptc_amount", "state_subsidy_amount"))
            assert Decimal(row["net_premium"]) == Decimal(row["gross_premium"]) - less
            assert Decimal(row["net_premium"]) >= 0


@pytest.mark.parametrize(("agents", "consumers", "hours"), [(0, 1, 0), (1, 0, 0), (1, 1, 1)])
def test_a_senseless_sample_is_refused(tmp_path: Path, agents: int, consumers: int, hours: int) -> None:
    """No agents, no consumers, or a moment that is no cut-off is a ValueError."""
    with pytest.raises(ValueError, match=r"as-of|at least one"):
        make_sample(agents, consumers, 1, AS_OF + timedelta(hours=hours), tmp_path)


def test_the_bytes_do_not_depend_on_the_number_of_processes(tmp_path: Path) -> None:
    """Two processes write what one writes, over several pieces."""
    consumers = PLACES * 5
    alone, together = (
        make_sample(40, consumers, 3, AS_OF, tmp_path / str(processes), processes=processes)
        for processes in (1, 2)
    )
    assert alone.rows > 2 * PLACES
    assert alone.extract.read_bytes() == together.extract.read_bytes()
    assert alone.manifest.read_bytes() == together.manifest.read_bytes()


def test_a_parquet_sample_says_the_same(sample: Sample, tmp_path: Path) -> None:
    """The same rows stand in a Parquet file, and it imports as it is."""
    made = make_sample(16, 600, 7, AS_OF, tmp_path, nasty=True, format=Format.PARQUET)
    assert _rows(sample.extract) == parquet.read_table(made.extract).to_pylist()
    assert () == inspected(made.extract, AS_OF, made.licences).findings
    assert "extract.parquet" == made.extract.name


def test_agents_have_a_long_tail(tmp_path: Path) -> None:
    """Half of the agents have few consumers, and the largest has very many."""
    made = make_sample(200, 20_000, 5, AS_OF, tmp_path, processes=1)
    held = sorted(Counter(row["agent_license_number"] for row in _rows(made.extract)).values())
    assert held[100] < 20_000 / 200
    assert held[-1] > 5 * 20_000 / 200


@pytest.fixture(scope="module")
def two_weeks(tmp_path_factory: pytest.TempPathFactory) -> tuple[Rows, Rows]:
    """Return the rows of a sample on two Fridays, one after the other."""
    folder = tmp_path_factory.mktemp("weeks")
    before, after = (
        _rows(make_sample(50, 9000, 5, friday, folder / f"{friday:%d}", processes=1).extract)
        for friday in (AS_OF - timedelta(weeks=1), AS_OF)
    )
    return before, after


def test_a_week_brings_and_takes_a_few(two_weeks: tuple[Rows, Rows]) -> None:
    """From one Friday to the next some 0.7 % go, and as many come."""
    before, after = ({row["consumer_id"] for row in rows} for rows in two_weeks)
    assert 9000 == len(before) == len(after)
    assert 0.002 < len(before - after) / 9000 < 0.02


def test_a_week_changes_little_of_who_stays(two_weeks: tuple[Rows, Rows]) -> None:
    """Who stays keeps name, birth and home; some 1.5 % have other coverage."""
    before, after = (
        {row["consumer_id"]: row for row in rows if row["coverage_type"] != "Dental"} for rows in two_weeks
    )
    stay = before.keys() & after.keys()
    lasting = ("last_name", "first_name", "date_of_birth", "home_address", "email", "case_number")
    assert all(before[one][name] == after[one][name] for one in stay for name in lasting)
    changed = [one for one in stay if before[one]["exchange_policy_id"] != after[one]["exchange_policy_id"]]
    assert 0.004 < len(changed) / len(stay) < 0.03


def test_a_week_begins_and_ends_some_delegations(two_weeks: tuple[Rows, Rows]) -> None:
    """Some consumers change their agent, or are delegated no more."""
    before, after = (
        {
            (row["consumer_id"], row["agent_license_number"])
            for row in rows
            if row["delegation_status"] == "active"
        }
        for rows in two_weeks
    )
    assert 0.005 < len(before - after) / len(before) < 0.03
    assert 0.005 < len(after - before) / len(after) < 0.03


def test_a_signed_manifest_is_believed_by_its_key(tmp_path: Path) -> None:
    """A manifest that a trial's key signed is believed by who pinned it, and names the extract."""
    private, public = make_exchange_key(tmp_path / "key")
    key = read_exchange_key(private)
    made = make_sample(2, 10, 1, AS_OF, tmp_path, key=key)
    believed = read_manifest(
        made.manifest.read_text(encoding="utf-8"), VerifierKey.parse(public.read_text().rstrip())
    )
    digest = hashlib.sha256(made.extract.read_bytes()).hexdigest()
    assert (True, made.rows) == (believed.is_signed, believed.rows[digest])
    assert () == inspected(made.extract, AS_OF, made.licences, believed).findings


def test_a_key_is_made_once_and_read_strictly(tmp_path: Path) -> None:
    """A key isn't written over, and what is no key is an error that says how to make one."""
    private, _ = make_exchange_key(tmp_path)
    assert isinstance(read_exchange_key(private), SigningKey)
    assert 0o600 == private.stat().st_mode & 0o777
    with pytest.raises(ExchangeKeyError, match="already"):
        make_exchange_key(tmp_path)
    for text in ("", "name", "name AAAA\n", "na me AAAA\n"):
        private.write_text(text)
        with pytest.raises(ExchangeKeyError, match="sample-key"):
            read_exchange_key(private)
