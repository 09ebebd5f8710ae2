"""Take a person's word that delegations stand which a feed had ended: in the books from the next data on.

Laws
1. Two people are present, as the ledger says, or nothing happens; whatever policy set is in force.
2. What is settled is what was told: where a feed or a publication came between, it is told anew.
3. Permit, rows and entry are one transaction. Data whose cut-off has come withhold as before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from audit.entry import Consumers, Resource, consumers_root, new_salt
from audit.events import Event
from house.presence import TOGETHER, PresenceError
from house.wiring import House
from policies.actions import Action
from policies.gate import Ask, Who
from runtime.clock import parse_rfc3339, rfc3339
from runtime.database import hold, reading
from snapshot.calendar import next_cutoff
from snapshot.ended import settle, still_held
from snapshot.published import newest_row
from store.attendance import CONFIRM_COMMAND, present_at

RESOURCE_KIND = "confirmation"


class ConfirmationError(Exception):
    """What was to be confirmed isn't what was told; the message says what to do."""


@dataclass(frozen=True, kw_only=True)
class Confirmable:
    """How many consumers of an agent the data of `as_of` hold although their delegations had ended.

    Once confirmed, data of `stands_from` and later don't withhold them for that. `as_of` is None before
    the first publication.
    """

    agent: str
    consumers: int
    as_of: datetime | None
    stands_from: datetime


def present_to_confirm(agent: str) -> str:
    """Return the id of the command at which two people are present to confirm an agent's delegations."""
    return f"{CONFIRM_COMMAND}:{agent}"


def find_confirmable(house: House, agent: str) -> Confirmable:
    """Return what could be confirmed of an agent now."""
    with reading(house.engine) as connection:
        return _find(connection, agent, house.clock.now())


def confirm_delegations(house: House, who: Who, told: Confirmable) -> None:
    """Settle what was told. Raises PresenceError, ConfirmationError, RefusedError; then nothing happened."""
    agent = told.agent
    with house.gate.transaction(who) as tx:
        hold(tx.connection, f"agent:{agent}")
        now = house.clock.now()
        if len(present_at(tx.connection, present_to_confirm(agent), now)) < TOGETHER:
            raise PresenceError("two people have to be present, within the last minutes")
        if not told.consumers or _find(tx.connection, agent, now) != told:
            raise ConfirmationError("what can be confirmed has changed meanwhile; give the command again")
        moment = rfc3339(now)
        resource = Resource(kind=RESOURCE_KIND, id=f"{agent}:{moment}")
        ask = Ask(action=Action.END_DELEGATIONS, resource=resource, claims={"agents": (agent,)})
        permit = tx.decide(ask)
        settled, salt = settle(tx.connection, agent, moment), new_salt()
        root = consumers_root(salt, settled.names).hex()
        tx.record(
            Event.DELEGATION_CONFIRMED,
            Action.END_DELEGATIONS,
            resource,
            because=permit,
            salt=salt,
            agent=agent,
            consumers=Consumers(count=settled.consumers, withheld=0, root=root),
        )


def _find(connection: Connection, agent: str, now: datetime) -> Confirmable:
    newest = newest_row(connection)
    held = next(iter(still_held(connection, agent)), None)
    return Confirmable(
        agent=agent,
        consumers=0 if held is None else held.consumers,
        as_of=None if newest is None else parse_rfc3339(newest["as_of"]),
        stands_from=next_cutoff(now),
    )
