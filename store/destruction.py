"""Which keys the vault may still hold for nothing, and when an object is due for destruction.

A BuildBook permit may have minted a key whether or not the book was ever built, so each is
noted in `minted_books` in the permit's own transaction. A key that no `export.built` named
within the orphan age is due; so is everything of an export that ended.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from exports.errors import ExportNotFoundError, LostClaimError
from exports.states import State
from runtime.clock import rfc3339
from store.exports import export_by_id
from store.tables import minted_books

PERMITTED = "permitted"
BUILT = "built"
DESTROYING = "destroying"
DESTROYED = "destroyed"
_OVER = frozenset({State.FAILED, State.CANCELLED, State.REVOKED, State.EXPIRED, State.PURGED})


def book_object(export: str, fencing: int) -> str:
    """Return the vault's name for one built book: its key and its passphrase."""
    return f"book:{export}.{fencing}"


def note_permitted(connection: Connection, export: str, fencing: int, now: datetime) -> None:
    """Note that a key may be minted for this export and fencing token."""
    row = {"export": export, "fencing": fencing, "permitted_at": rfc3339(now), "state": PERMITTED}
    connection.execute(minted_books.insert().values(row))


def note_built(connection: Connection, export: str, fencing: int) -> None:
    """Note that a committed entry names the key; LostClaimError when it is being destroyed."""
    adopting = minted_books.update().where(_is(export, fencing), minted_books.c.state == PERMITTED)
    if connection.execute(adopting.values(state=BUILT)).rowcount != 1:
        raise LostClaimError("this book's key is no longer there to be adopted")


def note_destroying(connection: Connection, export: str, fencing: int) -> None:
    """Note that the key may no longer be adopted; a crash after this is taken up again."""
    connection.execute(minted_books.update().where(_is(export, fencing)).values(state=DESTROYING))


def note_destroyed(connection: Connection, export: str, fencing: int) -> None:
    """Note that the key was destroyed."""
    connection.execute(minted_books.update().where(_is(export, fencing)).values(state=DESTROYED))


def orphaned_books(connection: Connection, now: datetime, orphan_seconds: float) -> list[tuple[str, int]]:
    """Return (export, fencing) of keys that nothing adopted within the orphan age."""
    limit = rfc3339(now - timedelta(seconds=orphan_seconds))
    late = and_(minted_books.c.state == PERMITTED, minted_books.c.permitted_at <= limit)
    orphaned = or_(late, minted_books.c.state == DESTROYING)
    rows = connection.execute(select(minted_books.c.export, minted_books.c.fencing).where(orphaned))
    return [(row.export, row.fencing) for row in rows]


def is_due(connection: Connection, name: str, now: datetime, orphan_seconds: float) -> bool:
    """Tell whether an object (`book:<export>.<fencing>`, `export:<export>`) may be destroyed."""
    kind, _, rest = name.partition(":")
    export, _, fencing = rest.partition(".")
    if (
        kind == "book"
        and fencing.isdigit()
        and (export, int(fencing)) in orphaned_books(connection, now, orphan_seconds)
    ):
        return True
    try:
        return kind in {"book", "export", "passphrase"} and export_by_id(connection, export).state in _OVER
    except ExportNotFoundError:
        return False


def _is(export: str, fencing: int) -> ColumnElement[bool]:
    return and_(minted_books.c.export == export, minted_books.c.fencing == fencing)
