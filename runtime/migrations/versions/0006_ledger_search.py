"""Look-ups for reviewers: entries by person, action, outcome and rule, newest first.

Explicit DDL, importing nothing of ours: a migration is history and doesn't change when the
tables' present definitions do. Entries that are there already are looked up like later ones,
so their rules are taken out of them here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_COUNT = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_COLUMNS = ("actor", "action", "outcome")
_AT_ONCE = 1000
_REFUSAL = "a look-up is never changed or deleted"


def upgrade() -> None:
    """Make the indexes, and the table of the rules that determined each decision."""
    for column in _COLUMNS:
        op.create_index(f"ledger_entries_newest_by_{column}", "ledger_entries", [column, "index"])
    rules = op.create_table(
        "ledger_rules",
        sa.Column("rule", sa.Text, primary_key=True),
        sa.Column("index", _COUNT, primary_key=True, autoincrement=False),
        sqlite_with_rowid=False,
    )
    entries = sa.table("ledger_entries", sa.column("index"), sa.column("entry"), sa.column("event"))
    decisions = sa.select(entries.c["index"], entries.c.entry).where(entries.c.event.like("%.requested"))
    for some in op.get_bind().execute(decisions).partitions(_AT_ONCE):
        op.bulk_insert(rules, [row for index, entry in some for row in _rows(index, entry)])
    _guard()


def _rows(index: int, entry: bytes) -> Iterator[dict[str, Any]]:
    return ({"rule": rule, "index": index} for rule in json.loads(entry)["rules"])


def _guard() -> None:
    if op.get_bind().dialect.name != "sqlite":
        op.execute(
            "CREATE TRIGGER ledger_rules_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_rules "
            f"FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('{_REFUSAL}')"
        )
        return
    # INSERT OR REPLACE deletes without a delete trigger, so an insert onto a row that is there is refused.
    there = 'EXISTS (SELECT 1 FROM ledger_rules WHERE rule = NEW.rule AND "index" = NEW."index")'
    for act, when in (("UPDATE", "1"), ("DELETE", "1"), ("INSERT", there)):
        op.execute(
            f"CREATE TRIGGER ledger_rules_{act.lower()} BEFORE {act} ON ledger_rules "
            f"WHEN {when} BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
        )
