"""Who may do what in a PostgreSQL database: its owner migrates, the house works with less.

Law: where the house signs in as another role than the tables' owner, it reads the ledger and
adds to it through the owner's functions (migration 0009), and has no other right to it. With one
role for both everything works as well; `doctor` says that the separation is missing.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, Engine, text

from runtime.database import migrate, open_database, reading, writing

READ_ONLY: Final = frozenset({"alembic_version", "ledger_head", "ledger_prunings"})
"""Tables that the house only reads."""
DOORED: Final = frozenset({"ledger_entries", "ledger_nodes", "ledger_rules", "ledger_records"})
"""Tables that the house reads, and adds to through the owner's functions."""
ADDED_TO: Final = frozenset({"checkpoints", "ledger_inputs", "ledger_shown"})
"""Tables that the house reads and adds rows to itself."""
_DOORS = "ledger_lock(), ledger_append(bigint, bytea[])"
_TABLES = text(
    "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"
)
_TOO_MUCH = text(
    "SELECT bool_or(has_table_privilege(oid, 'INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER')) FROM pg_class"
    " WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace AND relname = ANY(:names)"
)


def bring_up(database: str, owner: str = "") -> str | None:
    """Bring a database to the newest shape; `owner` is the URL as its owner signs in, if another role.

    Returns the shape that it had, None for an empty one. Raises SQLAlchemyError, among them
    DatabaseUnfitError.
    """
    house = open_database(database)
    try:
        if not owner:
            return migrate(house)
        with reading(house) as connection:
            role = str(connection.execute(text("SELECT current_user")).scalar_one())
        owning = open_database(owner)
        try:
            had = migrate(owning)
            with writing(owning) as connection:
                share(connection, role)
            return had
        finally:
            owning.dispose()
    finally:
        house.dispose()


def share(connection: Connection, role: str) -> None:
    """Give a role what the house needs, and no more; the connection is the owner's."""
    quoted = connection.dialect.identifier_preparer.quote_identifier
    name = quoted(role)
    for table in connection.execute(_TABLES).scalars().all():
        connection.execute(text(f"REVOKE ALL ON {quoted(table)} FROM {name}"))
        connection.execute(text(f"GRANT {_rights(table)} ON {quoted(table)} TO {name}"))
    connection.execute(text(f"GRANT EXECUTE ON FUNCTION {_DOORS} TO {name}"))


def is_separated(engine: Engine) -> bool:
    """Tell whether the engine's role can't write the ledger's tables itself."""
    with reading(engine) as connection:
        names = sorted(READ_ONLY | DOORED)
        return connection.execute(_TOO_MUCH, {"names": names}).scalar_one() is False


def _rights(table: str) -> str:
    if table in READ_ONLY | DOORED:
        return "SELECT"
    return "SELECT, INSERT" if table in ADDED_TO else "SELECT, INSERT, UPDATE, DELETE"
