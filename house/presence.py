"""Two people at the console: what no one person may do alone is done in the presence of two.

Each is a reviewer or an operator of the installation and shows who they are by their password. Both
stand in the ledger, with the command that they were present at; so does who failed to show it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from audit.entry import Actor, Resource
from audit.events import Event, Outcome
from house.founding import CONSOLE
from house.passwords import Passwords
from house.wiring import House
from identity.people import MEMBERS, Person
from policies.gate import Who
from runtime.database import reading
from store.attendance import ATTEND
from store.people import PersonNotFoundError, person_by_username

TOGETHER = 2


class PresenceError(Exception):
    """Two people aren't present; the message says what is wrong and what to do."""


def two_present(
    house: House, usernames: Sequence[str], ask_password: Callable[[Person], str], command: str
) -> tuple[Person, ...]:
    """Return the people present at a command, recorded as such; else raise PresenceError.

    `command` is the id of what they are present at, such as `vault-ceremony`.
    """
    people = two_members(house, usernames)
    for person in people:
        shown = Passwords().is_right(person.password_hash, ask_password(person))
        _record(house, person, command, Outcome.DONE if shown else Outcome.REFUSE)
        if not shown:
            raise PresenceError(f"that isn't the password of {person.username}")
    return people


def two_members(house: House, usernames: Sequence[str]) -> tuple[Person, Person]:
    """Return two different people who are active reviewers or operators; else raise PresenceError."""
    if len(set(usernames)) != len(usernames) or len(usernames) != TOGETHER:
        raise PresenceError("two people have to be present: name both, --present USERNAME twice")
    first, second = (_member(house, username) for username in usernames)
    return first, second


def _member(house: House, username: str) -> Person:
    try:
        with reading(house.engine) as connection:
            person = person_by_username(connection, username)
    except PersonNotFoundError:
        raise PresenceError(f"there is no person {username} here") from None
    if person.role not in MEMBERS or person.disabled:
        raise PresenceError(f"{username} isn't an active reviewer or operator")
    return person


def _record(house: House, person: Person, command: str, outcome: Outcome) -> None:
    actor = Actor(kind="person", id=person.id, role=person.role.value, amr=("pwd",))
    resource = Resource(kind="command", id=command)
    with house.gate.transaction(Who(actor=actor, client=CONSOLE)) as tx:
        tx.record(Event.COMMAND_ISSUED, ATTEND, resource, outcome=outcome)
