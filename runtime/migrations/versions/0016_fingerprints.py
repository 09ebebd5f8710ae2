"""Keyed fingerprints of each built book's rows, by which a copy is traced.

Explicit DDL, importing nothing of ours: a migration is history and doesn't change when the
tables' present definitions do.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Make the table of fingerprints."""
    op.create_table(
        "export_fingerprints",
        sa.Column("export", sa.Text, sa.ForeignKey("exports.id"), primary_key=True),
        sa.Column("fencing", sa.Integer, primary_key=True),
        sa.Column("snapshot_as_of", sa.Text, nullable=False),
        sa.Column("columns_digest", sa.Text, nullable=False),
        sa.Column("made_at", sa.Text, nullable=False),
        sa.Column("prints", sa.LargeBinary, nullable=False),
    )
