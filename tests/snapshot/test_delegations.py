"""Who held whose data and when: the same as remembering every published snapshot whole."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select, update

from runtime.clock import rfc3339
from runtime.database import reading, writing
from snapshot.delegations import Interval, intervals_of, pseudonyms_at
from snapshot.pairs import pack_pair
from snapshot.tables import (
    delegation_changes,
    delegation_imports,
)
from snapshot.upkeep import forget, is_current
from tests.factories import a_database
from tests.snapshot.histories import a_checked_week, clear, put_in_force, week

PEOPLE = [f"2026:{place:02x}{'ab' * 15}" for place in (0, 1, 1 << 6, 255)] + ["2026:00" + "cd" * 15]
AGENTS = ["0B11111", "0C22222222222222"]
PAIRS = [(person, agent) for person in PEOPLE for agent in AGENTS]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """Return a database that the module's histories share, one after the other."""
    return a_database(tmp_path_factory.mktemp("delegations"))


def _import(engine: Engine, place: int, held: set[tuple[str, str]], *, publish: bool = True) -> str:
    attempt = a_checked_week(engine, place, held)
    if publish:
        _publish(engine, attempt)
    return attempt


def _publish(engine: Engine, attempt: str) -> None:
    with reading(engine) as connection:
        assert is_current(connection, attempt)
    put_in_force(engine, attempt)


def _expected(history: Sequence[set[tuple[str, str]]], person: str) -> list[Interval]:
    found = []
    for agent in AGENTS:
        began: int | None = None
        for place, held in enumerate([*history, set()]):
            is_held = (person, agent) in held
            if is_held and began is None:
                began = place
            if not is_held and began is not None:
                end = None if place == len(history) else week(place)
                found.append(Interval(agent=agent, begins_as_of=week(began), ends_as_of=end))
                began = None
    return sorted(found, key=lambda each: (each.begins_as_of, each.agent))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=st.lists(st.sets(st.sampled_from(PAIRS)), min_size=1, max_size=7))
def test_intervals_are_what_the_snapshots_say(engine: Engine, history: list[set[tuple[str, str]]]) -> None:
    """Whatever the weeks held, each consumer's intervals and each agent's book are those of the weeks."""
    clear(engine)
    for place, held in enumerate(history):
        _import(engine, place, held)
    with reading(engine) as connection:
        for person in PEOPLE:
            assert _expected(history, person) == intervals_of(connection, [person])
        for place, held in enumerate(history):
            for agent in AGENTS:
                names = {person for person, whose in held if whose == agent}
                assert names == pseudonyms_at(connection, agent, rfc3339(week(place)), 1)


def test_what_is_not_published_does_not_count(engine: Engine) -> None:
    """An import that waits for its publication changes no answer; once published it does."""
    clear(engine)
    _import(engine, 0, set(PAIRS))
    waiting = _import(engine, 1, set(PAIRS[1:]), publish=False)
    person = PEOPLE[0]
    with reading(engine) as connection:
        assert [None, None] == [each.ends_as_of for each in intervals_of(connection, [person])]
    _publish(engine, waiting)
    with reading(engine) as connection:
        assert [week(1), None] == [each.ends_as_of for each in intervals_of(connection, [person])]


def test_an_import_compared_with_an_older_one_is_stale(engine: Engine) -> None:
    """Of two imports that were compared with the same one, the second can't be published after the first."""
    clear(engine)
    _import(engine, 0, set(PAIRS))
    first, second = (_import(engine, 1, set(PAIRS[:4]), publish=False) for _ in range(2))
    _publish(engine, first)
    with reading(engine) as connection:
        assert not is_current(connection, second)
        assert not is_current(connection, "unknown")


def test_few_changes_are_written_as_changes_and_many_as_a_whole(engine: Engine) -> None:
    """The first import is kept whole; one that differs in one pair has one line."""
    clear(engine)
    _import(engine, 0, set(PAIRS))
    _import(engine, 1, set(PAIRS[1:]))
    with reading(engine) as connection:
        full = connection.execute(select(delegation_imports.c.full).order_by(delegation_imports.c.number))
        assert [True, False] == list(full.scalars())
        assert 1 == connection.execute(select(func.count()).select_from(delegation_changes)).scalar()


def test_what_came_to_nothing_is_taken_away(engine: Engine) -> None:
    """An abandoned import leaves no line; forgetting it again does no harm."""
    clear(engine)
    _import(engine, 0, set(PAIRS))
    dead = _import(engine, 1, set(PAIRS[1:]), publish=False)
    for _ in range(2):
        forget(engine, dead)
    with reading(engine) as connection:
        assert 1 == connection.execute(select(func.count()).select_from(delegation_imports)).scalar()
        assert 0 == connection.execute(select(func.count()).select_from(delegation_changes)).scalar()


def test_a_new_years_pseudonym_goes_on_with_the_old_ones_interval(engine: Engine) -> None:
    """A consumer's pseudonyms of two years give one interval, asked for together."""
    clear(engine)
    old, new = PEOPLE[0], "2027" + PEOPLE[0][4:]
    _import(engine, 0, {(old, AGENTS[0])})
    _import(engine, 1, {(new, AGENTS[0])})
    with reading(engine) as connection:
        (interval,) = intervals_of(connection, [new, old])
    assert (week(0), None) == (interval.begins_as_of, interval.ends_as_of)


@pytest.mark.parametrize("is_known", [True, False])
def test_each_years_pseudonym_is_found_in_its_own_imports(engine: Engine, *, is_known: bool) -> None:
    """Full imports of several years say whom they hold; also those of which no year is noted."""
    clear(engine)
    old, new = PEOPLE[0], "2027" + PEOPLE[0][4:]
    for place, held in enumerate(
        ({(old, AGENTS[0])}, {(new, AGENTS[1])}, {(new, AGENTS[0]), (old, AGENTS[1])})
    ):
        _import(engine, place, held)
    with writing(engine) as connection:
        years = connection.execute(select(delegation_imports.c.year).order_by(delegation_imports.c.number))
        assert [2026, 2027, None] == list(years.scalars())
        if not is_known:
            connection.execute(update(delegation_imports).values(year=None))
    with reading(engine) as connection:
        found = {
            name: [
                (each.agent, each.begins_as_of, each.ends_as_of) for each in intervals_of(connection, [name])
            ]
            for name in (old, new)
        }
    assert {
        old: [(AGENTS[0], week(0), week(1)), (AGENTS[1], week(2), None)],
        new: [(AGENTS[1], week(1), week(2)), (AGENTS[0], week(2), None)],
    } == found


def test_a_licence_of_any_length_that_a_roster_has_fits() -> None:
    """Licences have up to sixteen characters; a longer one is an error and never cut."""
    assert len(pack_pair(PEOPLE[0], "0B1")) == len(pack_pair(PEOPLE[0], "0" * 16))
    with pytest.raises(ValueError, match="16 characters"):
        pack_pair(PEOPLE[0], "0" * 17)
