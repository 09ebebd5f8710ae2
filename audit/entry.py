"""One entry of the ledger: what callers say (`Draft`), and what is kept (`Entry`).

Laws of this file:
1. An entry's bytes are its canonical JSON; they are the leaf, and they alone are evidence.
2. `Entry.decode(entry.encode()) == entry`, and no other bytes decode to it.
3. Every entry carries 128 random bits of salt, since the hash of guessable fields could be
   found by trial.
4. What each field must look like stands in `fields.py`, which event may carry it in `events.py`.
"""

from __future__ import annotations

import builtins
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from operator import itemgetter
from typing import Any, ClassVar, Final

from audit.canonical import NOT_CANONICAL, CanonicalError, encode_plain, read_object
from audit.events import Event, Outcome
from audit.fields import VERSION, EntryError, check_entry, check_field, check_together
from audit.tree import leaf_hash, root_of

__all__ = [
    "Actor",
    "Consumers",
    "Draft",
    "Entry",
    "EntryError",
    "HeadRef",
    "Resource",
    "SameBatch",
    "SnapshotRef",
    "consumers_root",
    "new_salt",
]


def new_salt() -> str:
    """Return 128 fresh random bits as 32 hex digits."""
    return secrets.token_hex(16)


def consumers_root(salt: str, pseudonyms: Iterable[str]) -> bytes:
    """Root over the consumers that an entry shows: RFC 6962 over sorted distinct leaves.

    A leaf is SHA-256(0x00 ‖ the salt's 16 bytes ‖ the pseudonym's ASCII bytes); `salt` is
    the salt of the entry that carries the root.
    """
    prefix = bytes.fromhex(salt)
    return root_of(sorted({leaf_hash(prefix + pseudonym.encode("ascii")) for pseudonym in pseudonyms}))


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Who: `kind` is person, service, operator, system or stranger; `session` as FORMAT.md has it."""

    kind: str
    id: str
    role: str
    session: str | None = None
    amr: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Resource:
    """Upon what: a kind of thing and its id."""

    kind: str
    id: str


@dataclass(frozen=True, kw_only=True)
class SnapshotRef:
    """Which frozen data: cut-off (RFC 3339), revision, SHA-256 of the ciphertext index."""

    as_of: str
    revision: int
    digest: str


@dataclass(frozen=True, kw_only=True)
class Consumers:
    """Whose data were shown: how many consumers, how many were withheld, and `consumers_root`."""

    count: int
    withheld: int
    root: str


@dataclass(frozen=True, kw_only=True)
class HeadRef:
    """Which head of the ledger: how many entries, and the root over them as hex."""

    size: int
    root: str


@dataclass(frozen=True, kw_only=True)
class SameBatch:
    """Stands for the index that the entry at this position of the same batch will get."""

    position: int


@dataclass(frozen=True, kw_only=True)
class Statement:
    """The fields that callers state; digests are SHA-256 hex, moments RFC 3339 text."""

    event: Event
    outcome: Outcome
    actor: Actor
    client: str
    action: str
    resource: Resource
    salt: str = field(default_factory=new_salt)
    purpose: str | None = None
    rules: tuple[str, ...] | None = None
    policy: str | None = None
    facts: str | None = None
    expires: str | None = None
    agent: str | None = None
    export: str | None = None
    fencing: int | None = None
    channel: str | None = None
    attempt: str | None = None
    objects: tuple[str, ...] | None = None
    destroyed: str | None = None
    snapshot: SnapshotRef | None = None
    book: str | None = None
    columns_digest: str | None = None
    consumers: Consumers | None = None
    bytes: int | None = None
    ranges: tuple[tuple[int, int], ...] | None = None
    recipient: str | None = None
    record: str | None = None
    count: int | None = None
    head: HeadRef | None = None
    vkey: str | None = None
    mode: str | None = None
    clock_offset: int | None = None
    state: str | None = None
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class Draft(Statement):
    """An entry before it has a place and a time; `because` may point into its own batch."""

    because: int | SameBatch | None = None

    def settle(self, at: str, because: int | None) -> Entry:
        """Return the entry that this draft becomes at a moment."""
        entry = object.__new__(Entry)
        # An entry has the draft's fields and `at`. Frozen classes set their fields one by one, slowly.
        entry.__dict__.update(vars(self), at=at, because=because)
        return entry


@dataclass(frozen=True, kw_only=True)
class Entry(Statement):
    """An entry as it stands in the ledger; `because` is the index of an earlier entry."""

    v: ClassVar[int] = VERSION
    at: str
    because: int | None = None

    def encode(self) -> builtins.bytes:
        """Return the canonical bytes: the leaf's data. Raises EntryError."""
        fields_of, said, written = vars(self), dict[str, Any](), list[str]()
        for name, default, recurs in _SORTED:
            value = fields_of[name]
            if value is not default and value != default:
                said[name] = value
                known = _known.get((name, value)) if recurs else None
                written.append(known or _write(name, value))
        # Only `vkey` comes behind the version.
        written.insert(len(written) - ("vkey" in said), f'"v":{self.v}')
        # What holds between fields looks into one of them, and there at text only.
        said["actor"] = vars(self.actor)
        check_together(said)
        return f"{{{','.join(written)}}}".encode("ascii")

    @staticmethod
    def decode(data: builtins.bytes) -> Entry:
        """Read exactly what `encode` writes; anything else is an EntryError."""
        try:
            wire = read_object(data)
        except CanonicalError as error:
            raise EntryError(f"entry is {error}") from None
        check_entry(wire)
        # What passed its checks is plain text and whole numbers.
        if encode_plain(wire) != data:
            raise EntryError(f"entry is {NOT_CANONICAL}")
        del wire["v"]
        return Entry(**{name: _READ.get(name, _same)(value) for name, value in wire.items()})


def _write(name: str, value: Any) -> str:
    """Check and write one field: `"name":value`; remember it where it is likely to come again."""
    if type(value) is str:
        check_field(name, value)
        written = f'"{name}":"{value}"'
    else:
        wire = _value(value)
        check_field(name, wire)
        written = f'"{name}":{_json(wire)}'
    if name in _RECURRING:
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        _known[name, value] = written
    return written


def _json(checked: Any) -> str:
    """Write what passed its check: text of ASCII without quotes and backslashes (law 3 of `fields.py`)."""
    if isinstance(checked, str):
        return f'"{checked}"'
    if isinstance(checked, dict):
        members = [f'"{name}":{_json(checked[name])}' for name in sorted(checked)]
        return f"{{{','.join(members)}}}"
    return f"[{','.join(map(_json, checked))}]" if isinstance(checked, list) else str(checked)


def _wire(part: Any) -> dict[str, Any]:
    """Write a dataclass as a JSON object that leaves out what is at its default: absent is absent."""
    said, defaults = vars(part), _DEFAULTS[type(part)]
    return {
        name: value if type(value) is str else _value(value)
        for name, default in defaults
        if (value := said[name]) is not default and value != default
    }


def _value(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_value(each) for each in value]
    return _wire(value) if type(value) in _DEFAULTS else value


def _same(value: Any) -> Any:
    return value


def _actor(value: Mapping[str, Any]) -> Actor:
    return Actor(**{**value, "amr": tuple(value.get("amr", ()))})


_DEFAULTS: Final[dict[type[Any], tuple[tuple[str, Any], ...]]] = {
    kind: tuple((each.name, each.default) for each in fields(kind))
    for kind in (Entry, Actor, Resource, SnapshotRef, Consumers, HeadRef)
}
_RECURRING: Final = frozenset(
    {
        "action",
        "actor",
        "agent",
        "at",
        "channel",
        "client",
        "event",
        "mode",
        "outcome",
        "policy",
        "purpose",
    }
)
"""Fields that many entries share. They hold text alone, of which equal is the same."""
_SORTED: Final = tuple(
    (name, default, name in _RECURRING) for name, default in sorted(_DEFAULTS[Entry], key=itemgetter(0))
)
_MOST_KNOWN: Final = 4096
_known: dict[tuple[str, Any], str] = {}
_READ: Final[dict[str, Callable[[Any], Any]]] = {
    "event": Event,
    "outcome": Outcome,
    "actor": _actor,
    "resource": lambda value: Resource(**value),
    "snapshot": lambda value: SnapshotRef(**value),
    "consumers": lambda value: Consumers(**value),
    "head": lambda value: HeadRef(**value),
    "rules": tuple,
    "objects": tuple,
    "ranges": lambda value: tuple((first, end) for first, end in value),
}
