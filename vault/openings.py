"""What each call gives once its permit is proven, fitting, alive and unspent.

One function a call, in one table. Each runs inside the change that spends the permit: if it
refuses, the permit stays unspent; if it returns, what it minted and the mark are committed
together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from audit.checkpoint import Head
from audit.entry import Entry
from vault.desks import Desks
from vault.destruction import Destruction
from vault.errors import Code, RefusalError
from vault.factors import Factors
from vault.framing import encode_bytes
from vault.holdings import Holdings, check_id, hold_name, key_name, passphrase_name, snapshot_name
from vault.keys import Use, derive_key
from vault.messages import Request
from vault.permits import Permit, published_attempt
from vault.pseudonyms import PseudonymKind, derive_pseudonyms
from vault.rotation import Rotation
from vault.table import Call

PASSPHRASE_MAX_CHARS = 255
FIND_MOST_IDS = 20
END_MOST_IDS = 5000


@dataclass(frozen=True)
class Opened:
    """An answer's body; `rest` makes the part of it that takes long and changes nothing."""

    body: Mapping[str, Any] = field(repr=False)
    rest: Callable[[], Mapping[str, Any]] | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True)
class Opening:
    """A call at the point where it opens something: what was asked, proven, and is held."""

    request: Request
    permit: Permit
    published: Entry | None
    head: Head
    now: datetime
    holdings: Holdings
    factors: Factors
    destruction: Destruction
    rotation: Rotation
    desks: Desks

    @property
    def entry(self) -> Entry:
        """The permit's entry."""
        return self.permit.entry

    def fenced(self) -> tuple[str, int]:
        """Return the permit's export and fencing token."""
        if self.entry.export is None or self.entry.fencing is None:
            raise RefusalError(Code.MISFIT, "fencing")
        return check_id(self.entry.export, "export"), self.entry.fencing

    def published_snapshot(self) -> tuple[str, bytes]:
        """Return the attempt that the permit's snapshot came from, and its key."""
        if self.published is None:
            raise RefusalError(Code.MISFIT, "published")
        attempt = published_attempt(self.published, self.permit)
        return attempt, self.holdings.open(snapshot_name(attempt))


def _import_snapshot(opening: Opening) -> Opened:
    attempt = check_id(opening.entry.resource.id, "attempt")
    if opening.request.texts["attempt"] != attempt:
        raise RefusalError(Code.MISFIT, "attempt")
    agents = opening.request.lists["agents"]
    key = opening.holdings.mint(snapshot_name(attempt))
    year = opening.now.year
    desk = opening.desks.open(opening.holdings.year_key(year), opening.permit.expires, opening.now)

    def derive() -> Mapping[str, Any]:
        return {
            "index": encode_bytes(derive_key(key, Use.INDEX, attempt=attempt)),
            "shard": _derive_keys(key, Use.SHARD, attempt, agents),
            "list": _derive_keys(key, Use.LIST, attempt, agents),
        }

    return Opened({"year": year, "desk": desk}, derive)


def _derive_keys(key: bytes, use: Use, attempt: str, agents: tuple[str, ...]) -> list[str]:
    return [encode_bytes(derive_key(key, use, attempt=attempt, agent=agent)) for agent in agents]


def _build_book(opening: Opening) -> Opened:
    export, fencing = opening.fenced()
    attempt, key = opening.published_snapshot()
    passphrase = opening.request.texts["passphrase"]
    if not 0 < len(passphrase) <= PASSPHRASE_MAX_CHARS:
        raise RefusalError(Code.MISFIT, "passphrase")
    book = opening.holdings.mint(key_name(export, fencing))
    opening.holdings.keep(passphrase_name(export, fencing), passphrase.encode())
    agent = opening.entry.agent or ""
    return Opened(
        {
            "shard": encode_bytes(derive_key(key, Use.SHARD, attempt=attempt, agent=agent)),
            "index": encode_bytes(derive_key(key, Use.INDEX, attempt=attempt)),
            "book": encode_bytes(book),
        }
    )


def _open_book(opening: Opening) -> Opened:
    return Opened({"book": encode_bytes(opening.holdings.open(key_name(*opening.fenced())))})


def _reveal_passphrase(opening: Opening) -> Opened:
    return Opened({"passphrase": opening.holdings.open(passphrase_name(*opening.fenced())).decode()})


def _view_consumers(opening: Opening) -> Opened:
    attempt, key = opening.published_snapshot()
    agent = opening.entry.agent or ""
    return Opened(
        {
            "list": encode_bytes(derive_key(key, Use.LIST, attempt=attempt, agent=agent)),
            "index": encode_bytes(derive_key(key, Use.INDEX, attempt=attempt)),
        }
    )


def _find_consumer(opening: Opening) -> Opened:
    ids = opening.request.lists["ids"]
    if not 0 < len(ids) <= FIND_MOST_IDS:
        raise RefusalError(Code.MISFIT, "ids")
    try:
        kind = PseudonymKind(opening.request.texts["kind"])
    except ValueError:
        raise RefusalError(Code.MISFIT, "kind") from None
    keys = opening.holdings.year_keys()
    return Opened({str(year): encode_bytes(derive_pseudonyms(key, kind, ids)) for year, key in keys.items()})


def _end_delegations(opening: Opening) -> Opened:
    """Derive the pseudonyms that the snapshots of now may have: an import's year is that of its start."""
    ids = opening.request.lists["ids"]
    if not 0 < len(ids) <= END_MOST_IDS:
        raise RefusalError(Code.MISFIT, "ids")
    this, kept = opening.now.year, opening.holdings.year_keys()
    # Next year's too: what ends in December must be known in January's snapshot that still holds it.
    keys = {year: opening.holdings.year_key(year) for year in (this, this + 1)}
    keys |= {this - 1: kept[this - 1]} if this - 1 in kept else {}
    consumer = PseudonymKind.CONSUMER
    return Opened(
        {str(year): encode_bytes(derive_pseudonyms(key, consumer, ids)) for year, key in keys.items()}
    )


def _enrol_factor(opening: Opening) -> Opened:
    person = check_id(opening.entry.resource.id, "resource")
    return Opened({"secret": opening.factors.enrol(person)})


def _release_factor(opening: Opening) -> Opened:
    opening.factors.release(check_id(opening.entry.resource.id, "resource"))
    return Opened({})


def _destroy(opening: Opening) -> Opened:
    objects = opening.entry.objects or ()
    return Opened({"records": opening.destruction.destroy(objects, opening.permit, opening.now)})


def _hold_snapshot(opening: Opening) -> Opened:
    """Keep the held agents' shard keys under names of their own; no call gives one of those out."""
    attempt = check_id(opening.entry.resource.id, "resource")
    key = opening.holdings.open(snapshot_name(attempt))
    for object_id in opening.entry.objects or ():
        agent = object_id.removeprefix(hold_name(attempt, ""))
        if not agent or object_id != hold_name(attempt, agent):
            raise RefusalError(Code.MISFIT, "objects")
        shard = derive_key(key, Use.SHARD, attempt=attempt, agent=agent)
        opening.holdings.keep_again(hold_name(attempt, agent), shard)
    return Opened({"index": encode_bytes(derive_key(key, Use.INDEX, attempt=attempt))})


def _rotate_key(opening: Opening) -> Opened:
    material = opening.request.lists["material"]
    return Opened(opening.rotation.rotate(opening.entry.resource.id, material, opening.head, opening.now))


OPENINGS: dict[Call, Callable[[Opening], Opened]] = {
    Call.IMPORT_SNAPSHOT: _import_snapshot,
    Call.BUILD_BOOK: _build_book,
    Call.SEND_BOOK: _open_book,
    Call.DOWNLOAD_BOOK: _open_book,
    Call.REVEAL_PASSPHRASE: _reveal_passphrase,
    Call.VIEW_CONSUMERS: _view_consumers,
    Call.ENROL_FACTOR: _enrol_factor,
    Call.RELEASE_FACTOR: _release_factor,
    Call.DESTROY: _destroy,
    Call.ROTATE_KEY: _rotate_key,
    Call.FIND_CONSUMER: _find_consumer,
    Call.END_DELEGATIONS: _end_delegations,
    Call.HOLD_SNAPSHOT: _hold_snapshot,
}
