"""The tables of this room as SQLAlchemy Core sees them; the migrations hold the DDL.

Moments are RFC 3339 text (UTC, microseconds), so that they sort as they pass; days are
ISO dates; digests are hexadecimal text.
"""

from __future__ import annotations

import sqlalchemy as sa

from runtime.database import metadata

people = sa.Table(
    "people",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("username", sa.Text, nullable=False, unique=True),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("licence", sa.Text, unique=True),
    sa.Column("npn", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("email", sa.Text, nullable=False),
    sa.Column("agency_id", sa.Text, nullable=False),
    sa.Column("agency_name", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("business_address", sa.Text, nullable=False),
    sa.Column("licence_status", sa.Text, nullable=False),
    sa.Column("licence_expires_on", sa.Text, nullable=False),
    sa.Column("certification_status", sa.Text, nullable=False),
    sa.Column("certified_on", sa.Text, nullable=False),
    sa.Column("agreement_version", sa.Text, nullable=False),
    sa.Column("agreement_signed_on", sa.Text, nullable=False),
    sa.Column("training_completed_on", sa.Text, nullable=False),
    sa.Column("attested_on", sa.Text, nullable=False),
    sa.Column("email_changed_on", sa.Text, nullable=False),
    sa.Column("roster_at", sa.Text, nullable=False),
    sa.Column("listed", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("password_hash", sa.Text),
    sa.Column("factors_reset_at", sa.Text),
    sa.Column("last_sign_in_at", sa.Text),
    sa.Column("disabled", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("joined_at", sa.Text),
)

invitations = sa.Table(
    "invitations",
    metadata,
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

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("person", sa.Text, sa.ForeignKey("people.id"), nullable=False, index=True),
    sa.Column("csrf", sa.Text, nullable=False),
    sa.Column("created_at", sa.Text, nullable=False),
    sa.Column("used_at", sa.Text, nullable=False),
    sa.Column("mfa_at", sa.Text, nullable=False),
    sa.Column("ended_at", sa.Text),
)

exports = sa.Table(
    "exports",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("state", sa.Text, nullable=False, index=True),
    sa.Column("stage", sa.Text),
    sa.Column("reason", sa.Text),
    sa.Column("requester", sa.Text, sa.ForeignKey("people.id"), nullable=False, index=True),
    sa.Column("agent", sa.Text, nullable=False, index=True),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("profile", sa.Text, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("idempotency_key", sa.Text),
    sa.Column("created_at", sa.Text, nullable=False),
    sa.Column("expires_at", sa.Text),
    sa.Column("next_at", sa.Text),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
    sa.Column("owner", sa.Text),
    sa.Column("lease_until", sa.Text),
    sa.Column("fencing", sa.Integer, nullable=False, server_default="0"),
    sa.Column("built_fencing", sa.Integer),
    sa.Column("snapshot_as_of", sa.Text),
    sa.Column("snapshot_revision", sa.Integer),
    sa.Column("snapshot_digest", sa.Text),
    sa.Column("book_digest", sa.Text),
    sa.Column("rows", sa.Integer),
    sa.Column("withheld", sa.Integer),
    sa.Column("columns", sa.Integer),
    sa.Column("bytes", sa.Integer),
    sa.UniqueConstraint("requester", "idempotency_key", name="one_export_per_idempotency_key"),
)

minted_books = sa.Table(
    "minted_books",
    metadata,
    sa.Column("export", sa.Text, primary_key=True),
    sa.Column("fencing", sa.Integer, primary_key=True),
    sa.Column("permitted_at", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
)

oversight_notices = sa.Table(
    "oversight_notices",
    metadata,
    sa.Column("export", sa.Text, sa.ForeignKey("exports.id"), primary_key=True),
    sa.Column("agent", sa.Text, nullable=False),
    sa.Column("asked_at", sa.Text, nullable=False),
    sa.Column("next_at", sa.Text),
    sa.Column("begun_at", sa.Text),
    sa.Column("sent_at", sa.Text),
)

open_releases = sa.Table(
    "open_releases",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("export", sa.Text, sa.ForeignKey("exports.id"), nullable=False, index=True),
    sa.Column("fencing", sa.Integer, nullable=False),
    sa.Column("permit", sa.BigInteger, nullable=False),
    sa.Column("first", sa.BigInteger, nullable=False),
    sa.Column("end", sa.BigInteger, nullable=False),
    sa.Column("started_at", sa.Text, nullable=False),
)

leases = sa.Table(
    "leases",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("until", sa.Text, nullable=False),
)

outposts = sa.Table(
    "outposts",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("size", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("root", sa.Text),
    sa.Column("reached_at", sa.Text),
    sa.Column("next_at", sa.Text),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
    sa.Column("reason", sa.Text),
    sa.Column("paused", sa.Boolean, nullable=False, server_default=sa.false()),
)

cosignatures = sa.Table(
    "cosignatures",
    metadata,
    sa.Column("size", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("witness", sa.Text, primary_key=True),
    sa.Column("line", sa.Text, nullable=False),
    sa.Column("kept_at", sa.Text, nullable=False),
)

stranger_counts = sa.Table(
    "stranger_counts",
    metadata,
    sa.Column("minute", sa.Text, primary_key=True),
    sa.Column("network", sa.Text, primary_key=True),
    sa.Column("count", sa.Integer, nullable=False),
)

api_keys = sa.Table(
    "api_keys",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("digest", sa.Text, nullable=False, unique=True),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("issuer", sa.Text, nullable=False),
    sa.Column("agency", sa.Text, index=True),
    sa.Column("issued_at", sa.Text, nullable=False),
    sa.Column("expires_at", sa.Text, nullable=False),
    sa.Column("revoked_at", sa.Text),
)

export_fingerprints = sa.Table(
    "export_fingerprints",
    metadata,
    sa.Column("export", sa.Text, sa.ForeignKey("exports.id"), primary_key=True),
    sa.Column("fencing", sa.Integer, primary_key=True),
    sa.Column("snapshot_as_of", sa.Text, nullable=False),
    sa.Column("columns_digest", sa.Text, nullable=False),
    sa.Column("made_at", sa.Text, nullable=False),
    sa.Column("prints", sa.LargeBinary, nullable=False),
)
