"""Snapshots: when one was destroyed after its term; a destroyed one still holds its revision's place.

Explicit DDL, importing nothing of ours: a migration is history and doesn't change when the
tables' present definitions do.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

_INDEX = "one_published_snapshot_per_revision"


def upgrade() -> None:
    """Add the moment, and make the index anew."""
    op.add_column("snapshots", sa.Column("destroyed_at", sa.Text))
    op.drop_index(_INDEX, "snapshots")
    was_published = sa.text("state IN ('published', 'destroyed')")
    op.create_index(
        _INDEX,
        "snapshots",
        ["as_of", "revision"],
        unique=True,
        sqlite_where=was_published,
        postgresql_where=was_published,
    )
