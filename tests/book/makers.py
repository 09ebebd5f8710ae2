"""Makers of permitted tables, notices and keys, with defaults that a reader can trust."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

import pyarrow as pa

from audit.entry import Actor, Resource
from book.agile import MintedKey
from book.keymint import KeyMint
from book.notice import Notice, Party
from policies.actions import Action
from policies.arrow_types import rows_schema
from policies.columns import Catalogue
from policies.grant import Grant
from policies.table import PermittedTable, permit_table

AGENT = "0G58139"
EXPORT = "0b6ab0b2-52a6-4b3e-9d7b-6c7f3a1a9a11"
AS_OF = datetime(2026, 11, 21, 5, tzinfo=UTC)
NEXT_AS_OF = datetime(2026, 11, 28, 5, tzinfo=UTC)
DIGEST = "5e" * 32

_USUAL: Mapping[str, Any] = {
    "snapshot_as_of": AS_OF,
    "case_number": "0861100001",
    "consumer_kind": "Covered California",
    "household_size": 2,
    "delegation_status": "active",
    "agent_license_number": AGENT,
    "consumer_id": "1118207186",
    "first_name": "April",
    "last_name": "Ramos",
    "date_of_birth": date(1953, 12, 29),
    "primary_contact": True,
    "applying_for_coverage": False,
    "home_zip": "02134",
    "gross_premium": Decimal("584.75"),
    "net_premium": Decimal("0.00"),
    "_consumer": "2026:" + "0" * 32,
    "_case": "2026:" + "1" * 32,
}


@cache
def the_catalogue() -> Catalogue:
    """Return the shipped catalogue."""
    return Catalogue.load()


@cache
def a_minted_key() -> MintedKey:
    """Return one derived key for all tests: each costs a spin."""
    return KeyMint().mint()


def a_row(**values: Any) -> dict[str, Any]:
    """Return a row as a shard holds it: usual values where none are given."""
    return {**_USUAL, **values}


def a_grant(columns: Sequence[str] | None = None, **changes: Any) -> Grant:
    """Return a Grant to build the agent's own book, of all columns unless some are named."""
    every = (column.name for column in the_catalogue().columns)
    names = tuple(every if columns is None else columns)
    fields: dict[str, Any] = {
        "action": Action.BUILD_BOOK,
        "actor": Actor(kind="service", id="worker", role="service"),
        "resource": Resource(kind="export", id=EXPORT),
        "index": 7,
        "expires_at": NEXT_AS_OF,
        "columns": names,
        "profile": "agent",
        "purpose": "service-delegated-consumers",
        "agent": AGENT,
        "export": EXPORT,
        "fencing": 1,
    }
    return Grant(**(fields | changes))


def a_table(
    rows: Sequence[Mapping[str, Any]] | None = None,
    columns: Sequence[str] | None = None,
    *,
    withheld: int = 0,
    **changes: Any,
) -> PermittedTable:
    """Return what the Grant lets be shown of the rows: one usual row unless some are given."""
    catalogue = the_catalogue()
    schema = rows_schema(catalogue)
    data = pa.Table.from_pylist([a_row()] if rows is None else list(rows), schema=schema)
    table = permit_table(a_grant(columns, **changes), data, catalogue)
    return dataclasses.replace(table, withheld=withheld)


def a_notice(table: PermittedTable, **changes: Any) -> Notice:
    """Return the Notice of the agent's own book."""
    agent = Party(name="Tina Ward", license_number=AGENT)
    fields: dict[str, Any] = {
        "request_id": EXPORT,
        "agent": agent,
        "requested_by": agent,
        "recipient": agent,
        "purpose": "service-delegated-consumers",
        "profile": "agent",
        "as_of": AS_OF,
        "next_as_of": NEXT_AS_OF,
        "snapshot_digest": DIGEST,
        "revision": 1,
        "rows": table.data.num_rows,
        "withheld": table.withheld,
        "access_ends": datetime(2026, 12, 5, 8, tzinfo=UTC),
        "report_to": "Write to privacy@exchange.example or call (800) 555-0100.",
    }
    return Notice(**(fields | changes))
