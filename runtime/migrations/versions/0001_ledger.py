"""The ledger: entries, tree nodes, the one head, and signed checkpoints.

Explicit DDL, importing nothing of ours: a migration is history and doesn't change when the
tables' present definitions do. The triggers refuse by-the-way rewriting, such as a stray
UPDATE; whoever owns the database can drop them, and is found out by the signed checkpoints.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

# SQLite keeps an INTEGER key as the row's own number; elsewhere 2^31 entries would be too few.
_COUNT = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_EMPTY_ROOT = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

# SQLite: table, before what, when, refusal. INSERT OR REPLACE deletes without a delete trigger, so
# that inserts onto a row that is there are refused too.
_SQLITE_TRIGGERS = (
    ("ledger_entries", "UPDATE", "1", "an entry is never changed"),
    ("ledger_entries", "DELETE", "1", "an entry is never deleted"),
    (
        "ledger_entries",
        "INSERT",
        'NEW."index" IS NOT (SELECT COALESCE(MAX("index") + 1, 0) FROM ledger_entries)',
        "an entry follows the last one without a gap",
    ),
    ("ledger_nodes", "UPDATE", "1", "a node is never changed"),
    ("ledger_nodes", "DELETE", "1", "a node is never deleted"),
    (
        "ledger_nodes",
        "INSERT",
        "NEW.position IS NOT (SELECT COALESCE(MAX(position) + 1, 0) FROM ledger_nodes WHERE level=NEW.level)",
        "a node follows the last one of its level without a gap",
    ),
    ("ledger_head", "UPDATE", "NEW.size <= OLD.size OR NEW.at < OLD.at", "the head only moves forward"),
    ("ledger_head", "DELETE", "1", "the head is never deleted"),
    ("ledger_head", "INSERT", "(SELECT COUNT(*) FROM ledger_head)", "there is one head"),
    ("checkpoints", "UPDATE", "1", "a checkpoint is never changed"),
    ("checkpoints", "DELETE", "1", "a checkpoint is never deleted"),
    (
        "checkpoints",
        "INSERT",
        "NEW.size IN (SELECT size FROM checkpoints)",
        "a size has one checkpoint",
    ),
)

# PostgreSQL: what is refused for every row and for none, as an integrity error like SQLite's.
_POSTGRES_REFUSE = """
CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING MESSAGE = TG_ARGV[0], ERRCODE = 'integrity_constraint_violation';
END $$
"""
_POSTGRES_TRIGGERS = (
    ("ledger_entries", "UPDATE OR DELETE OR TRUNCATE", "STATEMENT", "an entry is never changed or deleted"),
    ("ledger_nodes", "UPDATE OR DELETE OR TRUNCATE", "STATEMENT", "a node is never changed or deleted"),
    ("checkpoints", "UPDATE OR DELETE OR TRUNCATE", "STATEMENT", "a checkpoint is never changed or deleted"),
    ("ledger_head", "DELETE OR TRUNCATE", "STATEMENT", "the head is never deleted"),
    (
        "ledger_head",
        "UPDATE",
        "ROW WHEN (NEW.size <= OLD.size OR NEW.at < OLD.at)",
        "the head only moves forward",
    ),
)
# table, its key, the rows that the new one follows, refusal.
_POSTGRES_ROWS = (
    ("ledger_entries", '"index"', "true", "an entry follows the last one without a gap"),
    (
        "ledger_nodes",
        "position",
        "level = NEW.level",
        "a node follows the last one of its level without a gap",
    ),
)


def _guard_postgres() -> None:
    op.execute(_POSTGRES_REFUSE)
    for number, (table, acts, each, refusal) in enumerate(_POSTGRES_TRIGGERS):
        op.execute(
            f"CREATE TRIGGER {table}_refuse_{number} BEFORE {acts} ON {table} "
            f"FOR EACH {each} EXECUTE FUNCTION ledger_refuse('{refusal}')"
        )
    for table, key, same, refusal in _POSTGRES_ROWS:
        last = f"SELECT COALESCE(MAX({key}) + 1, 0) FROM {table} WHERE {same}"  # noqa: S608 - names from above
        op.execute(
            f"CREATE FUNCTION {table}_follow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF NEW.{key} IS DISTINCT FROM ({last}) THEN "
            f"RAISE EXCEPTION USING MESSAGE = '{refusal}', ERRCODE = 'integrity_constraint_violation'; "
            "END IF; RETURN NEW; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {table}_follow BEFORE INSERT ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {table}_follow()"
        )


def upgrade() -> None:
    """Make the tables of room `audit`, and their guards."""
    op.create_table(
        "ledger_entries",
        sa.Column("index", _COUNT, primary_key=True, autoincrement=False),
        sa.Column("leaf", sa.LargeBinary(32), nullable=False),
        sa.Column("entry", sa.LargeBinary, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("agent", sa.Text),
        sa.Column("export", sa.Text),
        sa.Column("fencing", _COUNT),
    )
    op.create_index("ledger_entries_by_actor", "ledger_entries", ["actor", "event", "at"])
    op.create_index("ledger_entries_by_agent", "ledger_entries", ["agent", "event", "at"])
    op.create_index("ledger_entries_by_export", "ledger_entries", ["export", "event"])
    op.create_table(
        "ledger_nodes",
        sa.Column("level", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("position", _COUNT, primary_key=True, autoincrement=False),
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
        sqlite_with_rowid=False,
    )
    head = op.create_table(
        "ledger_head",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("size", _COUNT, nullable=False),
        sa.Column("root", sa.LargeBinary(32), nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.CheckConstraint("id = 1", name="one_head"),
    )
    op.create_table(
        "checkpoints",
        sa.Column("size", _COUNT, primary_key=True, autoincrement=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("signed_at", sa.Text, nullable=False),
    )
    op.bulk_insert(head, [{"id": 1, "size": 0, "root": bytes.fromhex(_EMPTY_ROOT), "at": ""}])
    if op.get_bind().dialect.name == "sqlite":
        for table, act, when, refusal in _SQLITE_TRIGGERS:
            op.execute(
                f"CREATE TRIGGER {table}_{act.lower()} BEFORE {act} ON {table} "
                f"WHEN {when} BEGIN SELECT RAISE(ABORT, '{refusal}'); END"
            )
    else:
        _guard_postgres()
