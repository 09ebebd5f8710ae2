"""Entries and vaults with defaults that a reader can trust."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from audit.entry import Actor, Entry, Resource, SnapshotRef
from audit.events import Event, Outcome
from runtime.clock import rfc3339
from tests.fakes import PinnedClock
from tests.vault.fakes import Asker, MemoryLedger
from vault.answers import ImportKeys
from vault.ceremony import Founding, create_vault
from vault.home import Counter
from vault.keeper import Keeper, Tries
from vault.messages import Answer, Request
from vault.pseudonyms import write_pseudonyms
from vault.store import Store
from vault.table import Call, CallerKind

ORIGIN = "sealedbook.test/ledger"
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SNAPSHOT = SnapshotRef(as_of=rfc3339(NOON), revision=1, digest="ab" * 32)
PASSPHRASE = "ridge-maple-tundra-seven-copper-lake"
IMPORT_LISTS = {"agents": ("0A00001", "0B00002")}


def an_entry(event: Event, outcome: Outcome, *, at: datetime = NOON, **said: Any) -> Entry:
    """Return an entry of an agent's session; `said` overrides any field."""
    defaults: dict[str, Any] = {
        "actor": Actor(kind="service", id="worker", role="worker"),
        "client": "local:worker",
        "action": "BuildBook",
        "resource": Resource(kind="export", id="X1"),
    }
    return Entry(event=event, outcome=outcome, at=rfc3339(at), **{**defaults, **said})


def a_permit(
    event: Event, *, now: datetime = NOON, life: timedelta = timedelta(minutes=5), **said: Any
) -> Entry:
    """Return a permit that lapses after `life`."""
    decided = {"purpose": "renewal", "rules": (), "policy": "cd" * 32, "expires": rfc3339(now + life)}
    return an_entry(event, Outcome.PERMIT, at=now, **{**decided, **said})


def import_permit(attempt: str = "A1", **said: Any) -> Entry:
    """Return a permit to import a snapshot."""
    resource = Resource(kind="attempt", id=attempt)
    return a_permit(Event.IMPORT_REQUESTED, action="ImportSnapshot", resource=resource, **said)


def publication(attempt: str = "A1", snapshot: SnapshotRef | None = SNAPSHOT, **said: Any) -> Entry:
    """Return the entry that says that an attempt's snapshot was published."""
    resource = Resource(kind="attempt", id=attempt)
    stated: dict[str, Any] = {
        "event": Event.SNAPSHOT_PUBLISHED,
        "outcome": Outcome.DONE,
        "action": "PublishSnapshot",
        "resource": resource,
        "snapshot": snapshot,
    }
    return an_entry(**{**stated, **said})


def build_permit(export: str = "X1", fencing: int = 1, **said: Any) -> Entry:
    """Return a permit to build a book."""
    stated = {
        "action": "BuildBook",
        "resource": Resource(kind="export", id=export),
        "export": export,
        "fencing": fencing,
        "agent": "0A00001",
        "snapshot": SNAPSHOT,
    }
    return a_permit(Event.BOOK_REQUESTED, **{**stated, **said})


def book_permit(call: Call, export: str = "X1", fencing: int = 1, **said: Any) -> Entry:
    """Return a permit to send, download or reveal a book that was built."""
    event, action, channel = _BOOK_CALLS[call]
    stated: dict[str, Any] = {
        "action": action,
        "resource": Resource(kind="export", id=export),
        "export": export,
        "fencing": fencing,
        "channel": channel,
    }
    return a_permit(event, **{**stated, **said})


_BOOK_CALLS: dict[Call, tuple[Event, str, str | None]] = {
    Call.SEND_BOOK: (Event.SEND_REQUESTED, "SendBook", "email"),
    Call.DOWNLOAD_BOOK: (Event.DOWNLOAD_REQUESTED, "DownloadBook", "link"),
    Call.REVEAL_PASSPHRASE: (Event.REVEAL_REQUESTED, "RevealPassphrase", None),
}


def view_permit(**said: Any) -> Entry:
    """Return a permit to view an agent's list of consumers."""
    stated = {
        "action": "ViewConsumers",
        "resource": Resource(kind="consumers", id="0A00001"),
        "agent": "0A00001",
        "snapshot": SNAPSHOT,
    }
    return a_permit(Event.CONSUMERS_REQUESTED, **{**stated, **said})


def find_permit(**said: Any) -> Entry:
    """Return a permit to look consumers' pseudonyms up."""
    stated = {"action": "FindConsumer", "resource": Resource(kind="consumers", id="look-up")}
    return a_permit(Event.LOOKUP_REQUESTED, **{**stated, **said})


def end_permit(**said: Any) -> Entry:
    """Return a permit to end delegations by a feed."""
    stated = {"action": "EndDelegations", "resource": Resource(kind="feed", id="sha256:f1")}
    return a_permit(Event.DELEGATION_REQUESTED, **{**stated, **said})


def factor_permit(person: str = "P1", **said: Any) -> Entry:
    """Return a permit to enrol a second factor."""
    resource = Resource(kind="person", id=person)
    return a_permit(Event.FACTOR_REQUESTED, action="EnrolFactor", resource=resource, **said)


def release_permit(person: str = "P1", **said: Any) -> Entry:
    """Return a permit to let a locked person try again."""
    resource = Resource(kind="person", id=person)
    return a_permit(Event.LOCK_REQUESTED, action="ReleaseLock", resource=resource, **said)


def destroy_permit(*objects: str, **said: Any) -> Entry:
    """Return a permit to destroy objects."""
    stated = {"action": "DestroyObject", "resource": Resource(kind="objects", id="sweep"), "objects": objects}
    return a_permit(Event.DESTRUCTION_REQUESTED, **{**stated, **said})


def rotation_permit(key: str, **said: Any) -> Entry:
    """Return a permit to change a key."""
    resource = Resource(kind="key", id=key)
    return a_permit(Event.KEY_REQUESTED, action="RotateKey", resource=resource, **said)


@dataclass(kw_only=True)
class House:
    """A vault in this process, a ledger in memory and two clocks."""

    home: Path
    founding: Founding
    ledger: MemoryLedger
    clock: PinnedClock
    machine: PinnedClock
    store: Store
    keeper: Keeper

    def open(self, counter: Counter | None = None) -> None:
        """Open the store anew, as a process that starts."""
        self.store = Store(self.home, counter)
        self.keeper = Keeper(self.store, self.clock, self.machine)

    def asker(self, kind: CallerKind, call: Call, *entries: Entry | int, **more: Any) -> Asker:
        """Return a call of a kind of caller; entries are appended, numbers are indices."""
        indices = [one if isinstance(one, int) else self.ledger.append(one) for one in entries]
        credential = more.pop("credential", self.founding.credentials[kind])
        ledger = more.pop("ledger", self.ledger)
        return Asker(self.keeper, credential, ledger, call, *indices, **more)

    def ask(self, kind: CallerKind, call: Call, *entries: Entry | int, **more: Any) -> Answer:
        """Make such a call to its end."""
        return self.asker(kind, call, *entries, **more).ask()

    def import_snapshot(self, attempt: str = "A1") -> Answer:
        """Import an attempt by the worker."""
        return self.ask(
            CallerKind.WORKER,
            Call.IMPORT_SNAPSHOT,
            import_permit(attempt, now=self.clock.now()),
            texts={"attempt": attempt},
            lists=dict(IMPORT_LISTS),
        )

    def pseudonyms(self, desk: str, *ids: str, kind: str = "consumer") -> Answer:
        """Ask at an import's desk for ids' pseudonyms, as the worker."""
        request = Request(
            call=Call.PSEUDONYMS,
            credential=self.founding.credentials[CallerKind.WORKER],
            texts={"desk": desk, "kind": kind},
            lists={"ids": ids},
        )
        return self.keeper.answer(request, Tries()).whole()

    def build_book(self, permit: Entry | int | None = None, **more: Any) -> Answer:
        """Build a book of a snapshot that is published now, by the worker."""
        return self.ask(
            more.pop("kind", CallerKind.WORKER),
            Call.BUILD_BOOK,
            build_permit(now=self.clock.now()) if permit is None else permit,
            more.pop("published", publication()),
            texts={"passphrase": PASSPHRASE},
            **more,
        )


def a_house(folder: Path, *, demo: bool = False) -> House:
    """Return a fresh vault with an empty ledger."""
    home = folder / "vault"
    founding = create_vault(home, ORIGIN, demo=demo)
    clock, machine = PinnedClock(NOON), PinnedClock(NOON)
    store = Store(home)
    keeper = Keeper(store, clock, machine)
    return House(
        home=home,
        founding=founding,
        ledger=MemoryLedger(),
        clock=clock,
        machine=machine,
        store=store,
        keeper=keeper,
    )


def a_house_with_a_book(folder: Path) -> House:
    """Return a vault that minted attempt A1 and book X1 with fencing token 1."""
    house = a_house(folder)
    house.import_snapshot()
    house.build_book()
    return house


Change = Callable[[Entry], Entry]


def written(keys: ImportKeys, kind: str, *ids: str) -> list[str]:
    """Return ids' pseudonyms as an import writes them."""
    return write_pseudonyms(keys.year, keys.derive(kind, ids))


def but(**said: Any) -> Change:
    """Return a change of an entry's fields."""
    return lambda entry: replace(entry, **said)
