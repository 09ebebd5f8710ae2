"""Delegations that a feed ended: withheld until a later snapshot no longer holds them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from runtime.clock import rfc3339
from runtime.database import reading, writing
from snapshot.ended import EndedPair, StillHeld, ended_in, keep_ended, still_held
from tests.factories import a_database
from tests.snapshot.histories import a_week, clear, week

ME, OTHER = "0B11111", "0C22222"
ANNA, BEN, LATER_ANNA = (f"{year}:{name * 32}" for year, name in ((2026, "a"), (2026, "b"), (2027, "c")))
TUESDAY = timedelta(days=4)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """Return a database that the tests share, one after the other."""
    return a_database(tmp_path_factory.mktemp("ended"))


def _end(engine: Engine, moment: datetime, *names: str, agent: str = ME, feed: str = "f1") -> list[EndedPair]:
    with writing(engine) as connection:
        pair = EndedPair(names=names, ended_at=moment)
        return keep_ended(connection, agent, [pair], feed=feed, now=moment)


def _ended(engine: Engine, place: int, agent: str = ME, among: list[str] | None = None) -> set[str]:
    with reading(engine) as connection:
        return set(ended_in(connection, agent, rfc3339(week(place)), 1, among))


def test_who_ended_since_the_cutoff_is_told_of_that_agent_alone(engine: Engine) -> None:
    """One consumer of two, and nobody of another agent who holds the same ones."""
    clear(engine)
    a_week(engine, 0, [(ANNA, ME), (BEN, ME), (ANNA, OTHER)])
    _end(engine, week(0) + TUESDAY, ANNA, LATER_ANNA)
    assert {ANNA} == _ended(engine, 0)
    assert set() == _ended(engine, 0, OTHER)
    assert {ANNA} == _ended(engine, 0, among=[ANNA, BEN])
    assert set() == _ended(engine, 0, among=[BEN])


def test_the_same_end_again_is_nothing_new(engine: Engine) -> None:
    """A feed that comes twice, or in another year's names, adds no line."""
    clear(engine)
    a_week(engine, 0, [(ANNA, ME)])
    assert 1 == len(_end(engine, week(0) + TUESDAY, ANNA, LATER_ANNA))
    assert 0 == len(_end(engine, week(0) + TUESDAY, ANNA, LATER_ANNA))
    assert 0 == len(_end(engine, week(0) + TUESDAY, LATER_ANNA, feed="f2"))


def test_a_later_snapshot_without_the_pair_ends_the_matter(engine: Engine) -> None:
    """Who delegates again afterwards is shown again; the old snapshot's book still withholds."""
    clear(engine)
    a_week(engine, 0, [(ANNA, ME), (BEN, ME)])
    _end(engine, week(0) + TUESDAY, ANNA, LATER_ANNA)
    a_week(engine, 1, [(BEN, ME)])
    a_week(engine, 2, [(ANNA, ME), (BEN, ME)])
    assert {ANNA} == _ended(engine, 0)
    assert set() == _ended(engine, 1)
    assert set() == _ended(engine, 2)


def test_a_later_snapshot_that_still_holds_the_pair_goes_on_withholding(engine: Engine) -> None:
    """It is told as still held, and a feed of an earlier week than a gap doesn't count as settled."""
    clear(engine)
    a_week(engine, 0, [(ANNA, ME), (BEN, ME)])
    _end(engine, week(0) + TUESDAY, ANNA, LATER_ANNA)
    with reading(engine) as connection:
        assert [] == still_held(connection)
    a_week(engine, 1, [(ANNA, ME), (BEN, ME)])
    assert {ANNA} == _ended(engine, 1)
    with reading(engine) as connection:
        assert [StillHeld(agent=ME, consumers=1)] == still_held(connection)


def test_the_new_years_snapshot_is_held_against_last_years_feed(engine: Engine) -> None:
    """In January the same consumer has another pseudonym; the feed of December knows it."""
    clear(engine)
    a_week(engine, 0, [(ANNA, ME)])
    _end(engine, week(0) + TUESDAY, ANNA, LATER_ANNA)
    a_week(engine, 1, [(LATER_ANNA, ME)])
    assert {LATER_ANNA} == _ended(engine, 1)


def test_a_second_end_after_a_new_delegation_counts_anew(engine: Engine) -> None:
    """Ended, gone, delegated again, ended again: withheld again."""
    clear(engine)
    a_week(engine, 0, [(ANNA, ME)])
    _end(engine, week(0) + TUESDAY, ANNA)
    a_week(engine, 1, [])
    a_week(engine, 2, [(ANNA, ME)])
    assert set() == _ended(engine, 2)
    assert 1 == len(_end(engine, week(2) + TUESDAY, ANNA))
    assert {ANNA} == _ended(engine, 2)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    history=st.lists(st.sets(st.sampled_from([ANNA, BEN])), min_size=1, max_size=5),
    ends=st.lists(st.tuples(st.sampled_from([ANNA, BEN]), st.integers(0, 4)), max_size=4),
)
def test_of_a_snapshot_the_withheld_only_grow(
    engine: Engine, history: list[set[str]], ends: list[tuple[str, int]]
) -> None:
    """Whatever ends and whatever is published later; and rows say the same as intervals do."""
    clear(engine)
    seen: dict[int, set[str]] = {}
    for place, held in enumerate(history):
        a_week(engine, place, [(name, ME) for name in held])
        for name, when in ends:
            if when == place:
                _end(engine, week(place) + TUESDAY, name)
        for before in range(place + 1):
            now = _ended(engine, before)
            assert seen.get(before, set()) <= now <= history[before]
            assert now == _ended(engine, before, among=list(history[before]))
            seen[before] = now
