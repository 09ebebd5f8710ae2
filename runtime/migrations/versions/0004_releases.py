"""Downloads under way.

Explicit DDL, importing nothing of ours: a migration is history and doesn't change when the
tables' present definitions do.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the table of downloads that started and haven't ended; what was served is in the ledger."""
    op.create_table(
        "open_releases",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("export", sa.Text, sa.ForeignKey("exports.id"), nullable=False, index=True),
        sa.Column("fencing", sa.Integer, nullable=False),
        sa.Column("permit", sa.BigInteger, nullable=False),
        sa.Column("first", sa.BigInteger, nullable=False),
        sa.Column("end", sa.BigInteger, nullable=False),
        sa.Column("started_at", sa.Text, nullable=False),
    )
