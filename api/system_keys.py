"""Keys of systems: `/v1/keys`, for managers (their agency's) and operators (the exchange's, and all).

Law: a key stands in the answer that issues it, and nowhere again.
"""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from api.documented import PROBLEMS
from api.signed_in import Changer, HouseHere, SignedIn, Visitor
from house.system_keys import KeyTold, issue_key, keys_of, revoke_key
from house.wiring import House
from store.api_keys import LABEL

router = APIRouter(prefix="/v1/keys", tags=["keys"], responses=PROBLEMS)


class KeyBody(BaseModel):
    """A key without its secret; moments are RFC 3339 in UTC."""

    id: str
    label: str
    agency: str | None = Field(description="whose agents it speaks of; null: the exchange's, of all")
    issued_by: str
    issued_at: str
    expires_at: str
    last_used_at: str | None
    state: str = Field(description="active, expired, revoked, or changed (outside the service: refused)")


class KeyList(BaseModel):
    """Keys, the newest first."""

    items: list[KeyBody]


class AskedKey(BaseModel):
    """A key to issue."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    label: str = Field(pattern=f"^{LABEL}$", description="the system's name: nothing of consumers")


class FreshKey(BaseModel):
    """A key that was issued just now."""

    id: str
    label: str
    key: str = Field(description="shown this once")
    expires_at: str


@router.get("")
def show_keys(visitor: Visitor, house: HouseHere) -> KeyList:
    """List the keys that one answers for."""
    return list_bodies(house, visitor)


@router.post("", status_code=201)
def issue(body: AskedKey, visitor: Changer, house: HouseHere) -> FreshKey:
    """Issue a key; needs a fresh second factor."""
    issued = issue_key(house, visitor.who, body.label)
    return FreshKey(
        id=issued.key.id, label=issued.key.label, key=issued.token, expires_at=issued.key.expires_at
    )


@router.post("/{key}/revoke")
def revoke(key: str, visitor: Changer, house: HouseHere) -> KeyBody:
    """Revoke a key for good; needs a fresh second factor."""
    revoke_key(house, visitor.who, key)
    return next(one for one in list_bodies(house, visitor).items if one.id == key)


def list_bodies(house: House, visitor: SignedIn) -> KeyList:
    """Return the list, for JSON and HTML alike; KeyNotFoundError for agents and reviewers."""
    return KeyList(items=[_body(one) for one in keys_of(house, visitor.person)])


def _body(told: KeyTold) -> KeyBody:
    key = told.key
    return KeyBody(
        id=key.id,
        label=key.label,
        agency=key.agency,
        issued_by=told.issued_by,
        issued_at=key.issued_at,
        expires_at=key.expires_at,
        last_used_at=told.last_used_at,
        state=told.state,
    )
