"""Fingerprints of built books' rows, kept for good: they trace a copy when snapshot and book are gone.

Law: they stand in the transaction that says `built`, or not at all; whose they are is the export's
own row. What they mean is the room `book`'s; here they are bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import Connection, and_, or_, select

from exports.states import State
from store.tables import export_fingerprints, exports

_NEVER_HAD = (State.FAILED.value, State.CANCELLED.value)
_AT_ONCE = 50


@dataclass(frozen=True, kw_only=True)
class KeptPrints:
    """A built book's fingerprints; `snapshot_as_of` is RFC 3339."""

    export: str
    fencing: int
    snapshot_as_of: str
    prints: bytes = field(repr=False)


def keep_prints(
    connection: Connection,
    export: str,
    fencing: int,
    *,
    snapshot_as_of: str,
    columns_digest: str,
    made_at: str,
    prints: bytes,
) -> None:
    """Keep the fingerprints of one build."""
    connection.execute(
        export_fingerprints.insert().values(
            export=export,
            fencing=fencing,
            snapshot_as_of=snapshot_as_of,
            columns_digest=columns_digest,
            made_at=made_at,
            prints=prints,
        )
    )


def last_prints(connection: Connection, export: str, *, columns_digest: str) -> KeptPrints | None:
    """Return those of the newest other book that the same person got of the same agent, alike in columns."""
    this = exports.alias()
    query = (
        select(export_fingerprints)
        .join(exports, exports.c.id == export_fingerprints.c.export)
        .join(this, this.c.id == export)
        .where(
            exports.c.id != export,
            exports.c.requester == this.c.requester,
            exports.c.agent == this.c.agent,
            exports.c.purpose == this.c.purpose,
            exports.c.profile == this.c.profile,
            exports.c.state.not_in(_NEVER_HAD),
            exports.c.built_fencing == export_fingerprints.c.fencing,
            export_fingerprints.c.columns_digest == columns_digest,
        )
        .order_by(export_fingerprints.c.made_at.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else _kept(row)


def kept_prints(connection: Connection) -> Iterator[KeptPrints]:
    """Return the fingerprints of every build, a few in memory at a time."""
    columns = export_fingerprints.c
    order = select(export_fingerprints).order_by(columns.export, columns.fencing).limit(_AT_ONCE)
    rows = connection.execute(order).all()
    while rows:
        yield from map(_kept, rows)
        last = rows[-1]
        beyond = or_(
            columns.export > last.export,
            and_(columns.export == last.export, columns.fencing > last.fencing),
        )
        rows = connection.execute(order.where(beyond)).all()


def _kept(row: object) -> KeptPrints:
    names = ("export", "fencing", "snapshot_as_of", "prints")
    return KeptPrints(**{name: getattr(row, name) for name in names})
