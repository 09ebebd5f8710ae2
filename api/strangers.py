"""A sign-in under a name that nobody has: counted, and refused as any failed sign-in is."""

from __future__ import annotations

from typing import NoReturn

from sqlalchemy.exc import SQLAlchemyError

from audit.entry import Draft, Resource
from audit.errors import LedgerError
from audit.events import Event, Outcome
from audit.ledger import Ledger
from house.wiring import House
from policies.actions import Action
from policies.decide import UNPERMITTED
from policies.gate import RefusedError, UnrecordableError, Who
from runtime.database import writing
from store.strangers import count_stranger


def refuse_stranger(house: House, who: Who) -> NoReturn:
    """Count the try, then raise RefusedError.

    Where the ledger couldn't take an entry it is UnrecordableError, as for everybody: an entry is
    appended and taken back, so that neither answer nor time tells who is known.
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
    raise RefusedError(Action.SIGN_IN, (UNPERMITTED,), refused)
