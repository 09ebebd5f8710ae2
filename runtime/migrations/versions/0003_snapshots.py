"""Snapshots: import attempts and what they came to, and how many rows each agent has in one.

Explicit DDL, importing nothing of ours: a migration is history and doesn't change when the
tables' present definitions do.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables of room `snapshot`."""
    op.create_table(
        "snapshots",
        sa.Column("attempt", sa.Text, primary_key=True),
        sa.Column("as_of", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("digest", sa.Text),
        sa.Column("source_sha256", sa.Text, nullable=False),
        sa.Column("rows", sa.Integer, nullable=False),
        sa.Column("agents", sa.Integer, nullable=False),
        sa.Column("begun_at", sa.Text, nullable=False),
        sa.Column("checked_at", sa.Text),
        sa.Column("published_at", sa.Text),
    )
    # Never two published of the same moment and revision, whatever the code above does.
    op.create_index(
        "one_published_snapshot_per_revision",
        "snapshots",
        ["as_of", "revision"],
        unique=True,
        sqlite_where=sa.text("state = 'published'"),
        postgresql_where=sa.text("state = 'published'"),
    )
    op.create_table(
        "snapshot_agents",
        sa.Column("attempt", sa.Text, sa.ForeignKey("snapshots.attempt"), primary_key=True),
        sa.Column("agent", sa.Text, primary_key=True),
        sa.Column("rows", sa.Integer, nullable=False),
    )
