"""What the outside has of the ledger: anchors, witnesses' cosignatures, outgoing streams.

Explicit DDL, importing nothing of ours: a migration is history and doesn't change when the
tables' present definitions do.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the tables of how far each outpost is, and of the witnesses' lines."""
    op.create_table(
        "outposts",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("size", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("root", sa.Text),
        sa.Column("reached_at", sa.Text),
        sa.Column("next_at", sa.Text),
        sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
        sa.Column("reason", sa.Text),
        sa.Column("paused", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    op.create_table(
        "cosignatures",
        sa.Column("size", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("witness", sa.Text, primary_key=True),
        sa.Column("line", sa.Text, nullable=False),
        sa.Column("kept_at", sa.Text, nullable=False),
    )
