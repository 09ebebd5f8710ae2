"""What a form sent: its fields, who sent it, and the proof that it was their own doing.

Laws
1. A form is `application/x-www-form-urlencoded`, UTF-8, each field once; anything else is
   bad input. Nothing typed is ever put into an address.
2. A form of a signed-in person carries the session's token in the field `csrf`; it is
   compared in constant time, like the header of the JSON calls.
3. Where a second factor must be fresh the form has a field for a code; a wrong code is an
   error at that field and the rest of the form stays as typed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Depends, HTTPException, Request
from pydantic import SecretStr

from api.sessions import StepUp, step_up
from api.signed_in import HouseHere, SignedIn, prove_own, signed_in, watching
from house.wiring import House
from policies.actions import Action
from policies.gate import RefusedError
from runtime.clock import parse_rfc3339

MOST_FIELDS = 40
CODE_NEEDED = "Enter the six digits that your authenticator app shows now."
CODE_WRONG = "That code isn’t right. Wait for the next one, then enter it."
_FORM = "application/x-www-form-urlencoded"
_EARLY = timedelta(seconds=20)
_CODE_MAX = 32


async def read_fields(request: Request) -> Mapping[str, str]:
    """Return a form's fields, or raise 422. They stay on the request, for the page of a failure."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await request.body()
    if body and kind != _FORM:
        raise HTTPException(422)
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError:
        raise HTTPException(422) from None
    fields = dict(pairs)
    if len(fields) != len(pairs) or any("\0" in value for value in fields.values()):
        raise HTTPException(422)
    request.state.fields = fields
    return fields


Fields = Annotated[Mapping[str, str], Depends(read_fields)]


@dataclass(frozen=True, kw_only=True)
class Posted:
    """A form that a signed-in person sent themselves."""

    visitor: SignedIn
    fields: Mapping[str, str]

    def get(self, name: str) -> str:
        """Return a field without the blanks around it; empty when it wasn't sent."""
        return self.fields.get(name, "").strip()


def read_posted(fields: Fields, request: Request, house: HouseHere) -> Posted:
    """Return a form with its sender, or raise SignedOutError or ForgedCallError."""
    visitor = signed_in(watching(request, house), house)
    prove_own(visitor, fields.get("csrf", ""))
    return Posted(visitor=visitor, fields=fields)


Form = Annotated[Posted, Depends(read_posted)]


def needs_code(house: House, visitor: SignedIn) -> bool:
    """Tell whether a form should ask for a code, since the last one isn't fresh (or soon won't be)."""
    fresh = timedelta(seconds=house.policy.numbers.mfa_fresh_seconds)
    return house.clock.now() - parse_rfc3339(visitor.session.mfa_at) > fresh - _EARLY


def take_code(house: House, posted: Posted) -> str:
    """Make the second factor fresh where it must be; return the error at the field, or nothing."""
    code = posted.get("totp")
    if not code:
        return CODE_NEEDED if needs_code(house, posted.visitor) else ""
    if len(code) > _CODE_MAX:
        return CODE_WRONG
    try:
        step_up(StepUp(totp=SecretStr(code)), posted.visitor, house)
    except RefusedError as refused:
        if refused.action is Action.SIGN_IN:
            return CODE_WRONG
        raise
    return ""
