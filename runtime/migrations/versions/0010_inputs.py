"""What decisions were decided on: the facts beside the ledger, proven by each decision's entry.

Explicit DDL, importing nothing of ours: a migration is history and doesn't change when the
tables' present definitions do.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_COUNT = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the table of facts."""
    op.create_table(
        "ledger_inputs",
        sa.Column("index", _COUNT, primary_key=True, autoincrement=False),
        sa.Column("facts", sa.Text, nullable=False),
    )
