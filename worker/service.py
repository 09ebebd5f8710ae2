"""Who the worker is, in the ledger and before the gate."""

from __future__ import annotations

from audit.entry import Actor, Resource
from policies.gate import Who

SERVICE = Who(actor=Actor(kind="service", id="worker", role="service"), client="local:worker")


def resource_of(export: str) -> Resource:
    """Return an export as an entry's resource."""
    return Resource(kind="export", id=export)
