"""People and the roles that they act in.

An agent's papers come from the exchange's roster and nowhere else. Dates are valid through
their day in California. A manager is an agent too, with a book of their own. Who is no agent
has papers that say nothing: no licence, and days that no rule takes for valid.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Role(StrEnum):
    """What somebody is to the service; one a person."""

    AGENT = "agent"
    MANAGER = "manager"
    REVIEWER = "reviewer"
    OPERATOR = "operator"


AGENTS = frozenset({Role.AGENT, Role.MANAGER})
"""Who comes by the roster."""

MEMBERS = frozenset({Role.REVIEWER, Role.OPERATOR})
"""Who comes by an invitation alone."""

NEVER = date.min
"""The day that stands for "not at all" in the papers of who is no agent."""


@dataclass(frozen=True, kw_only=True)
class Newcomer:
    """A reviewer or an operator who is to be invited: the mail address is the user name."""

    role: Role
    name: str
    email: str


@dataclass(frozen=True, kw_only=True)
class Papers:
    """What the roster says of an agent: the facts that the agreement's rules ask for."""

    licence: str
    npn: str
    name: str
    email: str
    agency_id: str
    agency_name: str
    role: Role
    title: str
    business_address: str
    licence_status: str
    licence_expires_on: date
    certification_status: str
    certified_on: date
    agreement_version: str
    agreement_signed_on: date
    training_completed_on: date
    attested_on: date
    email_changed_on: date


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody with a place in the house. `id` is opaque and stands in the ledger."""

    id: str
    username: str
    papers: Papers
    roster_at: str
    listed: bool
    password_hash: str | None
    factors_reset_at: str | None
    last_sign_in_at: str | None
    disabled: bool
    joined_at: str | None

    @property
    def role(self) -> Role:
        """The person's one role."""
        return self.papers.role

    @property
    def is_agent(self) -> bool:
        """Whether the roster knows them, as an agent or a manager."""
        return self.role in AGENTS

    @property
    def was_here(self) -> bool:
        """Whether they ever had a password and a second factor: to give them new ones is a reset."""
        return any((self.password_hash, self.joined_at, self.factors_reset_at))
