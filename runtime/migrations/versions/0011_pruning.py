"""Retention: the bytes of an entry may go when ten years are over and the ledger says that they do.

Explicit DDL, importing nothing of ours: a migration is history and doesn't change when the
tables' present definitions do. The guard of `ledger_entries` lets through one kind of change and
no other: an entry below a recorded pruning loses its bytes and what its look-ups say of whom it
is about. A pruning is recorded under an entry that says so and ten years after all that it covers.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_COUNT = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_CHANGED = "an entry is never changed"
_UNRECORDED = "a pruning follows its entry, ten years after what it covers"

# What may differ between an entry and what is left of it.
_LEFT = """
    OLD."index" < (SELECT MAX(below) FROM ledger_prunings)
    AND length(OLD.entry) > 0 AND length(NEW.entry) = 0
    AND NEW.agent IS NULL AND NEW.export IS NULL AND NEW.fencing IS NULL
    AND NEW."index" = OLD."index" AND NEW.leaf = OLD.leaf AND NEW.at = OLD.at
    AND NEW.event = OLD.event AND NEW.action = OLD.action AND NEW.outcome = OLD.outcome
    AND NEW.actor = OLD.actor
"""
# The last entry that a pruning covers, and the entry that records it, each with its moment; the two
# kinds of database differ in how they write a year of four digits.
_RECORDED = """
    EXISTS (
        SELECT 1 FROM ledger_entries last, ledger_entries record
        WHERE last."index" = NEW.below - 1 AND record."index" = NEW."index"
        AND record.event = 'ledger.pruned' AND last."index" < record."index"
        AND last.at < {years_before}
    )
"""
_SQLITE_BEFORE = "printf('%04d', CAST(substr(record.at, 1, 4) AS INTEGER) - 10) || substr(record.at, 5)"
_POSTGRES_BEFORE = "lpad((left(record.at, 4)::integer - 10)::text, 4, '0') || substr(record.at, 5)"


def upgrade() -> None:
    """Make the table of prunings, and let the entries' guard through what they cover."""
    op.create_table(
        "ledger_prunings",
        sa.Column("index", _COUNT, primary_key=True, autoincrement=False),
        sa.Column("below", _COUNT, nullable=False),
    )
    if op.get_bind().dialect.name == "sqlite":
        _guard_sqlite()
    else:
        _guard_postgres()


def _guard_sqlite() -> None:
    recorded = _RECORDED.format(years_before=_SQLITE_BEFORE)
    op.execute("DROP TRIGGER ledger_entries_update")
    # INSERT OR REPLACE deletes without a delete trigger, so an insert onto a row that is there is refused.
    there = 'NEW."index" IN (SELECT "index" FROM ledger_prunings)'
    for table, act, when, refusal in (
        ("ledger_entries", "UPDATE", f"({_LEFT}) IS NOT 1", _CHANGED),
        ("ledger_prunings", "INSERT", f"{there} OR NOT {recorded}", _UNRECORDED),
        ("ledger_prunings", "UPDATE", "1", _UNRECORDED),
        ("ledger_prunings", "DELETE", "1", _UNRECORDED),
    ):
        op.execute(
            f"CREATE TRIGGER {table}_{act.lower()} BEFORE {act} ON {table} "
            f"WHEN {when} BEGIN SELECT RAISE(ABORT, '{refusal}'); END"
        )


def _guard_postgres() -> None:
    recorded = _RECORDED.format(years_before=_POSTGRES_BEFORE)
    op.execute("DROP TRIGGER ledger_entries_refuse_0 ON ledger_entries")
    op.execute(
        "CREATE TRIGGER ledger_entries_refuse_0 BEFORE DELETE OR TRUNCATE ON ledger_entries "
        f"FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('{_CHANGED} or deleted')"
    )
    op.execute(
        "CREATE TRIGGER ledger_prunings_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_prunings "
        f"FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('{_UNRECORDED}')"
    )
    for table, act, condition, refusal in (
        ("ledger_entries", "UPDATE", _LEFT, f"{_CHANGED} or deleted"),
        ("ledger_prunings", "INSERT", recorded, _UNRECORDED),
    ):
        op.execute(
            f"CREATE FUNCTION {table}_prune() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF ({condition}) IS NOT TRUE THEN "
            f"RAISE EXCEPTION USING MESSAGE = '{refusal}', ERRCODE = 'integrity_constraint_violation'; "
            "END IF; RETURN NEW; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {table}_prune BEFORE {act} ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {table}_prune()"
        )
