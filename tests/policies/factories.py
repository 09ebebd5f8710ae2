"""Facts, grants and rows with defaults that a reader can trust: everything in order, as of one moment."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, TypeVar, get_type_hints

import pyarrow as pa

from audit.entry import Actor, Resource
from policies.actions import Action
from policies.arrow_types import rows_schema
from policies.columns import Catalogue, ColumnType
from policies.facts import FACTS_OF, Facts
from policies.grant import Grant

TODAY = date(2026, 11, 21).toordinal()
NOW = int(datetime(2026, 11, 21, 20, tzinfo=UTC).timestamp())
LICENCE = "0G58139"
ANOTHER_LICENCE = "0B65625"

GOOD: dict[str, dict[str, Any]] = {
    "moment": {"now": NOW, "today": TODAY},
    "person": {"role": "agent", "disabled": False, "idle_days": 0, "recorded": True},
    "licensing": {
        "licence": LICENCE,
        "licence_status": "active",
        "licence_expires_day": TODAY,
        "certification_status": "active",
        "certified_day": TODAY - 365,
        "agreement_version": "2026-01",
        "agreement_signed_day": TODAY - 1826,
        "training_day": TODAY - 365,
        "attested_day": TODAY - 365,
        "address_changed_at": NOW - 72 * 3600,
        "factors_reset_at": NOW - 72 * 3600,
        "roster_age_days": 8,
    },
    "session": {
        "current": True,
        "open_sessions": 1,
        "idle_seconds": 900,
        "age_seconds": 43200,
        "mfa": True,
        "mfa_age_seconds": 300,
        "failed_factors": 4,
    },
    "subject": {"licence": LICENCE, "is_actor": True, "same_agency": True},
    "request": {
        "purpose": "service-delegated-consumers",
        "channel": "link",
        "profile": "agent",
        "acknowledged": True,
    },
    "quota": {"exports_24h": 9},
    "columns": {"known": True, "in_profile": True},
    "holding": {"agent": LICENCE},
    "freshness": {
        "snapshot_published": True,
        "snapshot_is_newest": True,
        "snapshot_age_days": 22,
        "as_of_is_cutoff": True,
        "agent_is_in_snapshot": True,
    },
    "delivery": {"recipient_is_registered": True, "tls_required": True, "payload_sealed": True},
    "releases": {"reveals": 4, "downloads": 2},
    "endings": {"ended_since_built": False},
    "page": {"rows_asked": 50, "rows_shown_24h": 1950},
    "account": {
        "known": True,
        "disabled": False,
        "idle_days": 60,
        "recorded": True,
        "password_ok": True,
        "second_factor_ok": True,
        "failed_factors": 4,
    },
    "incoming": {"as_of_is_cutoff": True, "as_of_is_past": True},
    "publication": {
        "checked": True,
        "scanned": True,
        "as_of_is_cutoff": True,
        "is_newer": True,
        "reasoned": True,
        "agents_gone_percent": 20,
        "rows_change_percent": 30,
        "kind_shift_points": 20,
        "drift_accepted": False,
    },
    "enrolment": {"known": True, "invited": True, "demo": False},
    "destruction": {"due": True},
    "key": {"known": True, "revoked": False, "expired": False, "issuer_stands": True},
    "feed": {"within_scope": True, "feeds_24h": 199},
    "keyring": {"own": True},
    "hold": {"present": 2, "stands": True, "review_ahead": True},
    "approval": {"is_open": True, "is_second_person": True},
    "reading": {"asked_24h": 49, "glass_open": False},
    "review": {"attests": True, "own": False},
    "candidate": {"known": True, "in_force": False, "founding": False, "approved_by_actor": False},
    "glass": {"reason_known": True, "waiting": True, "own": False},
    "lock": {"locked": True, "own": False},
}
"""Every group of facts, each value at the last place where it still holds."""

ROLE_OF = {
    Action.IMPORT_SNAPSHOT: "operator",
    Action.PUBLISH_SNAPSHOT: "operator",
    Action.ENROL_FACTOR: "operator",
    Action.DESTROY_OBJECT: "service",
    Action.MANAGE_PEOPLE: "operator",
    Action.APPROVE_PERSON: "reviewer",
    Action.READ_LEDGER: "reviewer",
    Action.FIND_CONSUMER: "reviewer",
    Action.TRACE_BOOK: "reviewer",
    Action.APPROVE_POLICY: "reviewer",
    Action.BREAK_GLASS: "reviewer",
    Action.RELEASE_LOCK: "reviewer",
    Action.ROTATE_KEY: "operator",
    Action.END_DELEGATIONS: "operator",
    Action.HOLD_SNAPSHOT: "operator",
    Action.MANAGE_KEYS: "manager",
}
"""Whose work an action is, where it is not the agent's."""

_Facts = TypeVar("_Facts", bound=Facts)


def role_for(action: Action) -> str:
    """Return a role that is permitted the action."""
    return ROLE_OF.get(action, "agent")


def good_facts(action: Action) -> Facts:
    """Return facts on which the action is permitted to `role_for(action)`."""
    facts_class = FACTS_OF[action]
    groups: dict[str, Any] = {
        name: group(**GOOD[name]) for name, group in get_type_hints(facts_class).items()
    }
    if "person" in groups:
        groups["person"] = replace(groups["person"], role=role_for(action))
    if action is Action.SEND_BOOK:
        groups["request"] = replace(groups["request"], channel="email")
    return facts_class(**groups)


def changed(facts: _Facts, **values: Any) -> _Facts:
    """Return facts with some values changed, each named `group__field`."""
    for path, value in values.items():
        group_name, field_name = path.split("__")
        group: Any = replace(getattr(facts, group_name), **{field_name: value})
        changes: Any = {group_name: group}
        facts = replace(facts, **changes)
    return facts


def manager_facts(action: Action) -> Facts:
    """Return facts on which a manager is permitted the action for an agent of the agency."""
    facts = changed(
        good_facts(action),
        person__role="manager",
        licensing__licence=ANOTHER_LICENCE,
        subject__is_actor=False,
    )
    if hasattr(facts, "request"):
        facts = changed(facts, request__purpose="agency-oversight", request__profile="manager")
    return facts


def leaves(record: object, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Return the path of every leaf of a record or dataclass."""
    if is_dataclass(record):
        record = {field.name: getattr(record, field.name) for field in fields(record)}
    if not isinstance(record, dict):
        return [path]
    return [leaf for name, value in record.items() for leaf in leaves(value, (*path, name))]


def a_grant(**changes: Any) -> Grant:
    """Return a recorded permit to build an agent's own book with every column."""
    made = Grant(
        action=Action.BUILD_BOOK,
        actor=Actor(kind="person", id="p1", role="agent"),
        resource=Resource(kind="export", id="e1"),
        index=7,
        expires_at=datetime(2026, 11, 21, 20, 5, tzinfo=UTC),
        columns=Catalogue.load().names("agent"),
        profile="agent",
        purpose="service-delegated-consumers",
        agent=LICENCE,
        export="e1",
        fencing=1,
    )
    return replace(made, **changes)


_SAMPLE: dict[ColumnType, Any] = {
    ColumnType.TEXT: "Ramos Alley 467",
    ColumnType.DATE: date(2026, 1, 31),
    ColumnType.DATETIME: datetime(2026, 11, 21, 5, tzinfo=UTC),
    ColumnType.MONEY: Decimal("584.75"),
    ColumnType.INT: 3,
    ColumnType.BOOL: True,
}


def a_row(catalogue: Catalogue, **changes: Any) -> dict[str, Any]:
    """Return one delegated consumer's row, every column filled."""
    row = {
        column.name: column.values[0] if column.values else _SAMPLE[column.type]
        for column in catalogue.columns
    }
    own = {"agent_license_number": LICENCE, "delegation_status": "active"}
    return row | own | {"_consumer": "2026:aa", "_case": "2026:cc"} | changes


def some_rows(catalogue: Catalogue, *rows: dict[str, Any]) -> pa.Table:
    """Return rows in the typed form of a shard."""
    return pa.Table.from_pylist(list(rows), schema=rows_schema(catalogue))
