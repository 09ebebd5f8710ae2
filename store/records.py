"""People's records: what decisions rest on, under a key that the database doesn't have.

Laws
1. A digest is HMAC-SHA256 over the record's canonical form: everything in the person's row and in
   their living invitation that a decision may rest on. Whoever changes one writes an entry with
   the digest of what then stands; the gate compares (rule F03), and so does the doctor.
2. Two moments change too often to be in it: when somebody last signed in and, of who stands in the
   newest roster, when that came. A row that puts them later than the ledger does is unsound too.
   That an invitation was accepted isn't in it either: it opens nothing without the code.
3. A record that doesn't fit, or that no entry ever told of, is unsound: nothing is decided on it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, ScalarSelect, Select, false, func, or_, select, true

from audit.events import Event
from audit.records import newest_record
from audit.tables import ledger_entries
from identity.invitations import CONSOLE
from runtime.parts import in_parts
from store.key_records import KeyRecords
from store.tables import invitations, people

KEY_BYTES = 32
"""Length of the key, in bytes."""

_USE = b"sealed-book person record v1\n"
_FEED_USE = b"sealed-book feed v1\n"
_APART = frozenset({"last_sign_in_at"})
_OF_INVITATION = ("id", "kind", "code_digest", "invited_by", "created_at", "expires_at", "approved_at")
_living = (
    (invitations.c.person == people.c.id)
    & invitations.c.joined_at.is_(None)
    & invitations.c.withdrawn_at.is_(None)
)


class Records:
    """Makes and compares the digests of people's records; `keys` does so for those of systems' keys."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"the key of people's records has {KEY_BYTES} bytes")
        self._key = key
        self.keys = KeyRecords(key)

    def feed(self, digest: str) -> str:
        """Return what entries call a feed (hex), by the SHA-256 (hex) of its bytes.

        A feed of one line could be guessed from its plain digest: an id has few digits.
        """
        return hmac.new(self._key, _FEED_USE + bytes.fromhex(digest), hashlib.sha256).hexdigest()

    def of(self, connection: Connection, person: str) -> str:
        """Return the digest (hex) of a person's record as it stands in this transaction.

        Raises LookupError where there is nobody of that id.
        """
        return self.of_all(connection, [person])[person]

    def of_all(self, connection: Connection, persons: Sequence[str]) -> dict[str, str]:
        """Return the digests of some people's records, by id; LookupError where one isn't there."""
        found: dict[str, str] = {}
        for some in in_parts(persons, _AT_ONCE):
            rows = connection.execute(_with_invitations(people.c.id.in_(some))).all()
            found |= {person: self._digest(lines) for person, lines in _by_person(rows).items()}
        if len(found) != len(set(persons)):
            raise LookupError("there is nobody of that id")
        return found

    def are_sound(self, connection: Connection, whose: Sequence[ColumnElement[bool]]) -> bool:
        """Tell whether the records of all people whom a condition names are as the ledger has them.

        One look-up, of rows and of what the ledger has of them. Whoever isn't there isn't wrong.
        """
        return self.fit(connection, comparing(*whose), {})

    def fit(self, connection: Connection, asking: Select[Any], values: Mapping[str, str]) -> bool:
        """Tell the same of everybody whom a query of `comparing` finds with these values."""
        return not self._unsound(connection, asking, values)

    def unsound(self, connection: Connection) -> list[str]:
        """Return the ids of all people whose record isn't as the ledger has it, in order."""
        return sorted(self._unsound(connection, comparing(true()), {}))

    def _unsound(self, connection: Connection, asking: Select[Any], whose: Mapping[str, str]) -> list[str]:
        rows = connection.execute(asking, whose).all()
        return [person for person, lines in _by_person(rows).items() if not self._is_sound(lines)]

    def _is_sound(self, lines: Sequence[Row[Any]]) -> bool:
        row = lines[0]
        is_dated = _is_by_then(row.last_sign_in_at, row.signed_in_at)
        if row.licence is not None and row.listed:
            is_dated &= _is_by_then(row.roster_at, row.roster_taken_at)
        recorded = row.recorded or ""
        return is_dated and hmac.compare_digest(recorded, self._digest(lines))

    def _digest(self, lines: Sequence[Row[Any]]) -> str:
        return hmac.new(self._key, _USE + _canonical(lines), hashlib.sha256).hexdigest()


def _is_by_then(moment: str | None, latest: str | None) -> bool:
    """Tell whether a row's moment isn't later than the ledger's. RFC 3339 in UTC sorts as it passes."""
    return moment is None or (latest is not None and moment <= latest)


def _newest(event: Event, actor: ColumnElement[str] | str) -> ScalarSelect[str]:
    entry = ledger_entries.c
    return select(func.max(entry.at)).where(entry.actor == actor, entry.event == event).scalar_subquery()


_AT_ONCE = 500
_BY_LEDGER = (
    newest_record(people.c.id),
    _newest(Event.SESSION_STARTED, people.c.id).label("signed_in_at"),
    _newest(Event.ROSTER_IMPORTED, CONSOLE).label("roster_taken_at"),
)


def comparing(*whose: ColumnElement[bool]) -> Select[Any]:
    """Return the query for the records of everybody whom one of the conditions names."""
    return _with_invitations(or_(false(), *whose)).add_columns(*_BY_LEDGER)


def _with_invitations(*conditions: ColumnElement[bool]) -> Select[Any]:
    """Select people beside their living invitations: a line for each, one at least for each person."""
    invited = [invitations.c[name].label(f"invitation.{name}") for name in _OF_INVITATION]
    return select(*people.c, *invited).outerjoin(invitations, _living).where(*conditions)


def _by_person(rows: Sequence[Row[Any]]) -> dict[str, list[Row[Any]]]:
    found: dict[str, list[Row[Any]]] = {}
    for row in rows:
        found.setdefault(row.id, []).append(row)
    return found


def _canonical(lines: Sequence[Row[Any]]) -> bytes:
    """Write a person's record: JSON in ASCII, names sorted, no spaces; what isn't set stands as null."""
    mapped = [row._mapping for row in lines]  # noqa: SLF001 - SQLAlchemy's documented way
    apart = _APART | ({"roster_at"} if mapped[0]["listed"] else frozenset())
    record = {name: mapped[0][name] for name in people.c.keys() if name not in apart}  # noqa: SIM118 - a mapping's own names
    invited = [
        {name: one[f"invitation.{name}"] for name in _OF_INVITATION}
        for one in mapped
        if one["invitation.id"] is not None
    ]
    record["invitations"] = sorted(invited, key=lambda one: str(one["id"]))
    return json.dumps(record, sort_keys=True, separators=(",", ":")).encode("ascii")
