"""What must be known of a system, its key and its feed, and of who issues and revokes such keys."""

from __future__ import annotations

from dataclasses import dataclass

from policies.fact_groups import Person, Session


@dataclass(frozen=True, kw_only=True)
class Key:
    """The key that a system shows.

    `issuer_stands`: who issued it is here still and answers for the key's agency, or operates the
    service where the key is the exchange's. Of people and of the console, who have none: `known` and
    `issuer_stands` True, the others False.
    """

    known: bool
    revoked: bool
    expired: bool
    issuer_stands: bool


@dataclass(frozen=True, kw_only=True)
class Feed:
    """A feed of ended delegations, and how many this key had permitted in the last 24 hours.

    `within_scope`: every agent in it belongs to the key's agency. Of the exchange's keys, and of
    people and the console, it is always True; those have no count either: 0.
    """

    within_scope: bool
    feeds_24h: int


@dataclass(frozen=True, kw_only=True)
class Keyring:
    """`own`: a key to issue would be of the actor's own agency or exchange, one to revoke is theirs."""

    own: bool


@dataclass(frozen=True, kw_only=True)
class EndDelegationsFacts:
    """EndDelegations; at the operator's console `session` is as ReadLedgerFacts says.

    Where a system asks, `person` is who issued its key, with the days that the key was idle, and there
    is no session.
    """

    person: Person
    session: Session
    key: Key
    feed: Feed


@dataclass(frozen=True, kw_only=True)
class ManageKeysFacts:
    """ManageKeys, to issue a key or to revoke one; at the console `session` is as ReadLedgerFacts says."""

    person: Person
    session: Session
    keyring: Keyring
