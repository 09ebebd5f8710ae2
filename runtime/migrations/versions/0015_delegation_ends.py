"""Delegations that a feed ended between two snapshots.

Explicit DDL, importing nothing of ours: a migration is history and doesn't change when the
tables' present definitions do.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "delegation_ends",
        sa.Column("agent", sa.Text, primary_key=True),
        sa.Column("pseudonym", sa.LargeBinary, primary_key=True),
        sa.Column("ended_at", sa.Text, primary_key=True),
        sa.Column("consumer", sa.LargeBinary, nullable=False),
        sa.Column("feed", sa.Text, nullable=False),
        sa.Column("kept_at", sa.Text, nullable=False),
    )
