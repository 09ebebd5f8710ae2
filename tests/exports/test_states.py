"""Tests of the table of moves: complete, and without a way around it."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports.states import (
    ALLOWED_MOVES,
    DOWNLOADABLE,
    ENDABLE,
    REVEALABLE,
    WORKABLE,
    Reason,
    State,
    Step,
    may_move,
)

ENDED = {State.FAILED, State.CANCELLED, State.REVOKED, State.EXPIRED, State.PURGED}
LEFT_THE_HOUSE = {State.SENT, State.UNKNOWN, State.RECEIVED, State.BOUNCED}


def starts_of(end: State) -> set[State]:
    """Return the states from which a state is reached in one move."""
    return {start for start, ends in ALLOWED_MOVES.items() if end in ends}


def reached_from(start: State) -> set[State]:
    """Return every state that some walk from a state passes, itself not counted."""
    found: set[State] = set()
    ahead = set(ALLOWED_MOVES[start])
    while ahead:
        state = ahead.pop()
        found.add(state)
        ahead |= ALLOWED_MOVES[state] - found
    return found


def test_every_state_has_a_row() -> None:
    """The table names each state once, as a start."""
    assert set(State) == set(ALLOWED_MOVES)


def test_every_state_is_reached() -> None:
    """From `accepted` each other state can be reached, so that none stands there for nothing."""
    assert set(State) - {State.ACCEPTED} <= reached_from(State.ACCEPTED)


def test_every_state_comes_to_its_end() -> None:
    """From each state a walk leads to `purged`."""
    assert set(State) - {State.PURGED} == {state for state in State if State.PURGED in reached_from(state)}


def test_only_a_built_book_is_built_anew() -> None:
    """No move leads into `accepted` but from `built`."""
    assert {State.BUILT} == starts_of(State.ACCEPTED)


def test_purged_is_final() -> None:
    """Out of `purged` leads no move, and only an ended export gets there."""
    assert frozenset() == ALLOWED_MOVES[State.PURGED]
    assert ENDED - {State.PURGED} == starts_of(State.PURGED)


def test_nothing_comes_back_from_its_end() -> None:
    """From an ended export only ended ones are reached."""
    assert set() == {reached for state in ENDED for reached in reached_from(state)} - ENDED


def test_only_a_built_book_is_sent() -> None:
    """Into `sending` leads `built` alone, and into `sent` what was being sent or is unknown."""
    assert {State.BUILT} == starts_of(State.SENDING)
    assert {State.SENDING, State.UNKNOWN} == starts_of(State.SENT)
    assert {State.SENDING} == starts_of(State.UNKNOWN)


def test_what_left_the_house_isnt_cancelled() -> None:
    """Only an export of which nothing left can be cancelled."""
    assert {State.ACCEPTED, State.BUILT} == starts_of(State.CANCELLED)
    assert set() == starts_of(State.CANCELLED) & LEFT_THE_HOUSE


def test_no_state_moves_to_itself() -> None:
    """A move changes the state."""
    assert [] == [state for state in State if may_move(state, state)]


@given(st.lists(st.sampled_from(State), max_size=30))
def test_a_walk_stays_within_the_table(asked: list[State]) -> None:
    """Whatever is asked for in whatever order, only moves of the table are made."""
    state, walked = State.ACCEPTED, [State.ACCEPTED]
    for end in asked:
        if may_move(state, end):
            state = end
            walked.append(state)
    assert all(end in ALLOWED_MOVES[start] for start, end in pairwise(walked))
    if State.SENT in walked:
        assert walked.index(State.BUILT) < walked.index(State.SENDING) < walked.index(State.SENT)
    if State.PURGED in walked:
        assert State.PURGED == walked[-1]


def test_a_worker_takes_up_what_it_can_carry_on() -> None:
    """A worker's states are those before an end and before an answer."""
    assert {State.ACCEPTED, State.BUILT, State.SENDING} == WORKABLE


def test_what_expires_can() -> None:
    """Each state that expiry and revocation end has both moves."""
    assert [] == [state for state in ENDABLE if not may_move(state, State.EXPIRED)]
    assert [] == [state for state in ENDABLE if not may_move(state, State.REVOKED)]


@pytest.mark.parametrize("states", [*REVEALABLE.values(), DOWNLOADABLE])
def test_no_secret_of_what_isnt_built_or_was_taken_back(states: frozenset[State]) -> None:
    """No passphrase and no book of an export that isn't built yet, failed, or was taken back."""
    barred = {State.ACCEPTED, State.FAILED, State.CANCELLED, State.REVOKED, State.PURGED}
    assert set() == states & barred


def test_a_mailed_book_has_a_passphrase_once_it_may_have_left() -> None:
    """By mail a passphrase is shown from the mail server's answer on, not before."""
    assert set() == REVEALABLE["email"] & {State.BUILT, State.SENDING}
    assert {State.SENT, State.UNKNOWN, State.RECEIVED} <= REVEALABLE["email"]


@pytest.mark.parametrize("member", [*State, *Reason, *Step])
def test_a_code_is_lower_case_words(member: str) -> None:
    """States, reasons and steps are plain codes that logs, entries and pages can carry."""
    assert member.replace("-", "").isalpha()
    assert member == member.lower()
