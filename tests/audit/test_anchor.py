"""When a copy of the signed head is due, when it is overdue, and how copies are named."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.anchor import (
    AnchorError,
    Copy,
    Movement,
    Pace,
    Standing,
    first_name,
    is_due,
    is_overdue,
    may_try,
    newest_name,
    next_try,
    read_copy,
)

NOW = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
PACE = Pace(every=HOUR, idle=24 * HOUR, grace=2 * HOUR)
STILL = Movement()
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2060, 1, 1)).map(  # noqa: DTZ001 - made aware below
    lambda naive: naive.replace(tzinfo=UTC, microsecond=0)
)


def reached(ago: timedelta) -> Standing:
    """Return an anchor that got its newest copy a while ago."""
    return Standing(name="folder", size=7, root=b"r" * 32, reached_at=NOW - ago)


def moved(ago: timedelta, *, published: bool = False) -> Movement:
    """Return that the ledger first moved a while ago."""
    return Movement(since=NOW - ago, has_publication=published)


@pytest.mark.parametrize(
    ("standing", "movement", "due"),
    [
        (Standing(name="folder"), STILL, True),
        (reached(HOUR), moved(HOUR / 2), True),
        (reached(HOUR / 2), moved(HOUR / 3), False),
        (reached(timedelta(seconds=1)), moved(timedelta(), published=True), True),
        (reached(23 * HOUR), STILL, False),
        (reached(24 * HOUR), STILL, True),
    ],
)
def test_a_head_that_moved_leaves_hourly_and_one_that_stood_still_daily(
    standing: Standing, movement: Movement, due: bool
) -> None:
    """The first copy and one after a publication leave at once."""
    assert due == is_due(standing, movement, NOW, PACE, at_publish=True)


def test_a_publication_hurries_only_who_wants_it() -> None:
    """Mail keeps its own pace."""
    movement = moved(timedelta(), published=True)
    assert not is_due(reached(HOUR / 2), movement, NOW, PACE, at_publish=False)


@pytest.mark.parametrize(
    ("standing", "movement", "late"),
    [
        (reached(20 * HOUR), moved(timedelta(seconds=1)), False),
        (reached(20 * HOUR), moved(2.9 * HOUR), False),
        (reached(20 * HOUR), moved(3.1 * HOUR), True),
        (reached(25 * HOUR), STILL, False),
        (reached(27 * HOUR), STILL, True),
        (Standing(name="folder"), moved(3.1 * HOUR), True),
        (Standing(name="folder"), moved(HOUR), False),
    ],
)
def test_overdue_counts_from_the_first_entry_without_a_copy(
    standing: Standing, movement: Movement, late: bool
) -> None:
    """Who comes to a quiet house doesn't find it late at once."""
    assert late == is_overdue(standing, movement, NOW, PACE)


@given(st.integers(1, 10_000))
def test_each_wait_is_longer_and_none_is_for_ever(tries: int) -> None:
    """After a failure the next try comes within two minutes: what is mended goes on soon."""
    wait = next_try(tries, NOW) - NOW
    assert timedelta(seconds=15) <= wait <= timedelta(minutes=2)
    assert wait <= next_try(tries + 1, NOW) - NOW
    assert not may_try(Standing(name="folder", next_at=NOW + wait), NOW)
    assert may_try(Standing(name="folder", next_at=NOW), NOW)


@given(st.lists(st.tuples(st.integers(0, 10**15), MOMENTS), min_size=1), st.integers(0, 10**15))
def test_names_sort_as_the_ledger_grew(copies: list[tuple[int, datetime]], known: int) -> None:
    """The newest name is the largest size's newest; a known size passes smaller ones over."""
    made = [Copy(size=size, at=at, note="") for size, at in copies]
    names = [copy.name for copy in made]
    expected = max(((copy.size, copy.at) for copy in made if copy.size >= known), default=None)
    found = newest_name(names, known)
    assert (expected is None) == (found is None)
    if found is not None:
        copy = read_copy(found, b"note")
        assert expected == (copy.size, copy.at)
        assert found >= first_name(known)


@pytest.mark.parametrize("name", ["", "x", "1.checkpoint", "0000000000000001.20269921t180000z.checkpoint"])
def test_other_names_are_no_copies(name: str) -> None:
    """What isn't named like a copy is unreadable as one."""
    with pytest.raises(AnchorError):
        read_copy(name, b"note")


def test_bytes_that_are_no_text_are_no_copy() -> None:
    """A copy is text."""
    with pytest.raises(AnchorError):
        read_copy(Copy(size=1, at=NOW, note="").name, b"\xff")
