"""Who posts for an agency: a person with a session, or a system with its key.

Laws
1. A key comes as `Authorization: Bearer`, in no address and no body. It needs no CSRF token, since no
   browser sends it by itself; beside a session's cookie it is refused, whosever that is.
2. A key that isn't good is 401, the same for every reason, counted and answered on the same beat as a
   failed sign-in.
3. What a key may do the gate says, at each call, from the ledger and the roster of now.
"""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Header, Request, Security
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer

from api.errors import TwoIdentitiesError
from api.signed_in import COOKIE, HouseHere, client_of, prove_own, signed_in, watching
from api.strangers import refuse_key
from audit.entry import Actor
from house.wiring import House
from policies.gate import Who
from runtime.database import reading
from store.api_keys import KeyState, shown_key
from store.system_facts import SYSTEM

SYSTEM_KEY: Final = HTTPBearer(
    scheme_name="SystemKey",
    bearerFormat="sbk_<id>_<secret>",
    description="A system's key: issued by a manager for their agency, by an operator for the exchange.",
    auto_error=False,
)
SESSION: Final = APIKeyCookie(
    name=COOKIE,
    scheme_name="Session",
    description="The session of `POST /v1/sessions`; what changes something carries `X-CSRF-Token` besides.",
    auto_error=False,
)


def sender(
    request: Request,
    house: HouseHere,
    key: Annotated[HTTPAuthorizationCredentials | None, Security(SYSTEM_KEY)],
    session: Annotated[str | None, Security(SESSION)],
    x_csrf_token: Annotated[str, Header(max_length=200)] = "",
) -> Who:
    """Return who posts. Raises SignedOutError, ForgedCallError, BadKeyError and TwoIdentitiesError."""
    if key is None:
        visitor = signed_in(watching(request, house), house)
        prove_own(visitor, x_csrf_token)
        return visitor.who
    if session is not None:
        raise TwoIdentitiesError
    return known_system(house, key.credentials, client_of(request))


Sender = Annotated[Who, Security(sender)]


def known_system(house: House, token: str, client: str) -> Who:
    """Return the system whose key this is, or raise BadKeyError."""
    with reading(house.engine) as connection:
        key = shown_key(connection, token)
    if key is None or key.state(house.clock.now()) is not KeyState.ACTIVE:
        refuse_key(house, client)
    return Who(actor=Actor(kind=SYSTEM, id=key.id, role=SYSTEM, session=key.digest), client=client)
