"""Keys of systems in the database: kept by digest, found by the whole key, under a keyed digest."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select

from audit.entry import Actor, Draft, Resource
from audit.events import Event, Outcome
from audit.ledger import Ledger
from identity.people import Role
from policies.actions import Action
from policies.facts import EndDelegationsFacts, ManageKeysFacts
from policies.gate import Ask
from policies.rules import PolicySet
from runtime.clock import rfc3339
from runtime.database import writing
from store.api_keys import (
    KEY_KIND,
    KeyState,
    find_key,
    keep_key,
    last_uses,
    list_keys,
    new_key,
    note_revoked,
    shown_key,
)
from store.key_records import KeyRecords
from store.people import keep_member, person_by_licence
from store.system_facts import SystemFacts, is_theirs
from store.tables import api_keys, people
from tests.fakes import PinnedClock
from tests.installation import SATURDAY

NUMBERS = PolicySet.load().numbers
RECORDS = KeyRecords(bytes(32))
FACTS = SystemFacts(NUMBERS)
MANAGER, OF_HER_AGENCY, OUTSIDER = "0C86404", "0E54140", "0I87223"
DAY = timedelta(days=1)


@pytest.fixture
def connection(engine: Any) -> Iterator[Connection]:
    """A write transaction on a database that knows the test roster."""
    with writing(engine) as opened:
        yield opened


def a_key(connection: Connection, *, licence: str | None = MANAGER, label: str = "Desk") -> tuple[str, str]:
    """Keep a key of a manager's agency, or one that the console issued; return its id and the key."""
    key, token = new_key()
    issuer, agency = "console", None
    if licence is not None:
        person = person_by_licence(connection, licence)
        issuer, agency = person.id, person.papers.agency_id
    keep_key(connection, key, token, label=label, issuer=issuer, agency=agency, now=SATURDAY, days=365)
    return key, token


def told(connection: Connection, key: str, event: Event, **fields: Any) -> None:
    """Have the ledger tell something of a key."""
    draft = Draft(
        event=event,
        outcome=fields.pop("outcome", Outcome.DONE),
        actor=fields.pop("actor", Actor(kind="operator", id="console", role="operator")),
        client="local:console",
        action="ManageKeys",
        resource=Resource(kind=KEY_KIND, id=key),
        **fields,
    )
    Ledger(PinnedClock(SATURDAY)).append(connection, [draft])


def facts_of(
    connection: Connection, key: str, *agents: str, days: float = 0, **claims: Any
) -> EndDelegationsFacts:
    """Return the facts of a system that posts a feed, some days after its key was issued."""
    actor = Actor(kind="system", id=key, role="system", session="ab" * 32)
    ask = Ask(
        action=Action.END_DELEGATIONS,
        resource=Resource(kind="feed", id="f"),
        claims={"agents": agents or (OF_HER_AGENCY,)} | claims,
    )
    return FACTS.end_delegations(connection, actor, ask, SATURDAY + days * DAY)[0]


def test_a_key_is_found_by_itself_alone(connection: Connection) -> None:
    """Of the key the row has a digest; another secret under the same id, or a cut one, finds nothing."""
    key, token = a_key(connection)
    found = shown_key(connection, token)
    assert found == find_key(connection, key)
    assert token not in str(connection.execute(select(api_keys)).all())
    for other in (f"sbk_{key}_{new_key()[1][21:]}", token[:-1], f"{token}\n", token.upper(), "", key):
        assert shown_key(connection, other) is None
    assert find_key(connection, "nothing") is None


def test_a_thousand_keys_differ(connection: Connection) -> None:
    """Ids and secrets are drawn, the whole in the one form that is read."""
    drawn = [new_key() for _ in range(1000)]
    assert 1000 == len({token[21:] for _key, token in drawn}) == len({key for key, _token in drawn})
    assert {64} == {len(token) for _key, token in drawn}
    assert shown_key(connection, drawn[0][1]) is None


def test_a_key_ends_and_is_revoked_once(connection: Connection) -> None:
    """Its end is exclusive; what was revoked stays so, from the first time on."""
    key, token = a_key(connection)
    found = shown_key(connection, token)
    assert found is not None
    assert KeyState.ACTIVE is found.state(SATURDAY + 365 * DAY - timedelta(seconds=1))
    assert KeyState.EXPIRED is found.state(SATURDAY + 365 * DAY)
    assert [True, False] == [note_revoked(connection, key, SATURDAY + one * DAY) for one in (1, 2)]
    revoked = find_key(connection, key)
    assert revoked is not None
    assert (KeyState.REVOKED, rfc3339(SATURDAY + DAY)) == (revoked.state(SATURDAY), revoked.revoked_at)


def test_keys_are_listed_by_agency(connection: Connection) -> None:
    """The newest first; without an agency all."""
    mine, _ = a_key(connection)
    exchanges, _ = a_key(connection, licence=None)
    agency = person_by_licence(connection, MANAGER).papers.agency_id
    assert [mine] == [key.id for key in list_keys(connection, agency)]
    assert {mine, exchanges} == {key.id for key in list_keys(connection)}


def test_whose_a_key_is(connection: Connection) -> None:
    """The managers' of the agency, its issuer's, and every operator's; nobody else's."""
    key = find_key(connection, a_key(connection)[0])
    exchanges = find_key(connection, a_key(connection, licence=None)[0])
    assert key is not None
    assert exchanges is not None
    manager, agent = (person_by_licence(connection, one) for one in (MANAGER, OF_HER_AGENCY))
    another = person_by_licence(connection, "0E19721")
    assert [True, False, False] == [is_theirs(key, one) for one in (manager, agent, another)]
    assert not is_theirs(exchanges, manager)
    assert is_theirs(key, None)


@pytest.mark.parametrize("column", [name for name in api_keys.c.keys() if name != "id"])  # noqa: SIM118 - names
def test_whichever_column_is_edited_it_is_found(connection: Connection, column: str) -> None:
    """An edit of any one column makes the key unsound, and no other; so does the lack of an entry."""
    key, other = a_key(connection)[0], a_key(connection)[0]
    assert sorted([key, other]) == RECORDS.unsound(connection)
    for one in (key, other):
        told(connection, one, Event.APIKEY_ISSUED, record=RECORDS.of(connection, one))
    assert [] == RECORDS.unsound(connection)
    assert RECORDS.is_sound(connection, "nothing")

    connection.execute(api_keys.update().where(api_keys.c.id == key).values({column: "2099"}))
    assert [key] == RECORDS.unsound(connection)
    assert not RECORDS.is_sound(connection, key)
    with pytest.raises(LookupError):
        RECORDS.of(connection, "nothing")


def test_a_revoked_row_put_back_is_found(connection: Connection) -> None:
    """The newest entry counts, and not the one of the issue."""
    key, _ = a_key(connection)
    told(connection, key, Event.APIKEY_ISSUED, record=RECORDS.of(connection, key))
    note_revoked(connection, key, SATURDAY)
    told(connection, key, Event.APIKEY_REVOKED, record=RECORDS.of(connection, key))
    assert RECORDS.is_sound(connection, key)
    connection.execute(api_keys.update().values(revoked_at=None))
    assert not RECORDS.is_sound(connection, key)


def test_uses_are_what_the_ledger_tells(connection: Connection) -> None:
    """Permits count, refusals don't; idle days count from the last one, before that from the issue."""
    key, _ = a_key(connection)
    system = Actor(kind="system", id=key, role="system", session="ab" * 32)
    said: dict[str, Any] = {"actor": system, "rules": (), "policy": "ab" * 32, "facts": "ab" * 32}
    told(connection, key, Event.DELEGATION_REQUESTED, outcome=Outcome.REFUSE, **said)
    assert {} == last_uses(connection, [key])
    facts = facts_of(connection, key, days=61)
    assert (61, 0) == (facts.person.idle_days, facts.feed.feeds_24h)
    permit = {"outcome": Outcome.PERMIT, "expires": rfc3339(SATURDAY + DAY)}
    told(connection, key, Event.DELEGATION_REQUESTED, **said, **permit)
    assert {key} == last_uses(connection, [key, "another"]).keys()
    assert 1 == facts_of(connection, key, days=0.5).feed.feeds_24h
    assert 0 == facts_of(connection, key, days=1.5).feed.feeds_24h


def test_a_feed_is_within_its_agency_or_it_isnt(connection: Connection) -> None:
    """One agent of another agency, one unknown, or none at all is outside; the exchange's key has all."""
    key, exchanges = a_key(connection)[0], a_key(connection, licence=None)[0]
    for agents, is_within in (
        ((OF_HER_AGENCY, MANAGER, MANAGER), True),
        ((OF_HER_AGENCY, OUTSIDER), False),
        ((OF_HER_AGENCY, "0X00000"), False),
        (tuple(f"0X{n:05}" for n in range(1200)), False),
    ):
        assert is_within is facts_of(connection, key, *agents).feed.within_scope
        assert facts_of(connection, exchanges, *agents).feed.within_scope
    assert not facts_of(connection, key, agents=()).feed.within_scope


def test_the_facts_of_a_key_and_its_issuer(connection: Connection) -> None:
    """Known, revoked, ended; its issuer stands as long as they are a manager of that agency, and listed."""
    key, _ = a_key(connection)
    sound = facts_of(connection, key)
    assert (True, False, False, True) == tuple(vars(sound.key).values())
    assert (False, False) == (sound.person.disabled, sound.session.current)
    assert facts_of(connection, key, days=365).key.expired
    nobodys = facts_of(connection, "0" * 16)
    assert (False, False, False, False) == tuple(vars(nobodys.key).values())
    assert not nobodys.feed.within_scope

    mine = people.update().where(people.c.licence == MANAGER)
    connection.execute(mine.values(agency_id="AG0009"))
    assert not facts_of(connection, key).key.issuer_stands
    connection.execute(mine.values(agency_id="AG0002", role="agent"))
    assert not facts_of(connection, key).key.issuer_stands
    connection.execute(mine.values(role="manager", listed=False))
    assert facts_of(connection, key).person.disabled
    note_revoked(connection, key, SATURDAY)
    assert facts_of(connection, key).key.revoked
    assert facts_of(connection, a_key(connection, licence=None)[0]).key.issuer_stands


def test_an_operators_key_goes_with_the_operator(connection: Connection) -> None:
    """Who is a reviewer now issued nothing that counts."""
    operator = keep_member(connection, Role.OPERATOR, "o@x.example", "O", "o@x.example", SATURDAY)
    key, token = new_key()
    keep_key(connection, key, token, label="X", issuer=operator, agency=None, now=SATURDAY, days=1)
    assert facts_of(connection, key).key.issuer_stands
    connection.execute(people.update().where(people.c.id == operator).values(role="reviewer"))
    assert not facts_of(connection, key).key.issuer_stands


def test_a_manager_without_agency_has_no_keys(connection: Connection) -> None:
    """Neither to issue, nor those of others who have none either."""
    manager = person_by_licence(connection, MANAGER)
    actor = Actor(kind="person", id=manager.id, role="manager", session="ab" * 32)

    def is_own(key: str, **claims: Any) -> bool:
        ask = Ask(action=Action.MANAGE_KEYS, resource=Resource(kind=KEY_KIND, id=key), claims=claims)
        facts: ManageKeysFacts = FACTS.manage_keys(connection, actor, ask, SATURDAY)[0]
        return facts.keyring.own

    exchanges, another = a_key(connection, licence=None)[0], a_key(connection, licence="0E19721")[0]
    assert [True, True, False, False, False] == [
        is_own("0" * 16, fresh=True),
        is_own(a_key(connection)[0]),
        is_own(exchanges),
        is_own(another),
        is_own("0" * 16),
    ]
    connection.execute(people.update().where(people.c.id == manager.id).values(agency_id=""))
    connection.execute(api_keys.update().where(api_keys.c.id == another).values(agency=""))
    assert [False, False] == [is_own("0" * 16, fresh=True), is_own(another)]
