"""People's records: what a decision rests on is under the digest, or bounded by the ledger."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, func, select

from audit.entry import Actor, Draft, Resource
from audit.events import Event, Outcome
from audit.ledger import Ledger
from house.invitations import draw_invitation
from identity.invitations import Kind
from identity.roster import read_roster
from runtime.clock import rfc3339
from runtime.database import writing
from store.invitations import invitation_by_id, keep_invitation, note_accepted, note_approved
from store.people import keep_roster, keep_sign_in
from store.records import KEY_BYTES, Records
from store.tables import invitations, people
from tests.factories import a_database
from tests.fakes import PinnedClock
from tests.installation import DATA, SATURDAY
from tests.store.makers import AGENT

RECORDS = Records(bytes(range(KEY_BYTES)))
CONSOLE = Actor(kind="operator", id="console", role="operator")
LATER = "2027-01-01T00:00:00.000000Z"


def told(connection: Connection, event: Event, resource: Resource, actor: Actor, **fields: Any) -> None:
    """Append an entry."""
    draft = Draft(
        event=event,
        outcome=Outcome.DONE,
        actor=actor,
        client="local:console",
        action="ManagePeople",
        resource=resource,
        **fields,
    )
    Ledger(PinnedClock(SATURDAY)).append(connection, [draft])


def take_down(connection: Connection, *persons: str) -> None:
    """Have the ledger take some people's records down."""
    for person, record in RECORDS.of_all(connection, persons).items():
        told(connection, Event.PERSON_RECORDED, Resource(kind="person", id=person), CONSOLE, record=record)


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    """A write transaction on a database whose people came by a roster, as the ledger tells."""
    engine: Engine = a_database(tmp_path)
    with writing(engine) as opened:
        taken = keep_roster(opened, read_roster((DATA / "roster.csv").read_bytes()), SATURDAY)
        told(opened, Event.ROSTER_IMPORTED, Resource(kind="roster", id="r"), CONSOLE)
        take_down(opened, *taken.changed)
        yield opened
    engine.dispose()


def id_of(connection: Connection, licence: str = AGENT) -> str:
    """Return an agent's id."""
    return str(connection.execute(select(people.c.id).where(people.c.licence == licence)).scalar_one())


def an_invitation(connection: Connection, person: str) -> str:
    """Keep an invitation and take the record down; return its id."""
    made, _code = draw_invitation(person, Kind.JOIN, SATURDAY, seconds=7200, approved=False)
    keep_invitation(connection, made)
    take_down(connection, person)
    return made.id


def test_what_came_by_a_roster_is_sound(connection: Connection) -> None:
    """Everybody whose record the ledger has is sound, one by one and together; nobody is nobody."""
    assert [] == RECORDS.unsound(connection)
    assert RECORDS.are_sound(connection, [people.c.id == id_of(connection), people.c.licence == "0C86404"])
    assert RECORDS.are_sound(connection, [people.c.id == "nobody"])
    with pytest.raises(LookupError):
        RECORDS.of(connection, "nobody")


@pytest.mark.parametrize("column", [name for name in people.c.keys() if name != "id"])  # noqa: SIM118 - names
def test_whichever_column_is_edited_it_is_found(connection: Connection, column: str) -> None:
    """An edit of any one column makes the person unsound, and nobody else."""
    person = id_of(connection)
    edited = {"disabled": True, "listed": False}.get(column, LATER)
    connection.execute(people.update().where(people.c.id == person).values({column: edited}))

    assert [person] == RECORDS.unsound(connection)
    assert not RECORDS.are_sound(connection, [people.c.id == person])


def test_an_older_record_does_not_count(connection: Connection) -> None:
    """A row put back to what an older entry told of is unsound: the newest entry counts."""
    person = id_of(connection)
    mine = people.update().where(people.c.id == person)
    connection.execute(mine.values(disabled=True))
    take_down(connection, person)
    assert [] == RECORDS.unsound(connection)

    connection.execute(mine.values(disabled=False))
    assert [person] == RECORDS.unsound(connection)


def test_another_key_makes_other_digests(connection: Connection) -> None:
    """Without the key nobody makes a digest that fits; keys have 256 bits."""
    assert 24 == len(Records(bytes(KEY_BYTES)).unsound(connection))
    with pytest.raises(ValueError, match="32 bytes"):
        Records(b"short")


def test_a_feed_has_a_name_that_nobody_guesses() -> None:
    """It is the same for the same bytes, and another under another key."""
    digest = hashlib.sha256(b"0B65625,1234567890,2026-11-20").hexdigest()
    assert RECORDS.feed(digest) == Records(bytes(range(KEY_BYTES))).feed(digest)
    assert 3 == len({digest, RECORDS.feed(digest), Records(bytes(KEY_BYTES)).feed(digest)})


def test_a_person_of_whom_no_entry_tells_is_unsound(connection: Connection) -> None:
    """A row that was added by hand opens nothing."""
    copied = dict(connection.execute(select(people).where(people.c.licence == AGENT)).one()._mapping)
    connection.execute(people.insert().values(copied | {"id": "p-new", "username": "new", "licence": "0Z0"}))
    assert ["p-new"] == RECORDS.unsound(connection)


@pytest.mark.parametrize(
    "edited", [{"approved_at": LATER}, {"code_digest": "ab" * 32}, {"expires_at": LATER}]
)
def test_an_edited_invitation_makes_its_person_unsound(
    connection: Connection, edited: dict[str, str]
) -> None:
    """What opens an account is part of the record: who may approve, the code, and until when."""
    person = id_of(connection)
    invitation = an_invitation(connection, person)
    assert [] == RECORDS.unsound(connection)

    connection.execute(invitations.update().where(invitations.c.id == invitation).values(edited))
    assert [person] == RECORDS.unsound(connection)


def test_a_planted_invitation_makes_its_person_unsound(connection: Connection) -> None:
    """An invitation that no entry tells of opens nothing."""
    person = id_of(connection)
    made, _code = draw_invitation(person, Kind.JOIN, SATURDAY, seconds=7200, approved=True)
    keep_invitation(connection, made)
    assert [person] == RECORDS.unsound(connection)


def test_accepting_leaves_the_record_as_it_is_and_approving_does_not(connection: Connection) -> None:
    """Who accepts shows a code, and nothing is opened by it; an approval has to be told of."""
    person = id_of(connection)
    invitation = an_invitation(connection, person)
    before = RECORDS.of(connection, person)
    assert note_approved(connection, invitation, SATURDAY)
    approved = RECORDS.of(connection, person)
    assert before != approved

    assert note_accepted(connection, invitation_by_id(connection, invitation), "a-hash", SATURDAY)
    assert approved == RECORDS.of(connection, person)


def test_moments_are_bounded_by_the_ledger(connection: Connection) -> None:
    """A sign-in counts once an entry tells of it; a roster isn't newer than the ledger's newest."""
    person = id_of(connection)
    keep_sign_in(connection, person, SATURDAY)
    assert [person] == RECORDS.unsound(connection)

    actor = Actor(kind="person", id=person, role="agent")
    told(connection, Event.SESSION_STARTED, Resource(kind="session", id="ab" * 32), actor)
    assert [] == RECORDS.unsound(connection)
    connection.execute(people.update().values(roster_at=LATER))
    count = connection.execute(select(func.count()).select_from(people)).scalar_one()
    assert count == len(RECORDS.unsound(connection))


def test_who_left_the_roster_cannot_be_made_to_stand_in_it(connection: Connection) -> None:
    """Of who left, the old date is part of the record, and that they left."""
    roster = read_roster((DATA / "roster.csv").read_bytes())
    gone = [papers for papers in roster if papers.licence != AGENT]
    taken = keep_roster(connection, gone, SATURDAY)
    person = id_of(connection)
    assert (person,) == taken.changed
    take_down(connection, person)
    assert [] == RECORDS.unsound(connection)

    connection.execute(people.update().where(people.c.id == person).values(roster_at=rfc3339(SATURDAY)[:-1]))
    assert [person] == RECORDS.unsound(connection)
    connection.execute(people.update().where(people.c.id == person).values(roster_at=rfc3339(SATURDAY)))
    assert [] == RECORDS.unsound(connection)
    connection.execute(people.update().where(people.c.id == person).values(listed=True))
    assert [person] == RECORDS.unsound(connection)


def test_a_roster_leaves_unsound_people_alone(connection: Connection) -> None:
    """To take their papers over would take over what else was changed; they are counted."""
    person = id_of(connection)
    connection.execute(people.update().where(people.c.id == person).values(agency_id="A1"))
    unsound = frozenset(RECORDS.unsound(connection))

    taken = keep_roster(connection, read_roster((DATA / "roster.csv").read_bytes()), SATURDAY, unsound)

    assert (0, 23, 1, ()) == (taken.added, taken.known, taken.left, taken.changed)
    assert "A1" == connection.execute(select(people.c.agency_id).where(people.c.id == person)).scalar_one()


@pytest.mark.embedded
def test_a_comparison_is_one_look_up(connection: Connection) -> None:
    """Rows, invitations and what the ledger has of them come with one statement, by indexes alone."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        asked.append((statement, parameters))

    event.listen(connection, "before_cursor_execute", note)
    RECORDS.are_sound(connection, [people.c.id == "x", people.c.licence == "y"])
    event.remove(connection, "before_cursor_execute", note)

    ((statement, parameters),) = asked
    plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
    assert [] == [line for line in map(str, plan) if "SCAN" in line]
