"""The records of systems' keys: what decisions rest on, under a key that the database doesn't have.

Law: as with people's records, whoever changes a key's row writes an entry with the digest of what then
stands. A row that doesn't fit the newest one, or that no entry ever told of, is unsound (rule F03).
"""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, select, true

from audit.records import newest_record
from store.tables import api_keys

_USE = b"sealed-book api key record v1\n"
_recorded = newest_record(api_keys.c.id)


class KeyRecords:
    """Makes and compares the digests of keys' records."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of(self, connection: Connection, key: str) -> str:
        """Return the digest (hex) of a key's row as it stands in this transaction, or raise LookupError."""
        row = connection.execute(select(api_keys).where(api_keys.c.id == key)).one_or_none()
        if row is None:
            raise LookupError("there is no key of that id")
        return self._digest(row)

    def is_sound(self, connection: Connection, key: str) -> bool:
        """Tell whether a key's row is as the ledger has it. One that isn't there isn't wrong."""
        return not self._unsound(connection, api_keys.c.id == key)

    def unsound(self, connection: Connection) -> list[str]:
        """Return the ids of all keys whose row isn't as the ledger has it, in order."""
        return sorted(self._unsound(connection, true()))

    def _unsound(self, connection: Connection, which: ColumnElement[bool]) -> list[str]:
        asking: Select[Any] = select(*api_keys.c, _recorded).where(which)
        rows = connection.execute(asking).all()
        return [row.id for row in rows if not hmac.compare_digest(row.recorded or "", self._digest(row))]

    def _digest(self, row: Row[Any]) -> str:
        said = {name: getattr(row, name) for name in api_keys.c.keys()}  # noqa: SIM118 - a mapping's own names
        canonical = json.dumps(said, sort_keys=True, separators=(",", ":")).encode("ascii")
        return hmac.new(self._key, _USE + canonical, hashlib.sha256).hexdigest()
