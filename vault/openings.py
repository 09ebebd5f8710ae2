"""What each call gives once its permit is proven, fitting, alive and unspent.

One function a call, in one table. Each runs inside the change that spends the permit: if it
refuses, the permit stays unspent; if it returns, what it minted and the mark are committed
together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from audit.checkpoint import Head
from audit.entry import Entry
from vault.destruction import Destruction
from vault.errors import Code, RefusalError
from vault.factors import Factors
from vault.framing import encode_bytes
from vault.holdings import Holdings, check_id, key_name, passphrase_name, snapshot_name
from vault.keys import Use, derive_key
from vault.messages import Request
from vault.permits import Permit, read_published_attempt
from vault.pseudonyms import PseudonymKind, derive_pseudonyms
from vault.table import Call

PASSPHRASE_MAX_CHARS = 255


@dataclass(frozen=True, kw_only=True)
class Opening:
    """A call at the point where it opens something: what was asked, proven, and is held."""

    request: Request
    permit: Permit
    head: Head
    now: datetime
    holdings: Holdings
    factors: Factors
    destruction: Destruction

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
        if self.request.published is None:
            raise RefusalError(Code.MISFIT, "published")
        attempt = read_published_attempt(self.request.published, self.head, self.permit)
        return attempt, self.holdings.open(snapshot_name(attempt))


def _import_snapshot(opening: Opening) -> dict[str, Any]:
    attempt = check_id(opening.entry.resource.id, "attempt")
    if opening.request.texts["attempt"] != attempt:
        raise RefusalError(Code.MISFIT, "attempt")
    agents = opening.request.lists["agents"]
    key = opening.holdings.mint(snapshot_name(attempt))
    year = opening.now.year
    year_key = opening.holdings.year_key(year)
    packed = {
        kind: derive_pseudonyms(year_key, kind, opening.request.lists[name])
        for kind, name in ((PseudonymKind.CONSUMER, "consumers"), (PseudonymKind.CASE, "cases"))
    }
    return {
        "index": encode_bytes(derive_key(key, Use.INDEX, attempt=attempt)),
        "shard": [encode_bytes(derive_key(key, Use.SHARD, attempt=attempt, agent=one)) for one in agents],
        "list": [encode_bytes(derive_key(key, Use.LIST, attempt=attempt, agent=one)) for one in agents],
        "year": year,
        "consumers": encode_bytes(packed[PseudonymKind.CONSUMER]),
        "cases": encode_bytes(packed[PseudonymKind.CASE]),
    }


def _build_book(opening: Opening) -> dict[str, Any]:
    export, fencing = opening.fenced()
    attempt, key = opening.published_snapshot()
    passphrase = opening.request.texts["passphrase"]
    if not 0 < len(passphrase) <= PASSPHRASE_MAX_CHARS:
        raise RefusalError(Code.MISFIT, "passphrase")
    book = opening.holdings.mint(key_name(export, fencing))
    opening.holdings.keep(passphrase_name(export, fencing), passphrase.encode())
    agent = opening.entry.agent or ""
    return {
        "shard": encode_bytes(derive_key(key, Use.SHARD, attempt=attempt, agent=agent)),
        "index": encode_bytes(derive_key(key, Use.INDEX, attempt=attempt)),
        "book": encode_bytes(book),
    }


def _open_book(opening: Opening) -> dict[str, Any]:
    return {"book": encode_bytes(opening.holdings.open(key_name(*opening.fenced())))}


def _reveal_passphrase(opening: Opening) -> dict[str, Any]:
    return {"passphrase": opening.holdings.open(passphrase_name(*opening.fenced())).decode()}


def _view_consumers(opening: Opening) -> dict[str, Any]:
    attempt, key = opening.published_snapshot()
    agent = opening.entry.agent or ""
    return {
        "list": encode_bytes(derive_key(key, Use.LIST, attempt=attempt, agent=agent)),
        "index": encode_bytes(derive_key(key, Use.INDEX, attempt=attempt)),
    }


def _enrol_factor(opening: Opening) -> dict[str, Any]:
    person = check_id(opening.entry.resource.id, "resource")
    return {"secret": opening.factors.enrol(person)}


def _destroy(opening: Opening) -> dict[str, Any]:
    objects = opening.entry.objects or ()
    return {"records": opening.destruction.destroy(objects, opening.permit, opening.now)}


OPENINGS: dict[Call, Callable[[Opening], dict[str, Any]]] = {
    Call.IMPORT_SNAPSHOT: _import_snapshot,
    Call.BUILD_BOOK: _build_book,
    Call.SEND_BOOK: _open_book,
    Call.DOWNLOAD_BOOK: _open_book,
    Call.REVEAL_PASSPHRASE: _reveal_passphrase,
    Call.VIEW_CONSUMERS: _view_consumers,
    Call.ENROL_FACTOR: _enrol_factor,
    Call.DESTROY: _destroy,
}
