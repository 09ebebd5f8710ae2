"""Who nobody is: a sign-in under an unknown name, a key that isn't good. Counted, and refused alike."""

from __future__ import annotations

from typing import NoReturn

from sqlalchemy.exc import SQLAlchemyError

from api.errors import BadKeyError
from audit.entry import Actor, Draft, Resource
from audit.errors import LedgerError
from audit.events import Event, Outcome
from audit.ledger import Ledger
from house.wiring import House
from policies.actions import Action
from policies.decide import UNPERMITTED
from policies.gate import RefusedError, UnrecordableError, Who
from runtime.database import writing
from store.strangers import count_stranger

_NOBODY = Actor(kind="stranger", id="unknown", role="stranger")


def refuse_stranger(house: House, who: Who) -> NoReturn:
    """Count the try, then raise RefusedError, or UnrecordableError as `_count` does."""
    raise RefusedError(Action.SIGN_IN, (UNPERMITTED,), _count(house, who))


def refuse_key(house: House, client: str) -> NoReturn:
    """Count a key that isn't good, whatever is wrong with it, then raise BadKeyError or UnrecordableError."""
    _count(house, Who(actor=_NOBODY, client=client))
    raise BadKeyError


def _count(house: House, who: Who) -> Draft:
    """Count a try; raise UnrecordableError where the ledger couldn't take an entry, as for everybody.

    An entry is appended and taken back, so that neither answer nor time tells who is known.
    """
    refused = Draft(
        event=Event.SESSION_REQUESTED,
        outcome=Outcome.REFUSE,
        actor=who.actor,
        client=who.client,
        action=Action.SIGN_IN.value,
        resource=Resource(kind="person", id=who.actor.id),
        rules=(UNPERMITTED.id,),
        policy=house.policy.digest,
    )
    now = house.clock.now()
    try:
        with writing(house.engine) as connection:
            count_stranger(connection, who.client, now)
            trial = connection.begin_nested()
            Ledger(house.clock).append(connection, [refused])
            trial.rollback()
    except (SQLAlchemyError, LedgerError) as error:
        raise UnrecordableError(f"the ledger can't record ({type(error).__name__})") from None
    return refused
