"""A vault in memory, the facts that this room's decisions need, and a gate over both."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, select

from audit.entry import Actor, Entry, Resource, SnapshotRef
from audit.tables import ledger_entries
from policies.actions import Action
from policies.fact_groups import Person
from policies.facts import Facts, ImportSnapshotFacts, PublishSnapshotFacts
from policies.gate import Ask, Bound, Gate, Who
from policies.grant import Grant
from policies.rules import PolicySet
from runtime.database import reading
from runtime.objects import DirectoryObjects
from snapshot.facts import incoming_facts, publication_facts
from snapshot.importing import ImportedSnapshot, import_extract
from snapshot.published import PublishedSnapshot, newest_published
from snapshot.publishing import publish
from snapshot.reasons import DriftReason
from snapshot.sources import Source
from tests.factories import a_database
from tests.fakes import PinnedClock
from tests.snapshot.extracts import AS_OF, DATA

OPERATOR = Who(actor=Actor(kind="operator", id="console", role="operator"), client="local:console")


class VaultDownError(Exception):
    """The vault doesn't answer."""


@dataclass(frozen=True, kw_only=True)
class Keys:
    """An attempt's keys and pseudonyms, as the vault gives them."""

    shard: Mapping[str, bytes]
    list: Mapping[str, bytes]
    index: bytes

    year: int = 2026

    @property
    def derive(self) -> Callable[[str, tuple[str, ...]], bytes]:
        """Return what gives a stand-in for each id; ids must be distinct, as for the vault itself."""
        return _stand_ins


@dataclass(frozen=True, kw_only=True)
class PartKeys:
    """What opens one agent's shard and list."""

    shard: bytes
    list: bytes
    index: bytes


class MemoryVault:
    """Derives an attempt's keys from its id, and counts what it was asked."""

    def __init__(self) -> None:
        self.permits: list[int] = []
        self.attempts: list[str] = []
        self.signed = 0
        self.is_down = False

    def import_snapshot(
        self,
        permit: int,
        *,
        attempt: str,
        agents: Sequence[str],
    ) -> Keys:
        """Return keys; agents must be distinct, as for the vault itself."""
        if self.is_down:
            raise VaultDownError("the vault doesn't answer")
        assert len(agents) == len(set(agents))
        self.permits.append(permit)
        self.attempts.append(attempt)
        return Keys(
            shard={agent: _key(attempt, "shard", agent) for agent in agents},
            list={agent: _key(attempt, "list", agent) for agent in agents},
            index=_key(attempt, "index"),
        )

    def keys_of(self, attempt: str, agent: str) -> PartKeys:
        """Return what opens one agent's parts."""
        return PartKeys(
            shard=_key(attempt, "shard", agent),
            list=_key(attempt, "list", agent),
            index=_key(attempt, "index"),
        )

    def sign(self) -> str:
        """Count a signature."""
        self.signed += 1
        return "signed"


def _stand_ins(kind: str, ids: tuple[str, ...]) -> bytes:
    assert len(ids) == len(set(ids))
    return b"".join(_key(kind, each)[:16] for each in ids)


def _key(*parts: str) -> bytes:
    return hashlib.sha256("\0".join(parts).encode()).digest()


class SnapshotFactSource:
    """Facts for imports and publications; the actor's own are those of the console."""

    def lock(self, connection: Connection, actor: Actor) -> None:
        """SQLite's one writer is the lock."""

    def look_up(self, connection: Connection, actor: Actor, ask: Ask, now: datetime) -> tuple[Facts, Bound]:
        """Return what the room knows."""
        person = Person(role=actor.role, disabled=False, idle_days=0, recorded=True)
        if ask.action is Action.IMPORT_SNAPSHOT:
            incoming = incoming_facts(ask.claims["as_of"], now)
            return ImportSnapshotFacts(person=person, incoming=incoming), Bound()
        reason = ask.claims.get("despite_drift")
        publication = publication_facts(connection, ask.resource.id, drift_accepted=reason is not None)
        return PublishSnapshotFacts(person=person, publication=publication), Bound(reason=reason)


class Room:
    """The snapshot room with a real gate, ledger and objects in a folder."""

    def __init__(self, folder: Path) -> None:
        self.engine: Engine = a_database(folder)
        self.objects = DirectoryObjects(folder / "objects")
        self.vault = MemoryVault()
        self.clock = PinnedClock(datetime(2026, 11, 21, 6, tzinfo=UTC))
        self.gate = Gate(self.engine, self.clock, PolicySet.load(), SnapshotFactSource())

    def bring_in(
        self, source: Source | Path = DATA, as_of: datetime = AS_OF, **options: Any
    ) -> ImportedSnapshot:
        """Import an extract."""
        return import_extract(
            source,
            as_of,
            who=OPERATOR,
            gate=self.gate,
            vault=self.vault,
            objects=self.objects,
            **options,
        )

    def publish(self, attempt: str, despite_drift: DriftReason | None = None) -> SnapshotRef:
        """Publish an attempt."""
        return publish(attempt, who=OPERATOR, gate=self.gate, vault=self.vault, despite_drift=despite_drift)

    def newest(self) -> PublishedSnapshot:
        """Return the snapshot in force."""
        with reading(self.engine) as connection:
            newest = newest_published(connection)
        assert newest is not None
        return newest

    def entries(self) -> list[Entry]:
        """Return the ledger."""
        with reading(self.engine) as connection:
            found = connection.execute(select(ledger_entries.c.entry).order_by(ledger_entries.c.index))
            return [Entry.decode(data) for (data,) in found]


def a_grant(ref: SnapshotRef, agent: str, action: Action = Action.BUILD_BOOK) -> Grant:
    """Return a grant for an agent's rows in a snapshot."""
    return Grant(
        action=action,
        actor=Actor(kind="service", id="worker", role="service"),
        resource=Resource(kind="export", id="e1"),
        index=7,
        expires_at=datetime(2026, 11, 21, 7, tzinfo=UTC),
        agent=agent,
        snapshot=ref,
    )
