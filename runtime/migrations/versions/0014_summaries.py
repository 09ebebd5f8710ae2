"""Snapshots: what a checked attempt holds and changes, and why a correction corrects.

Explicit DDL, importing nothing of ours: a migration is history and doesn't change when the
tables' present definitions do.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add the two columns."""
    op.add_column("snapshots", sa.Column("reason", sa.Text))
    op.add_column("snapshots", sa.Column("summary", sa.Text))
