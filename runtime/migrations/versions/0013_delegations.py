"""Delegations over time: what began and ended with each import, and each import's packed pairs.

Explicit DDL, importing nothing of ours: a migration is history and doesn't change when the
tables' present definitions do.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Make the three tables."""
    op.create_table(
        "delegation_imports",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("attempt", sa.Text, sa.ForeignKey("snapshots.attempt"), nullable=False, unique=True),
        sa.Column("base", sa.Integer, sa.ForeignKey("delegation_imports.number")),
        sa.Column("full", sa.Boolean, nullable=False),
        sa.Column("written", sa.Boolean, nullable=False),
    )
    op.create_table(
        "delegation_changes",
        sa.Column("pseudonym", sa.LargeBinary, primary_key=True),
        sa.Column("agent", sa.Text, primary_key=True),
        sa.Column("import", sa.Integer, sa.ForeignKey("delegation_imports.number"), primary_key=True),
        sa.Column("begins", sa.Boolean, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("delegation_changes_by_agent", "delegation_changes", ["agent", "import"])
    op.create_table(
        "delegation_pairs",
        sa.Column("import", sa.Integer, sa.ForeignKey("delegation_imports.number"), primary_key=True),
        sa.Column("bucket", sa.Integer, primary_key=True),
        sa.Column("pairs", sa.LargeBinary, nullable=False),
    )
