"""Look-ups of people's records: the newest keyed digest of each, and who stands in the newest roster.

Explicit DDL, importing nothing of ours: a migration is history and doesn't change when the
tables' present definitions do. No entry before this one carried a record, so there is nothing to
take out of older entries.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_COUNT = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_REFUSAL = "a look-up is never changed or deleted"


def upgrade() -> None:
    """Make the table of records, and the column that says who is in the newest roster."""
    op.add_column("people", sa.Column("listed", sa.Boolean, nullable=False, server_default=sa.true()))
    op.create_table(
        "ledger_records",
        sa.Column("person", sa.Text, primary_key=True),
        sa.Column("index", _COUNT, primary_key=True, autoincrement=False),
        sa.Column("record", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    if op.get_bind().dialect.name != "sqlite":
        op.execute(
            "CREATE TRIGGER ledger_records_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_records "
            f"FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('{_REFUSAL}')"
        )
        return
    # INSERT OR REPLACE deletes without a delete trigger, so an insert onto a row that is there is refused.
    there = 'EXISTS (SELECT 1 FROM ledger_records WHERE person = NEW.person AND "index" = NEW."index")'
    for act, when in (("UPDATE", "1"), ("DELETE", "1"), ("INSERT", there)):
        op.execute(
            f"CREATE TRIGGER ledger_records_{act.lower()} BEFORE {act} ON ledger_records "
            f"WHEN {when} BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
        )
