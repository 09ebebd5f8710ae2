"""Makers of exports and grants, with defaults that a reader can trust."""

from __future__ import annotations

from typing import Any

from audit.entry import Actor, Resource
from exports.export import Export
from exports.states import State, Step
from policies.actions import Action
from policies.grant import Grant
from tests.book.makers import AGENT, DIGEST, EXPORT, NEXT_AS_OF


def an_export(**changes: Any) -> Export:
    """Return a built export of the agent's own book, about to be mailed."""
    fields: dict[str, Any] = {
        "id": EXPORT,
        "state": State.SENDING,
        "stage": Step.SENDING,
        "reason": None,
        "requester": "5c1f0a52-9a3e-4f0b-8a57-0f4f7f0f8d10",
        "agent": AGENT,
        "purpose": "service-delegated-consumers",
        "profile": "agent",
        "channel": "email",
        "created_at": "2026-11-21T18:00:00.000000Z",
        "expires_at": "2026-12-05T18:00:00.000000Z",
        "next_at": None,
        "tries": 0,
        "fencing": 1,
        "built_fencing": 1,
        "snapshot_as_of": "2026-11-21T05:00:00.000000Z",
        "snapshot_revision": 1,
        "snapshot_digest": DIGEST,
        "book_digest": DIGEST,
        "rows": 1,
        "withheld": 0,
        "columns": 80,
        "bytes": 10_000,
    }
    return Export(**(fields | changes))


def a_grant(action: Action, **changes: Any) -> Grant:
    """Return a Grant over the agent's built book."""
    fields: dict[str, Any] = {
        "action": action,
        "actor": Actor(kind="service", id="worker", role="service"),
        "resource": Resource(kind="export", id=EXPORT),
        "index": 7,
        "expires_at": NEXT_AS_OF,
        "agent": AGENT,
        "export": EXPORT,
        "fencing": 1,
    }
    return Grant(**(fields | changes))
