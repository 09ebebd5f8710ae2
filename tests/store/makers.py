"""Makers of rows, with defaults that a reader can trust."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Engine

from exports.export import Claim, Export
from runtime.clock import rfc3339
from runtime.database import reading, writing
from store.exports import add_export, claim_export, export_by_id
from store.people import person_by_licence
from store.tables import exports
from tests.installation import SATURDAY

AGENT = "0B65625"


def an_export(engine: Engine, **values: Any) -> str:
    """Add an accepted export of the agent's own book; return its id."""
    with writing(engine) as connection:
        fields: dict[str, Any] = {
            "id": str(uuid4()),
            "requester": person_by_licence(connection, AGENT).id,
            "agent": AGENT,
            "purpose": "service-delegated-consumers",
            "profile": "agent",
            "channel": "email",
            "created_at": rfc3339(SATURDAY),
        }
        made = fields | {name: value for name, value in values.items() if name in exports.c}
        add_export(connection, **made)
        changes = {name: value for name, value in values.items() if name == "state"}
        if changes:
            connection.execute(exports.update().where(exports.c.id == made["id"]).values(changes))
    return str(made["id"])


def a_claim(connection: Connection, export: str, owner: str = "one") -> Claim:
    """Claim an export on Saturday for 20 seconds."""
    claim = claim_export(connection, export, owner, SATURDAY, 20)
    assert claim is not None
    return claim


def read_export(engine: Engine, export: str) -> Export:
    """Return an export as it stands now."""
    with reading(engine) as connection:
        return export_by_id(connection, export)
