"""Policy sets as reviewers see them: the one in force, those that wait, and approving one.

Laws
1. A set comes into force when two different people approved it, each with a fresh second factor:
   reviewers, or a reviewer and an operator where no set that this version obeys was adopted (founding,
   upgrade), for a house with one reviewer couldn't invite another then.
2. What is approved is a digest whose files the house holds, whole and fit to be in force.
3. The second approval and the adoption are one transaction; every process obeys within a second.
"""

from __future__ import annotations

import difflib
from contextlib import suppress

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from api.documented import PROBLEMS
from api.errors import PolicyNotFoundError
from api.signed_in import Changer, HouseHere, SignedIn, Visitor
from audit.entry import Resource
from audit.events import Event
from house.policies import Stage
from house.wiring import House
from identity.people import MEMBERS, Role
from policies.actions import Action
from policies.gate import Ask
from policies.rules import PolicySetError, packaged_set, packaged_texts
from runtime.database import reading
from store.people import PersonNotFoundError, person_by_id
from store.policy_sets import KIND, adopted_set, approvers, proposed_sets

router = APIRouter(prefix="/v1/policies", tags=["policies"], responses=PROBLEMS)

APPROVALS = 2
_DIGEST = r"^[0-9a-f]{64}$"
_CONTEXT_LINES = 2


class AskedApproval(BaseModel):
    """Which set to approve: SHA-256 (hex) over its files."""

    digest: str = Field(pattern=_DIGEST)


class ApprovalTold(BaseModel):
    """An approval: how many there are now, and whether the set came into force by it."""

    digest: str
    approvals: int
    adopted: bool


class FileChange(BaseModel):
    """How one file of a set differs from that of the set adopted last, as a unified diff."""

    name: str
    lines: list[str]


class PolicySetTold(BaseModel):
    """A set that waits: who approved it, and how it differs from the one that was adopted last."""

    digest: str
    packaged: bool
    fit: bool
    approved_by: list[str]
    approved_by_me: bool
    changes: list[FileChange]


class PoliciesTold(BaseModel):
    """The set adopted last (None before the first), whether it is in force (`stage`), and those that wait."""

    in_force: str | None
    stage: str
    waiting: list[PolicySetTold]


@router.get("")
def show_policies(visitor: Visitor, house: HouseHere) -> PoliciesTold:
    """List the policy sets, for those who may approve them."""
    return list_policies(house, visitor)


@router.post("/approvals")
def take_approval(body: AskedApproval, visitor: Changer, house: HouseHere) -> ApprovalTold:
    """Approve a policy set; needs a fresh second factor."""
    return approve_policy(house, visitor, body.digest)


def list_policies(house: House, visitor: SignedIn) -> PoliciesTold:
    """Return the list, for JSON and HTML alike; PolicyNotFoundError for agents and managers."""
    if visitor.person.role not in MEMBERS:
        raise PolicyNotFoundError
    is_demo = house.settings.mode == "demo"
    packaged = packaged_set().digest
    with reading(house.engine) as connection:
        adopted = packaged if is_demo else adopted_set(connection)
        proposed = proposed_sets(connection)
        candidates = dict.fromkeys([*proposed, packaged])
        waiting = {one: approvers(connection, one) for one in candidates if one != adopted}
    return PoliciesTold(
        in_force=adopted,
        stage=(Stage.IN_FORCE if is_demo else house.policies.standing().stage).value,
        waiting=[_told(house, visitor, one, people) for one, people in waiting.items()],
    )


def approve_policy(house: House, visitor: SignedIn, digest: str) -> ApprovalTold:
    """Approve a set, for JSON and HTML alike. Raises PolicyNotFoundError, RefusedError."""
    try:
        house.policies.find(digest)
    except PolicySetError:
        raise PolicyNotFoundError from None
    resource = Resource(kind=KIND, id=digest)
    with house.gate.transaction(visitor.who) as tx:
        permit = tx.decide(Ask(action=Action.APPROVE_POLICY, resource=resource))
        roles = [visitor.person.role, *_roles_of(tx.connection, approvers(tx.connection, digest))]
        approved = tx.record(Event.POLICY_APPROVED, Action.APPROVE_POLICY, resource, because=permit)
        is_adopted = len(roles) >= APPROVALS and Role.REVIEWER in roles
        if is_adopted:
            tx.record(Event.POLICY_ADOPTED, Action.APPROVE_POLICY, resource, because=approved)
    if is_adopted:
        house.policies.look_again()
    return ApprovalTold(digest=digest, approvals=len(roles), adopted=is_adopted)


def _roles_of(connection: Connection, people: list[str]) -> list[Role]:
    """Return the roles of those who may still sign in."""
    found = []
    for one in people:
        with suppress(PersonNotFoundError):
            person = person_by_id(connection, one)
            found += [] if person.disabled else [person.role]
    return found


def _told(house: House, visitor: SignedIn, digest: str, people: list[str]) -> PolicySetTold:
    try:
        house.policies.find(digest)
        changes = _changes(house, digest)
        is_fit = True
    except PolicySetError:
        changes, is_fit = [], False
    return PolicySetTold(
        digest=digest,
        packaged=digest == packaged_set().digest,
        fit=is_fit,
        approved_by=people,
        approved_by_me=visitor.person.id in people,
        changes=changes,
    )


def _changes(house: House, digest: str) -> list[FileChange]:
    old, new = _adopted_texts(house), _texts(house, digest)
    changes = []
    for name in sorted(old.keys() | new.keys()):
        before, after = old.get(name, "").splitlines(), new.get(name, "").splitlines()
        lines = difflib.unified_diff(before, after, lineterm="", n=_CONTEXT_LINES)
        changes.append(FileChange(name=name, lines=list(lines)))
    return [change for change in changes if change.lines]


def _adopted_texts(house: House) -> dict[str, str]:
    """Return the files that people approved last, also where this program can't obey them any more."""
    try:
        return _texts(house, house.policies.standing().adopted or house.policy.digest)
    except PolicySetError:
        return packaged_texts()


def _texts(house: House, digest: str) -> dict[str, str]:
    return packaged_texts() if digest == packaged_set().digest else house.policies.texts(digest)
