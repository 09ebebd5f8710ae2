"""Open an installation: settings in, a house of connected rooms out.

Each process opens its own, after any fork. Kinds of process differ by the credential with
which the vault knows them and by what they hold besides.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

from celery import Celery
from sqlalchemy import Engine

from audit.reader import LedgerReader
from book.keymint import KeyMint
from delivery.smtp import MailRoad
from house.anchoring import guard_of
from house.guards import ClockGuard, DiskGuard, Guards
from house.policies import FOUNDING_ACTIONS, Policies, Stage, standing_key
from house.snapshots import HouseSnapshots
from policies.gate import FactSource, Gate
from policies.rules import PolicySet
from runtime.broker import make_queue
from runtime.clock import HouseClock
from runtime.database import open_database
from runtime.objects import DirectoryObjects
from runtime.reserve import Reserve
from runtime.settings import Settings, WorkerSettings
from runtime.skew import ClockWatch
from store.comparing import ComparedFacts
from store.facts import HouseFacts
from store.records import Records
from vault.client import VaultClient

_ORPHAN_SECONDS = 86400.0


@dataclass(frozen=True)
class House:
    """An open installation, as one kind of caller (`api`, `worker`, `operator`) has it."""

    settings: Settings
    caller: str

    @cached_property
    def engine(self) -> Engine:
        """The database."""
        return open_database(self.settings.database)

    @cached_property
    def clock(self) -> HouseClock:
        """The installation's clock."""
        return self.settings.clock()

    @cached_property
    def policies(self) -> Policies:
        """The policy sets, and which is in force."""
        return Policies(self.settings, self.engine)

    @property
    def policy(self) -> PolicySet:
        """The rules, numbers and columns of now; the packaged ones while none are in force."""
        return self.policies.standing().policy

    @property
    def gate(self) -> Gate:
        """The gate of now: another one as soon as another policy set is in force."""
        standing = self.policies.standing()
        kept = self.__dict__.get("_gate")
        if kept is not None and kept[0] == standing_key(standing):
            gate: Gate = kept[1]
            return gate
        only = None if standing.stage is Stage.IN_FORCE else FOUNDING_ACTIONS
        facts, guard = self.facts_under(standing.policy), self.guard_under(standing.policy)
        made = Gate(self.engine, self.clock, standing.policy, facts, guard, only=only)
        self.__dict__["_gate"] = (standing_key(standing), made)
        return made

    def guard_under(self, policy: PolicySet) -> Guards:
        """Return what halts releases, by a policy set's numbers."""
        anchors = guard_of(self.settings)
        clock = ClockGuard(self.clock_watch, policy.numbers.clock_skew_seconds)
        return Guards([clock, self.disk, *([anchors] if anchors else [])])

    @cached_property
    def clock_watch(self) -> ClockWatch:
        """What watches the machine's clock, from the process's first use on."""
        return ClockWatch()

    @cached_property
    def disk(self) -> DiskGuard:
        """What keeps the reserve of the folder, where the database lies in it."""
        size = self.settings.reserve_bytes if self.settings.has_own_database else 0
        return DiskGuard(Reserve(self.settings.data, size))

    def facts_under(self, policy: PolicySet) -> FactSource:
        """Return what looks facts up by a policy set's numbers and columns."""
        facts = HouseFacts(
            policy,
            HouseSnapshots(),
            mode=self.settings.mode,
            orphan_seconds=self.orphan_seconds,
            outgrown=self.policies.standing().outgrown,
        )
        return ComparedFacts(facts, self.records)

    @cached_property
    def records(self) -> Records:
        """What makes and compares the digests of people's records."""
        return Records(self.settings.record_key(self.caller))

    @property
    def orphan_seconds(self) -> float:
        """Age at which a key that no entry names is due for destruction."""
        return getattr(self.settings, "orphan_seconds", _ORPHAN_SECONDS)

    @cached_property
    def reader(self) -> LedgerReader:
        """The ledger, to read and to prove from."""
        return LedgerReader(self.engine, self.clock)

    @cached_property
    def objects(self) -> DirectoryObjects:
        """The store of encrypted objects."""
        return DirectoryObjects(self.settings.objects_root)

    @cached_property
    def vault(self) -> VaultClient:
        """The vault, by this caller's credential."""
        # Looked for now, so that a missing one is found at start; read at each call, as it may change.
        self.settings.credential(self.caller)
        return VaultClient(
            self.settings.vault_socket,
            lambda: self.settings.credential(self.caller),
            self.reader,
            self._key_history,
        )

    def _key_history(self) -> str | None:
        with suppress(FileNotFoundError):
            return self.settings.key_history.read_text(encoding="utf-8")
        return None

    @cached_property
    def queue(self) -> Celery:
        """The queue, to wake the worker through."""
        return make_queue(self.settings.broker)

    def close(self) -> None:
        """Give back what was opened."""
        if "engine" in self.__dict__:
            self.engine.dispose()


@dataclass(frozen=True)
class WorkerHouse(House):
    """The worker's house: a way to the mail server and keys derived ahead, besides."""

    settings: WorkerSettings
    caller: str = "worker"

    @cached_property
    def owner(self) -> str:
        """This process's name on its claims."""
        return f"{os.getpid()}-{secrets.token_hex(6)}"

    @cached_property
    def road(self) -> MailRoad:
        """The way to the mail server."""
        return MailRoad(self.settings.mail_host, self.settings.mail_port, self.settings.mail_ca)

    @cached_property
    def mint(self) -> KeyMint:
        """Passphrases and keys derived ahead of need."""
        mint = KeyMint()
        mint.start()
        return mint

    def close(self) -> None:
        """Give back what was opened, and forget the keys that wait."""
        if "mint" in self.__dict__:
            self.mint.close()
        super().close()
