"""What goes into the gate and what comes out of it other than a permit: who, what, what was found, and no.

Law: a caller says who they are and what they ask for; what a decision rests on comes from the source.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection

from audit.entry import Actor, Draft, Resource, SnapshotRef
from policies.actions import Action
from policies.facts import Facts
from policies.rules import Rule


class UnrecordableError(Exception):
    """The ledger can't record, so access is refused (503); nothing was changed."""


class HaltedError(UnrecordableError):
    """A guard halts the gate, so nothing is released (503) until what it names is mended."""


class OutOfForceError(UnrecordableError):
    """No policy set is in force, so access is refused (503); nothing was changed."""

    def __init__(self) -> None:
        super().__init__("no policy set is in force: two people approve one in the portal, under Policies")


class RefusedError(Exception):
    """A rule refused. `rules` say why and what to do; `decision` is the entry's index."""

    def __init__(self, action: Action, rules: tuple[Rule, ...], draft: Draft) -> None:
        super().__init__(f"{action.value} refused by {', '.join(rule.id for rule in rules)}")
        self.action = action
        self.rules = rules
        self.draft = draft
        self.decision: int | None = None


@dataclass(frozen=True, kw_only=True)
class Who:
    """Who asks, and from where (`client`: a network address or `local:<word>`)."""

    actor: Actor
    client: str


@dataclass(frozen=True, kw_only=True)
class Ask:
    """What is asked for. `claims` are the asker's own words, e.g. purpose or acknowledgement."""

    action: Action
    resource: Resource
    claims: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Bound:
    """What a permit will name, as the source found it."""

    agent: str | None = None
    export: str | None = None
    purpose: str | None = None
    channel: str | None = None
    profile: str | None = None
    fencing: int | None = None
    snapshot: SnapshotRef | None = None
    recipient: str | None = None
    objects: tuple[str, ...] = ()
    reason: str | None = None


class FactSource(Protocol):
    """The gate's only source of facts.

    `lock` comes first in every transaction: with it two requests of one actor can't both
    see "one less than the limit".
    """

    def lock(self, connection: Connection, actor: Actor) -> None:
        """Hold the actor's row until the transaction ends."""
        ...

    def look_up(self, connection: Connection, actor: Actor, ask: Ask, now: datetime) -> tuple[Facts, Bound]:
        """Return the facts of now and what a permit would name."""
        ...
