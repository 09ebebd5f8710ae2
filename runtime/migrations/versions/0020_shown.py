"""Whom the pages of lists showed: the packed pseudonyms that each entry's root is made of, beside it.

Explicit DDL, importing nothing of ours: a migration is history and doesn't change when the
tables' present definitions do.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

_COUNT = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "ledger_shown",
        sa.Column("index", _COUNT, primary_key=True, autoincrement=False),
        sa.Column("consumers", sa.LargeBinary, nullable=False),
    )
