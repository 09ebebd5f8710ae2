"""Which keys the vault may still hold for nothing, and when an object is due for destruction.

A BuildBook permit may have minted a key whether or not the book was ever built, so each is
noted in `minted_books` in the permit's own transaction. A key that no `export.built` named
within the orphan age is due; so is everything of an export that ended. Of a mailed book that
expired the key alone is due: the passphrase serves the file that the agent has, for a term of
its own.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, not_, or_, select

from exports.errors import ExportNotFoundError, LostClaimError
from exports.export import Export
from exports.states import ENDABLE, State
from runtime.clock import parse_rfc3339, rfc3339
from store.exports import export_by_id
from store.tables import exports, minted_books

RECORDS = "destroyed"
"""Where signed destruction records lie among the objects, each under its SHA-256 in hex."""

PERMITTED = "permitted"
BUILT = "built"
KEYLESS = "keyless"
DESTROYING = "destroying"
DESTROYED = "destroyed"
_OVER = frozenset({State.FAILED, State.CANCELLED, State.REVOKED, State.EXPIRED, State.PURGED})
_MAILED = "email"
_KINDS = frozenset({"book", "key", "passphrase", "export"})
_ENDED = _OVER - {State.PURGED}


def book_object(export: str, fencing: int) -> str:
    """Return the vault's name for one built book: its key and its passphrase."""
    return f"book:{export}.{fencing}"


def key_object(export: str, fencing: int) -> str:
    """Return the vault's name for one built book's key without its passphrase."""
    return f"key:{export}.{fencing}"


def export_object(export: str) -> str:
    """Return the vault's name for everything of an export, also what might come later."""
    return f"export:{export}"


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


def note_keyless(connection: Connection, export: str, fencing: int) -> None:
    """Note that the stored book's key was destroyed and its passphrase was not."""
    connection.execute(minted_books.update().where(_is(export, fencing)).values(state=KEYLESS))


def note_purged(connection: Connection, export: str) -> None:
    """Note that everything of an export was destroyed.

    What a late worker may still have put stays noted as it was: it is an orphan's object.
    """
    adopted = minted_books.c.export == export, minted_books.c.state.in_([BUILT, KEYLESS])
    connection.execute(minted_books.update().where(*adopted).values(state=DESTROYED))


def stored_books(connection: Connection, export: str) -> list[int]:
    """Return the fencing tokens under which an export's books may be stored."""
    query = select(minted_books.c.fencing).where(minted_books.c.export == export)
    return list(connection.execute(query).scalars())


def expired_exports(connection: Connection, now: datetime, *, limit: int = 500) -> list[str]:
    """Return the exports whose access ended and that don't say so yet."""
    late = and_(exports.c.state.in_(ENDABLE), exports.c.expires_at <= rfc3339(now))
    return list(connection.execute(select(exports.c.id).where(late).limit(limit)).scalars())


def purgeable_exports(
    connection: Connection, now: datetime, kept_days: int, *, limit: int = 100
) -> list[str]:
    """Return the exports that ended, have a book, and of which nothing is kept any longer."""
    ended = and_(exports.c.state.in_(_ENDED), exports.c.built_fencing.is_not(None))
    kept = and_(
        exports.c.state == State.EXPIRED,
        exports.c.channel == _MAILED,
        exports.c.created_at > rfc3339(now - timedelta(days=kept_days)),
    )
    return list(connection.execute(select(exports.c.id).where(ended, not_(kept)).limit(limit)).scalars())


def books_to_close(connection: Connection, *, limit: int = 100) -> list[tuple[str, int]]:
    """Return (export, fencing) of mailed books that expired and whose stored copy still has its key."""
    book = and_(
        minted_books.c.export == exports.c.id,
        minted_books.c.fencing == exports.c.built_fencing,
        minted_books.c.state == BUILT,
    )
    expired = and_(exports.c.state == State.EXPIRED, exports.c.channel == _MAILED)
    query = select(minted_books.c.export, minted_books.c.fencing).where(book, expired).limit(limit)
    return [(row.export, row.fencing) for row in connection.execute(query)]


def orphaned_books(connection: Connection, now: datetime, orphan_seconds: float) -> list[tuple[str, int]]:
    """Return (export, fencing) of keys that nothing adopted within the orphan age."""
    limit = rfc3339(now - timedelta(seconds=orphan_seconds))
    late = and_(minted_books.c.state == PERMITTED, minted_books.c.permitted_at <= limit)
    orphaned = or_(late, minted_books.c.state == DESTROYING)
    rows = connection.execute(select(minted_books.c.export, minted_books.c.fencing).where(orphaned))
    return [(row.export, row.fencing) for row in rows]


def gone_everywhere(destroyed_at: datetime, backup_window_days: int) -> date:
    """Return from which day on (UTC) no backup holds what was destroyed at a moment either (R33)."""
    return destroyed_at.astimezone(UTC).date() + timedelta(days=backup_window_days + 1)


def year_is_due(year: int, now: datetime, kept_years: int) -> bool:
    """Tell whether a year's pseudonyms were kept for their term, to the end of the last year of it."""
    return now.year > year + kept_years


def is_due(
    connection: Connection, name: str, now: datetime, *, orphan_seconds: float, kept_days: int
) -> bool:
    """Tell whether an object may be destroyed.

    Names: `book:<export>.<fencing>`, `key:…`, `passphrase:…`, `export:<export>`. `kept_days` is
    how long a mailed book's passphrase is kept.
    """
    kind, _, rest = name.partition(":")
    if kind not in _KINDS:
        return False
    if name in {book_object(*orphan) for orphan in orphaned_books(connection, now, orphan_seconds)}:
        return True
    try:
        found = export_by_id(connection, rest.partition(".")[0])
    except ExportNotFoundError:
        return False
    if found.state is State.EXPIRED and kind != "key":
        return _outlived(found, now, kept_days)
    return found.state in _OVER


def _outlived(export: Export, now: datetime, kept_days: int) -> bool:
    """Tell whether an expired export's passphrase outlived its term; one by link has none."""
    term = timedelta(days=kept_days)
    return export.channel != _MAILED or parse_rfc3339(export.created_at) + term <= now


def _is(export: str, fencing: int) -> ColumnElement[bool]:
    return and_(minted_books.c.export == export, minted_books.c.fencing == fencing)
