"""Invitations, when people joined, and what agents are told of books that others asked for.

Explicit DDL, importing nothing of ours: a migration is history and doesn't change when the
tables' present definitions do.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the tables of invitations and of notices about oversight."""
    op.add_column("people", sa.Column("joined_at", sa.Text))
    op.create_table(
        "invitations",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("person", sa.Text, sa.ForeignKey("people.id"), nullable=False, index=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("code_digest", sa.Text, nullable=False, unique=True),
        sa.Column("invited_by", sa.Text, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("expires_at", sa.Text, nullable=False),
        sa.Column("approved_at", sa.Text),
        sa.Column("accepted_at", sa.Text),
        sa.Column("password_hash", sa.Text),
        sa.Column("joined_at", sa.Text),
        sa.Column("withdrawn_at", sa.Text),
    )
    op.create_table(
        "oversight_notices",
        sa.Column("export", sa.Text, sa.ForeignKey("exports.id"), primary_key=True),
        sa.Column("agent", sa.Text, nullable=False),
        sa.Column("asked_at", sa.Text, nullable=False),
        sa.Column("next_at", sa.Text),
        sa.Column("begun_at", sa.Text),
        sa.Column("sent_at", sa.Text),
    )
