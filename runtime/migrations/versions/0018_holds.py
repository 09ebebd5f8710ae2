"""Legal holds: whose rows of a snapshot are kept beyond its weeks, why, and when that is looked at again.

Explicit DDL, importing nothing of ours: a migration is history and doesn't change when the
tables' present definitions do.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "snapshot_holds",
        sa.Column("attempt", sa.Text, sa.ForeignKey("snapshots.attempt"), primary_key=True),
        sa.Column("agent", sa.Text, primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("review_on", sa.Text, nullable=False),
        sa.Column("asked_at", sa.Text, nullable=False),
        sa.Column("ended_at", sa.Text),
    )
