"""Since when a person's word has settled an end of a delegation.

Explicit DDL, importing nothing of ours: a migration is history and doesn't change when the
tables' present definitions do.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Add the column; no end is settled yet."""
    op.add_column("delegation_ends", sa.Column("settled_at", sa.Text))
