"""Which year the pseudonyms of an import's pairs are of, so that a look-up skips the other years.

Explicit DDL, importing nothing of ours: a migration is history and doesn't change when the
tables' present definitions do.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Add the column; of imports before it the year stays unknown, and every look-up reads them."""
    op.add_column("delegation_imports", sa.Column("year", sa.Integer))
