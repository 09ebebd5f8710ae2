"""Reading a permit: entry bytes, index and inclusion proof, held against a row of the table.

Pure. What isn't proven, canonical, a permit, fitting and alive raises a refusal; `Permit` is
what has passed all of it but the question whether it was spent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from audit.checkpoint import Head
from audit.entry import Entry, EntryError
from audit.events import Event, Outcome
from audit.proofs import ProofError, verify_inclusion
from audit.tree import leaf_hash
from runtime.clock import parse_rfc3339
from vault.errors import Code, RefusalError
from vault.table import Row


@dataclass(frozen=True, kw_only=True)
class ShownEntry:
    """A caller's claim that the ledger holds these bytes at an index."""

    index: int
    encoded: bytes
    inclusion: tuple[bytes, ...]


@dataclass(frozen=True, kw_only=True)
class Permit:
    """A proven permit that fits its row; `expires` is aware UTC, `leaf` its leaf hash."""

    entry: Entry
    encoded: bytes
    index: int
    leaf: bytes
    expires: datetime


def read_entry(shown: ShownEntry, head: Head) -> Entry:
    """Return a proven entry of the accepted head."""
    try:
        verify_inclusion(leaf_hash(shown.encoded), shown.index, head.size, shown.inclusion, head.root)
    except ProofError:
        raise RefusalError(Code.UNPROVEN) from None
    try:
        return Entry.decode(shown.encoded)
    except EntryError:
        raise RefusalError(Code.UNREADABLE) from None


def read_permit(shown: ShownEntry, head: Head, row: Row, now: datetime) -> Permit:
    """Return the permit that an entry is, if it fits the row and is alive at `now`."""
    entry = read_entry(shown, head)
    if entry.outcome is not Outcome.PERMIT or entry.expires is None:
        raise RefusalError(Code.NOT_A_PERMIT)
    check_fits(entry, row)
    try:
        expires = parse_rfc3339(entry.expires)
    except ValueError:
        raise RefusalError(Code.MISFIT, "expires") from None
    if expires <= now:
        raise RefusalError(Code.EXPIRED)
    if expires > now + row.longest_life:
        raise RefusalError(Code.TOO_LONG)
    return Permit(
        entry=entry,
        encoded=shown.encoded,
        index=shown.index,
        leaf=leaf_hash(shown.encoded),
        expires=expires,
    )


def check_fits(entry: Entry, row: Row) -> None:
    """Raise a misfit that names the first field which doesn't fit the row."""
    if entry.action != row.action:
        raise RefusalError(Code.MISFIT, "action")
    for name in row.needs:
        if not _stands(getattr(entry, name)):
            raise RefusalError(Code.MISFIT, name)
    if row.resource_kind is not None and entry.resource.kind != row.resource_kind:
        raise RefusalError(Code.MISFIT, "resource")
    if row.names is not None and entry.resource.id != getattr(entry, row.names):
        raise RefusalError(Code.MISFIT, "resource")
    if row.channel is not None and entry.channel != row.channel:
        raise RefusalError(Code.MISFIT, "channel")


def _stands(value: object) -> bool:
    return value is not None and value not in ("", ())


def published_attempt(published: Entry, permit: Permit) -> str:
    """Return the import attempt whose publication, a proven entry, the permit names."""
    if published.event is not Event.SNAPSHOT_PUBLISHED or published.outcome is not Outcome.DONE:
        raise RefusalError(Code.MISFIT, "published")
    if published.resource.kind != "attempt":
        raise RefusalError(Code.MISFIT, "published")
    named, stood = permit.entry.snapshot, published.snapshot
    if named is None or stood is None or named.digest != stood.digest:
        raise RefusalError(Code.MISFIT, "snapshot")
    return published.resource.id
