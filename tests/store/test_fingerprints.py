"""Tests of kept fingerprints: which book a new one is compared with, and that all are found again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from runtime.clock import rfc3339
from runtime.database import reading, writing
from store.fingerprints import keep_prints, kept_prints, last_prints
from store.tables import exports
from tests.installation import SATURDAY
from tests.store.makers import an_export

COLUMNS = "c1" * 32


def a_book(engine: Engine, day: int = 0, fencing: int = 1, columns: str = COLUMNS, **values: Any) -> str:
    """Add an export that was built some days after Saturday, with its fingerprints."""
    export = an_export(engine, **({"state": "received"} | values))
    with writing(engine) as connection:
        connection.execute(exports.update().where(exports.c.id == export).values(built_fencing=1))
        keep_prints(
            connection,
            export,
            fencing,
            snapshot_as_of=rfc3339(SATURDAY),
            columns_digest=columns,
            made_at=rfc3339(SATURDAY + timedelta(days=day)),
            prints=bytes([day]),
        )
    return export


def last_before(engine: Engine, export: str) -> str | None:
    """Return the export that a new one is compared with."""
    with reading(engine) as connection:
        found = last_prints(connection, export, columns_digest=COLUMNS)
    return None if found is None else found.export


def test_a_book_is_compared_with_the_newest_before_it(engine: Engine) -> None:
    """With none there is nothing to compare; of several it is the one that was built last."""
    asked = an_export(engine)
    assert last_before(engine, asked) is None

    older, newer = a_book(engine, 1), a_book(engine, 2)
    assert newer == last_before(engine, asked)
    assert last_before(engine, newer) == older


@pytest.mark.parametrize(
    "values",
    [
        {"agent": "0G96486"},
        {"purpose": "agency-oversight"},
        {"profile": "minimal"},
        {"columns": "c2" * 32},
        {"state": "failed"},
        {"state": "cancelled"},
        {"fencing": 2},
    ],
)
def test_a_book_of_another_kind_is_no_book_before(engine: Engine, values: dict[str, Any]) -> None:
    """Another agent's, for another purpose, of other columns, one that nobody had, a build given up."""
    a_book(engine, **values)

    assert last_before(engine, an_export(engine)) is None


def test_all_fingerprints_are_found_again(engine: Engine) -> None:
    """Each build's once, over as many portions as it takes."""
    books = [a_book(engine, number) for number in range(120)]
    with reading(engine) as connection:
        kept = list(kept_prints(connection))

    assert sorted(books) == [one.export for one in kept]
    assert {bytes([number]) for number in range(120)} == {one.prints for one in kept}
