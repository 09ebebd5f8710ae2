"""Entries as events of the Open Cybersecurity Schema Framework (schema.ocsf.io, 1.3.0).

Sign-ins are Authentication (3002), everything else is API Activity (6003); proofs and heartbeats
travel as a Base Event (0). Laws of this file:
1. What an entry says is mapped by tables; the entry itself stands in `raw_data`, byte for byte,
   so that nothing is lost and its leaf can be hashed. Nothing is added about anybody.
2. `metadata.sequence` is the entry's index, by which a receiver drops what came twice.
"""

from __future__ import annotations

import json
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from audit.entry import Entry
from audit.events import Event, Outcome
from audit.evidence import is_redaction
from audit.stream import Batch
from runtime.clock import parse_rfc3339

VERSION: Final = "1.3.0"
BASE, AUTHENTICATION, API = 0, 3002, 6003
CREATE, READ, UPDATE, DELETE, OTHER = 1, 2, 3, 4, 99
LOGON, LOGOFF = 1, 2

SIGN_INS: Final = MappingProxyType(
    {Event.SESSION_REQUESTED: LOGON, Event.SESSION_STARTED: LOGON, Event.SESSION_ENDED: LOGOFF}
)
"""Events of class Authentication, with their activity."""

ACTIVITY_OF: Final = MappingProxyType(
    {
        "anchored": CREATE, "built": CREATE, "cosigned": CREATE, "enrolled": CREATE, "imported": CREATE,
        "importing": CREATE, "invited": CREATE, "joined": CREATE, "opened": CREATE, "published": CREATE,
        "started": CREATE, "placed": CREATE, "issued": CREATE,
        "exported": READ, "reviewed": READ, "sought": READ, "traced": READ, "checked": READ, "counted": READ,
        "approved": UPDATE, "adopted": UPDATE, "changed": UPDATE, "recorded": UPDATE, "reset": UPDATE,
        "rotated": UPDATE, "recovered": UPDATE, "restored": UPDATE, "released": UPDATE, "deferred": UPDATE,
        "destroyed": DELETE, "expired": DELETE, "purged": DELETE, "revoked": DELETE, "pruned": DELETE,
    }
)  # fmt: skip
"""Activities of class API Activity by an event's verb; others are OTHER, and `activity_name` says all."""

SEVERITY_OF: Final = MappingProxyType(
    {Outcome.PERMIT: 1, Outcome.DONE: 1, Outcome.REFUSE: 2, Outcome.ERROR: 3}
)
"""Informational, low, medium."""

STATUS_OF: Final = MappingProxyType({Outcome.PERMIT: 1, Outcome.DONE: 1, Outcome.REFUSE: 2, Outcome.ERROR: 2})
"""Success, failure."""

USER_TYPE_OF: Final = MappingProxyType({"person": 1, "operator": 2, "service": 3, "system": 3, "stranger": 0})
"""User, admin, system, unknown."""

_CATEGORY_OF: Final = MappingProxyType({BASE: 0, AUTHENTICATION: 3, API: 6})


def write_events(batch: Batch, origin: str, now: datetime) -> bytes:
    """Write a batch as OCSF, one event a line: the proofs first, then each entry."""
    events = [_proof(batch, origin, now)]
    # A pruned entry has nothing to say; the proofs count it.
    events += [
        to_event(index, entry, origin)
        for index, entry in enumerate(batch.entries, start=batch.first)
        if not is_redaction(entry)
    ]
    return b"".join(json.dumps(event, separators=(",", ":")).encode() + b"\n" for event in events)


def to_event(index: int, encoded: bytes, origin: str) -> dict[str, Any]:
    """Return one entry as an event. Raises EntryError."""
    entry = Entry.decode(encoded)
    is_sign_in = entry.event in SIGN_INS
    activity = (
        SIGN_INS[entry.event] if is_sign_in else ACTIVITY_OF.get(entry.event.value.partition(".")[2], OTHER)
    )
    user = {"uid": entry.actor.id, "type": entry.actor.role, "type_id": USER_TYPE_OF[entry.actor.kind]}
    actor: dict[str, Any] = {"user": user}
    if entry.actor.session:
        actor["session"] = {"uid": entry.actor.session}
    if entry.rules:
        actor["authorizations"] = [{"policy": {"uid": rule}} for rule in entry.rules]
    event = _common(AUTHENTICATION if is_sign_in else API, activity, entry.event.value, origin)
    event |= {
        "time": _milliseconds(parse_rfc3339(entry.at)),
        "severity_id": SEVERITY_OF[entry.outcome],
        "status_id": STATUS_OF[entry.outcome],
        "status": entry.outcome.value,
        "actor": actor,
        "src_endpoint": _endpoint(entry.client),
        "raw_data": encoded.decode(),
    }
    event["metadata"] |= {"sequence": index, "uid": f"{origin}#{index}"}
    if entry.reason:
        event["status_code"] = entry.reason
    if is_sign_in:
        event |= {"user": user, "is_mfa": "otp" in entry.actor.amr, "service": {"name": origin}}
    else:
        event |= {
            "api": {"operation": entry.action, "service": {"name": origin}},
            "resources": [{"type": entry.resource.kind, "uid": entry.resource.id}],
        }
    return event


def _proof(batch: Batch, origin: str, now: datetime) -> dict[str, Any]:
    event = _common(BASE, 0, "heartbeat" if not batch.entries else "batch", origin)
    return event | {"time": _milliseconds(now), "severity_id": 1, "unmapped": batch.header()}


def _common(class_uid: int, activity: int, name: str, origin: str) -> dict[str, Any]:
    return {
        "class_uid": class_uid,
        "category_uid": _CATEGORY_OF[class_uid],
        "activity_id": activity,
        "activity_name": name,
        "type_uid": class_uid * 100 + activity,
        "metadata": {
            "version": VERSION,
            "product": {"name": "Sealed Book", "vendor_name": "Sealed Book"},
            "log_name": origin,
        },
    }


def _endpoint(client: str) -> dict[str, str]:
    return {"name": client} if client.startswith("local:") else {"ip": client}


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
