"""Tests of exports as rows: adding, reading, and moving along the table of moves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from exports.errors import ExportNotFoundError, LostClaimError, WrongStateError
from exports.states import ALLOWED_MOVES, WORKABLE, Reason, State, Step, may_move
from runtime.clock import rfc3339
from runtime.database import reading, writing
from store.census import exports_by_state
from store.exports import (
    claim_export,
    due_exports,
    export_by_id,
    export_of_key,
    exports_of,
    move_export,
    move_unclaimed,
    note_stage,
    put_off,
    release_claim,
)
from store.people import person_by_licence
from store.tables import exports
from tests.installation import SATURDAY
from tests.store.makers import AGENT, a_claim, an_export, read_export


def test_an_added_export_is_accepted(engine: Engine) -> None:
    """A new export is accepted, nobody's, untried, and has nothing of a book yet."""
    export = read_export(engine, an_export(engine))
    assert (State.ACCEPTED, AGENT, "email", 0, 0) == (
        export.state,
        export.agent,
        export.channel,
        export.fencing,
        export.tries,
    )
    assert {None} == {export.stage, export.reason, export.built_fencing, export.book_digest, export.next_at}


def test_what_isnt_there_isnt_found(engine: Engine) -> None:
    """An unknown id is an error, an unknown key nothing."""
    with reading(engine) as connection:
        with pytest.raises(ExportNotFoundError):
            export_by_id(connection, str(uuid4()))
        assert export_of_key(connection, "nobody", "key") is None


def test_a_key_makes_one_export_a_person(engine: Engine) -> None:
    """A requester's Idempotency-Key is used once; another person's same key is another's."""
    first = an_export(engine, idempotency_key="k1")
    with pytest.raises(IntegrityError):
        an_export(engine, idempotency_key="k1")
    with reading(engine) as connection:
        other = person_by_licence(connection, "0C86404").id
    second = an_export(engine, idempotency_key="k1", requester=other)
    with reading(engine) as connection:
        found = export_of_key(connection, other, "k1")
    assert found is not None
    assert second == found.id != first


def test_exports_without_a_key_are_many(engine: Engine) -> None:
    """Where no key is given, nothing keeps a person from asking again."""
    assert 2 == len({an_export(engine), an_export(engine)})


def test_an_export_belongs_to_somebody_known(engine: Engine) -> None:
    """A requester who isn't there is refused by the database."""
    with pytest.raises(IntegrityError):
        an_export(engine, requester="nobody")


def test_a_persons_exports_come_newest_first(engine: Engine) -> None:
    """A person sees their own exports, the newest first, and no more than asked for."""
    made = [an_export(engine, created_at=rfc3339(SATURDAY + timedelta(hours=hour))) for hour in (1, 3, 2)]
    with reading(engine) as connection:
        person = person_by_licence(connection, AGENT).id
        other = person_by_licence(connection, "0C86404").id
        assert [made[1], made[2], made[0]] == [export.id for export in exports_of(connection, person)]
        assert [made[1]] == [export.id for export in exports_of(connection, person, limit=1)]
        assert [] == exports_of(connection, other)


@pytest.mark.parametrize("state", State)
def test_only_workable_exports_are_due(engine: Engine, state: State) -> None:
    """A worker finds and claims an export in a workable state, and in no other."""
    export = an_export(engine, state=state)
    with writing(engine) as connection:
        due = due_exports(connection, SATURDAY)
        claim = claim_export(connection, export, "one", SATURDAY, 20)
    assert ([export] if state in WORKABLE else []) == due
    assert (state in WORKABLE) == (claim is not None)
    assert claim is None or claim.state is state


def test_due_exports_come_oldest_first(engine: Engine) -> None:
    """Who asked first is served first; the limit cuts the youngest."""
    made = [an_export(engine, created_at=rfc3339(SATURDAY + timedelta(hours=hour))) for hour in (2, 1, 3)]
    with reading(engine) as connection:
        assert [made[1], made[0], made[2]] == due_exports(connection, SATURDAY)
        assert [made[1], made[0]] == due_exports(connection, SATURDAY, limit=2)


def test_a_put_off_export_hides_until_its_moment(engine: Engine) -> None:
    """A waiting export is let go, shows its reason, counts the try, and is due again at its moment."""
    export = an_export(engine)
    later = SATURDAY + timedelta(seconds=15)
    with writing(engine) as connection:
        put_off(connection, a_claim(connection, export), later, Reason.MAIL_SERVER_DOWN)
        just_before = later - timedelta(microseconds=1)
        assert claim_export(connection, export, "two", just_before, 20) is None
        assert [] == due_exports(connection, just_before)
        assert [export] == due_exports(connection, later)
        again = claim_export(connection, export, "two", later, 20)
    assert again is not None
    found = read_export(engine, export)
    assert (Reason.MAIL_SERVER_DOWN, 1, rfc3339(later), 2) == (
        found.reason,
        found.tries,
        found.next_at,
        found.fencing,
    )


@pytest.mark.parametrize("start", State)
def test_a_claimed_export_moves_along_the_table_only(engine: Engine, start: State) -> None:
    """Each move of the table is made, and each other one refused, whatever the database holds."""
    made = {end: an_export(engine) for end in State}
    with writing(engine) as connection:
        claims = {end: a_claim(connection, export) for end, export in made.items()}
        connection.execute(exports.update().values(state=start.value))
        for end, claim in claims.items():
            if end in ALLOWED_MOVES[start]:
                move_export(connection, claim, start, end)
            else:
                with pytest.raises(WrongStateError):
                    move_export(connection, claim, start, end)
    expected = {end: end if may_move(start, end) else start for end in State}
    assert expected == {end: read_export(engine, export).state for end, export in made.items()}


def test_a_move_carries_its_values(engine: Engine) -> None:
    """What a move brings along is written with it."""
    export = an_export(engine)
    values: dict[str, Any] = {"built_fencing": 1, "rows": 25, "book_digest": "5e" * 32}
    with writing(engine) as connection:
        move_export(connection, a_claim(connection, export), State.ACCEPTED, State.BUILT, **values)
    found = read_export(engine, export)
    assert (State.BUILT, 1, 25, "5e" * 32) == (
        found.state,
        found.built_fencing,
        found.rows,
        found.book_digest,
    )


def test_a_move_from_another_state_is_a_lost_claim(engine: Engine) -> None:
    """Who thinks that an export is where it isn't any more changes nothing."""
    export = an_export(engine)
    with writing(engine) as connection:
        claim = a_claim(connection, export)
        move_unclaimed(connection, export, State.ACCEPTED, State.CANCELLED)
        with pytest.raises(LostClaimError):
            move_export(connection, claim, State.ACCEPTED, State.BUILT)
    assert State.CANCELLED is read_export(engine, export).state


def test_a_person_moves_an_export_without_a_claim(engine: Engine) -> None:
    """On a person's behalf an export moves from the state that they saw, or the error names its own."""
    export = an_export(engine, state=State.UNKNOWN)
    with writing(engine) as connection:
        move_unclaimed(connection, export, State.UNKNOWN, State.SENT, reason=Reason.ASKED_BY_PERSON.value)
        with pytest.raises(WrongStateError) as thrown:
            move_unclaimed(connection, export, State.UNKNOWN, State.FAILED)
        with pytest.raises(WrongStateError):
            move_unclaimed(connection, export, State.SENT, State.ACCEPTED)
        with pytest.raises(ExportNotFoundError):
            move_unclaimed(connection, str(uuid4()), State.UNKNOWN, State.SENT)
    assert State.SENT is thrown.value.state
    assert Reason.ASKED_BY_PERSON is read_export(engine, export).reason


def test_a_stage_is_shown(engine: Engine) -> None:
    """How far an export is stands in its row."""
    export = an_export(engine)
    with writing(engine) as connection:
        note_stage(connection, a_claim(connection, export), Step.SEALED)
    assert Step.SEALED is read_export(engine, export).stage


def test_a_released_export_is_free_at_once(engine: Engine) -> None:
    """Who comes after a release needn't wait for the lease to end; releasing twice is no error."""
    export = an_export(engine)
    with writing(engine) as connection:
        claim = a_claim(connection, export)
        release_claim(connection, claim)
        release_claim(connection, claim)
        assert 2 == a_claim(connection, export, "two").fencing


def test_states_are_counted(engine: Engine) -> None:
    """The count names each state, those that no export is in as well."""
    for state in (State.ACCEPTED, State.SENT, State.SENT):
        an_export(engine, state=state)
    with reading(engine) as connection:
        expected = dict.fromkeys(State, 0) | {State.ACCEPTED: 1, State.SENT: 2}
        assert expected == exports_by_state(connection)
