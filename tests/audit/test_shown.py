"""Whom entries showed, beside the ledger: kept by index, read many at once."""

from __future__ import annotations

from pathlib import Path

from audit.shown import keep_shown, kept_shown
from runtime.database import reading, writing
from tests.factories import a_database


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    """By the entry's index, an empty list among them; what isn't there is left out."""
    engine = a_database(tmp_path)
    many = {index: index.to_bytes(18) for index in range(1, 1100)}
    with writing(engine) as connection:
        keep_shown(connection, {})
        keep_shown(connection, {0: b"", **many})
    with reading(engine) as connection:
        assert {0: b"", 7: many[7]} == kept_shown(connection, [0, 7, 7, 5000])
        assert many == kept_shown(connection, range(1, 1300))
        assert {} == kept_shown(connection, [])
    engine.dispose()
