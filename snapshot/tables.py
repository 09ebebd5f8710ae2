"""The tables of this room as SQLAlchemy Core sees them; the migration holds the DDL.

Moments are RFC 3339 text (UTC, microseconds), so that they sort as they pass; digests are
hexadecimal text. An attempt has no revision, digest and summary (JSON, see `changes.py`) before it
is checked; `reason` is why it corrects one in force.
"""

from __future__ import annotations

from enum import StrEnum

import sqlalchemy as sa

from runtime.database import metadata


class State(StrEnum):
    """How far an import attempt came."""

    IMPORTING = "importing"
    CHECKED = "checked"
    PUBLISHED = "published"
    REFUSED = "refused"
    ABANDONED = "abandoned"
    SUPERSEDED = "superseded"
    DESTROYED = "destroyed"


WAS_PUBLISHED = frozenset({State.PUBLISHED, State.DESTROYED})
"""States of what was in force once; a destroyed one's rows are gone, and what is known of it stays."""


snapshots = sa.Table(
    "snapshots",
    metadata,
    sa.Column("attempt", sa.Text, primary_key=True),
    sa.Column("as_of", sa.Text, nullable=False),
    sa.Column("revision", sa.Integer),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("digest", sa.Text),
    sa.Column("source_sha256", sa.Text, nullable=False),
    sa.Column("rows", sa.Integer, nullable=False),
    sa.Column("agents", sa.Integer, nullable=False),
    sa.Column("begun_at", sa.Text, nullable=False),
    sa.Column("checked_at", sa.Text),
    sa.Column("published_at", sa.Text),
    sa.Column("reason", sa.Text),
    sa.Column("summary", sa.Text),
    sa.Column("destroyed_at", sa.Text),
    sa.Index(
        "one_published_snapshot_per_revision",
        "as_of",
        "revision",
        unique=True,
        sqlite_where=sa.text("state IN ('published', 'destroyed')"),
        postgresql_where=sa.text("state IN ('published', 'destroyed')"),
    ),
)

snapshot_agents = sa.Table(
    "snapshot_agents",
    metadata,
    sa.Column("attempt", sa.Text, sa.ForeignKey("snapshots.attempt"), primary_key=True),
    sa.Column("agent", sa.Text, primary_key=True),
    sa.Column("rows", sa.Integer, nullable=False),
)

# Which consumers (by pseudonym) were delegated to whom: what began or ended with each import, or,
# where it is `full`, all its pairs. They count once its snapshot is published; see `delegations.py`.
# `year` is the pairs' pseudonyms' where they are all of one.
delegation_imports = sa.Table(
    "delegation_imports",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("attempt", sa.Text, sa.ForeignKey("snapshots.attempt"), nullable=False, unique=True),
    sa.Column("base", sa.Integer, sa.ForeignKey("delegation_imports.number")),
    sa.Column("full", sa.Boolean, nullable=False),
    sa.Column("written", sa.Boolean, nullable=False),
    sa.Column("year", sa.Integer),
)

delegation_changes = sa.Table(
    "delegation_changes",
    metadata,
    sa.Column("pseudonym", sa.LargeBinary, primary_key=True),
    sa.Column("agent", sa.Text, primary_key=True),
    sa.Column(
        "import", sa.Integer, sa.ForeignKey("delegation_imports.number"), primary_key=True, key="number"
    ),
    sa.Column("begins", sa.Boolean, nullable=False),
    sa.Index("delegation_changes_by_agent", "agent", "number"),
    sqlite_with_rowid=False,
)

delegation_pairs = sa.Table(
    "delegation_pairs",
    metadata,
    sa.Column(
        "import", sa.Integer, sa.ForeignKey("delegation_imports.number"), primary_key=True, key="number"
    ),
    sa.Column("bucket", sa.Integer, primary_key=True),
    sa.Column("pairs", sa.LargeBinary, nullable=False),
)

# Which pairs a feed ended between two snapshots, one line for each pseudonym that a consumer may have
# in a snapshot; `consumer` is the first of them and joins them; `settled_at` is when a person said that
# the exchange's data are right after all. See `ended.py`.
delegation_ends = sa.Table(
    "delegation_ends",
    metadata,
    sa.Column("agent", sa.Text, primary_key=True),
    sa.Column("pseudonym", sa.LargeBinary, primary_key=True),
    sa.Column("ended_at", sa.Text, primary_key=True),
    sa.Column("consumer", sa.LargeBinary, nullable=False),
    sa.Column("feed", sa.Text, nullable=False),
    sa.Column("kept_at", sa.Text, nullable=False),
    sa.Column("settled_at", sa.Text),
)

# What is kept of a snapshot beyond its weeks, for the law; see `holds.py`.
snapshot_holds = sa.Table(
    "snapshot_holds",
    metadata,
    sa.Column("attempt", sa.Text, sa.ForeignKey("snapshots.attempt"), primary_key=True),
    sa.Column("agent", sa.Text, primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("review_on", sa.Text, nullable=False),
    sa.Column("asked_at", sa.Text, nullable=False),
    sa.Column("ended_at", sa.Text),
)
