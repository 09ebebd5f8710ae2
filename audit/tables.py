"""The ledger's tables, as migrations 0001, 0006 and 0007 make them.

`ledger_nodes` holds levels 1 and up; level 0 is the leaf beside its entry. The plain columns
of `ledger_entries`, `ledger_rules` and `ledger_records` are copies for look-ups, written
with the entry; the bytes in `entry` alone are evidence.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, Text

from runtime.database import metadata

_COUNT = BigInteger().with_variant(Integer, "sqlite")

ledger_entries = Table(
    "ledger_entries",
    metadata,
    Column("index", _COUNT, primary_key=True, autoincrement=False),
    Column("leaf", LargeBinary(32), nullable=False),
    Column("entry", LargeBinary, nullable=False),
    Column("at", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("agent", Text),
    Column("export", Text),
    Column("fencing", _COUNT),
    Index("ledger_entries_by_actor", "actor", "event", "at"),
    Index("ledger_entries_by_agent", "agent", "event", "at"),
    Index("ledger_entries_by_export", "export", "event"),
    *(Index(f"ledger_entries_newest_by_{name}", name, "index") for name in ("actor", "action", "outcome")),
)

IS_WHOLE = ledger_entries.c.entry != b""
"""Whether an entry still has its bytes: see `pruning.py`."""

ledger_rules = Table(
    "ledger_rules",
    metadata,
    Column("rule", Text, primary_key=True),
    Column("index", _COUNT, primary_key=True, autoincrement=False),
)

ledger_records = Table(
    "ledger_records",
    metadata,
    Column("person", Text, primary_key=True),
    Column("index", _COUNT, primary_key=True, autoincrement=False),
    Column("record", Text, nullable=False),
)

ledger_inputs = Table(
    "ledger_inputs",
    metadata,
    Column("index", _COUNT, primary_key=True, autoincrement=False),
    Column("facts", Text, nullable=False),
)

ledger_shown = Table(
    "ledger_shown",
    metadata,
    Column("index", _COUNT, primary_key=True, autoincrement=False),
    Column("consumers", LargeBinary, nullable=False),
)

ledger_prunings = Table(
    "ledger_prunings",
    metadata,
    Column("index", _COUNT, primary_key=True, autoincrement=False),
    Column("below", _COUNT, nullable=False),
)

ledger_nodes = Table(
    "ledger_nodes",
    metadata,
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("position", _COUNT, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary(32), nullable=False),
)

ledger_head = Table(
    "ledger_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("size", _COUNT, nullable=False),
    Column("root", LargeBinary(32), nullable=False),
    Column("at", Text, nullable=False),
)

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("size", _COUNT, primary_key=True, autoincrement=False),
    Column("note", Text, nullable=False),
    Column("signed_at", Text, nullable=False),
)
