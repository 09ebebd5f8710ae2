"""Delegations that a feed ended: withheld until a later snapshot lacks them, or a person settles them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from runtime.clock import rfc3339
from runtime.database import reading, writing
from snapshot.ended import (
    EndedPair,
    Settled,
    StillHeld,
    ended_in,
    in_order,
    keep_ended,
    kept_of,
    settle,
    settled_of,
    still_held,
)
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


def _settle(engine: Engine, moment: datetime, agent: str = ME) -> Settled:
    with writing(engine) as connection:
        return settle(connection, agent, rfc3339(moment))


def _still_held(engine: Engine) -> list[StillHeld]:
    with reading(engine) as connection:
        return still_held(connection)


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


def test_what_is_settled_is_shown_from_the_next_snapshot_on(engine: Engine) -> None:
    """The week in force and the one before go on withholding, a correction of it too; the next doesn't."""
    clear(engine)
    a_week(engine, 0, [(ANNA, ME), (BEN, ME)])
    _end(engine, week(0) + TUESDAY, ANNA, LATER_ANNA)
    a_week(engine, 1, [(ANNA, ME), (BEN, ME)])
    word = week(1) + TUESDAY
    assert Settled(consumers=1, names=frozenset({ANNA, LATER_ANNA})) == _settle(engine, word)
    assert [StillHeld(agent=ME, consumers=0, confirmed=1)] == _still_held(engine)
    a_week(engine, 1, [(ANNA, ME), (BEN, ME)], revision=2)
    a_week(engine, 2, [(ANNA, ME), (BEN, ME)])
    assert [{ANNA}, {ANNA}, set()] == [_ended(engine, place) for place in range(3)]
    with reading(engine) as connection:
        assert frozenset({ANNA}) == ended_in(connection, ME, rfc3339(week(1)), 2)
        assert {ANNA, LATER_ANNA} == set(settled_of(connection, ME, rfc3339(word)))
        assert {ANNA, LATER_ANNA} == set(kept_of(connection, ME, "f1"))


def test_a_word_counts_for_later_cutoffs_alone(engine: Engine) -> None:
    """Data of the very moment of the word, published after it, go on withholding."""
    clear(engine)
    a_week(engine, 0, [(ANNA, ME)])
    _end(engine, week(0) - TUESDAY, ANNA)
    _settle(engine, week(1))
    for place in (1, 2):
        a_week(engine, place, [(ANNA, ME)])
    assert [{ANNA}, {ANNA}, set()] == [_ended(engine, place) for place in range(3)]


def test_only_what_had_ended_by_the_cutoff_and_is_held_is_settled(engine: Engine) -> None:
    """Not who ended since, nor who is gone, nor another agent's; and nothing before a publication."""
    clear(engine)
    _end(engine, week(0) - TUESDAY, ANNA)
    assert Settled(consumers=0, names=frozenset()) == _settle(engine, week(0))
    a_week(engine, 0, [(BEN, ME), (ANNA, OTHER)])
    _end(engine, week(0) - TUESDAY, ANNA, agent=OTHER)
    _end(engine, week(0) + TUESDAY, BEN)
    assert Settled(consumers=0, names=frozenset()) == _settle(engine, week(0) + TUESDAY)
    assert [StillHeld(agent=OTHER, consumers=1)] == _still_held(engine)


def test_the_same_word_again_settles_nothing_and_the_same_line_withholds_nobody(engine: Engine) -> None:
    """The first moment stays; a line of the feed that is known changes nothing either."""
    clear(engine)
    a_week(engine, 0, [(ANNA, ME)])
    _end(engine, week(0) - TUESDAY, ANNA)
    assert 1 == _settle(engine, week(0) + timedelta(days=1)).consumers
    assert 0 == _settle(engine, week(0) + timedelta(days=2)).consumers
    assert [] == _end(engine, week(0) - TUESDAY, ANNA, feed="f2")
    a_week(engine, 1, [(ANNA, ME)])
    assert set() == _ended(engine, 1)
    assert [] == _still_held(engine)


def test_what_a_feed_ends_anew_is_withheld_anew(engine: Engine) -> None:
    """Before the next data or after them: another moment is another end, and waits for a word of its own."""
    clear(engine)
    a_week(engine, 0, [(ANNA, ME), (BEN, ME)])
    for name in (ANNA, BEN):
        _end(engine, week(0) - TUESDAY, name)
    _settle(engine, week(0) + TUESDAY)
    _end(engine, week(0) + TUESDAY + timedelta(hours=1), ANNA)
    a_week(engine, 1, [(ANNA, ME), (BEN, ME)])
    assert {ANNA} == _ended(engine, 1)
    assert [StillHeld(agent=ME, consumers=1)] == _still_held(engine)
    _end(engine, week(1) + TUESDAY, BEN)
    assert {ANNA, BEN} == _ended(engine, 1)
    assert 1 == _settle(engine, week(1) + TUESDAY).consumers
    a_week(engine, 2, [(ANNA, ME), (BEN, ME)])
    assert {BEN} == _ended(engine, 2)


def test_in_january_the_word_of_december_stands(engine: Engine) -> None:
    """All pseudonyms of a settled end are marked, so that the new year's one isn't withheld."""
    clear(engine)
    a_week(engine, 0, [(ANNA, ME)])
    _end(engine, week(0) - TUESDAY, ANNA, LATER_ANNA)
    _settle(engine, week(0) + TUESDAY)
    a_week(engine, 1, [(LATER_ANNA, ME)])
    assert [{ANNA}, set()] == [_ended(engine, place) for place in range(2)]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    history=st.lists(st.sets(st.sampled_from([ANNA, BEN])), min_size=1, max_size=5),
    ends=st.lists(st.tuples(st.sampled_from([ANNA, BEN]), st.integers(0, 4)), max_size=4),
    words=st.sets(st.integers(0, 4)),
)
def test_of_a_snapshot_the_withheld_only_grow(
    engine: Engine, history: list[set[str]], ends: list[tuple[str, int]], words: set[int]
) -> None:
    """Whatever ends, is settled or published later: who is new comes last; rows say as intervals do."""
    clear(engine)
    seen: dict[int, list[str]] = {}
    for place, held in enumerate(history):
        a_week(engine, place, [(name, ME) for name in held])
        for name, when in ends:
            if when == place:
                _end(engine, week(place) + TUESDAY, name)
        if place in words:
            _settle(engine, week(place) + TUESDAY + timedelta(hours=1))
        for before in range(place + 1):
            known = seen.get(before, [])
            with reading(engine) as connection:
                now = in_order(connection, ME, rfc3339(week(before)), 1)
            assert known == now[: len(known)]
            assert set(now) <= history[before]
            assert set(now) == _ended(engine, before, among=list(history[before]))
            seen[before] = now
