"""Failed sign-ins of unknown names, counted by network and minute until they are recorded.

Explicit DDL, importing nothing of ours: a migration is history and doesn't change when the
tables' present definitions do.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Make the table of counts."""
    op.create_table(
        "stranger_counts",
        sa.Column("minute", sa.Text, primary_key=True),
        sa.Column("network", sa.Text, primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
    )
