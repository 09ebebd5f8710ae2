"""What can be asked of the gate: the actions, the event that records each decision, a permit's life.

Law: each action has a row in every table here; `tests/policies/test_actions.py` walks them.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from audit.events import Event


class Action(StrEnum):
    """One thing a person or a service may ask for; the value is the action's name in Cedar."""

    SIGN_IN = "SignIn"
    REQUEST_EXPORT = "RequestExport"
    BUILD_BOOK = "BuildBook"
    SEND_BOOK = "SendBook"
    DOWNLOAD_BOOK = "DownloadBook"
    REVOKE_EXPORT = "RevokeExport"
    REVEAL_PASSPHRASE = "RevealPassphrase"  # noqa: S105 - the name of an action, no secret
    VIEW_CONSUMERS = "ViewConsumers"
    IMPORT_SNAPSHOT = "ImportSnapshot"
    PUBLISH_SNAPSHOT = "PublishSnapshot"
    ENROL_FACTOR = "EnrolFactor"
    DESTROY_OBJECT = "DestroyObject"
    MANAGE_PEOPLE = "ManagePeople"
    APPROVE_PERSON = "ApprovePerson"
    READ_LEDGER = "ReadLedger"
    FIND_CONSUMER = "FindConsumer"
    TRACE_BOOK = "TraceBook"
    APPROVE_POLICY = "ApprovePolicy"
    BREAK_GLASS = "BreakGlass"
    RELEASE_LOCK = "ReleaseLock"
    ROTATE_KEY = "RotateKey"
    END_DELEGATIONS = "EndDelegations"
    HOLD_SNAPSHOT = "HoldSnapshot"
    MANAGE_KEYS = "ManageKeys"


EVENT_OF: Mapping[Action, Event] = MappingProxyType(
    {
        Action.SIGN_IN: Event("session.requested"),
        Action.REQUEST_EXPORT: Event("export.requested"),
        Action.BUILD_BOOK: Event("book.requested"),
        Action.SEND_BOOK: Event("send.requested"),
        Action.DOWNLOAD_BOOK: Event("download.requested"),
        Action.REVEAL_PASSPHRASE: Event("reveal.requested"),
        Action.REVOKE_EXPORT: Event("revocation.requested"),
        Action.VIEW_CONSUMERS: Event("consumers.requested"),
        Action.IMPORT_SNAPSHOT: Event("import.requested"),
        Action.PUBLISH_SNAPSHOT: Event("publication.requested"),
        Action.ENROL_FACTOR: Event("factor.requested"),
        Action.DESTROY_OBJECT: Event("destruction.requested"),
        Action.MANAGE_PEOPLE: Event("people.requested"),
        Action.APPROVE_PERSON: Event("approval.requested"),
        Action.READ_LEDGER: Event("ledger.requested"),
        Action.FIND_CONSUMER: Event("lookup.requested"),
        Action.TRACE_BOOK: Event("trace.requested"),
        Action.APPROVE_POLICY: Event("policy.requested"),
        Action.BREAK_GLASS: Event("breakglass.requested"),
        Action.RELEASE_LOCK: Event("lock.requested"),
        Action.ROTATE_KEY: Event("key.requested"),
        Action.END_DELEGATIONS: Event("delegation.requested"),
        Action.HOLD_SNAPSHOT: Event("hold.requested"),
        Action.MANAGE_KEYS: Event("apikey.requested"),
    }
)
"""The event that records the decision, permit or refusal."""

LIFE_OF: Mapping[Action, int] = MappingProxyType(
    {
        Action.SIGN_IN: 300,
        Action.REQUEST_EXPORT: 300,
        Action.BUILD_BOOK: 300,
        Action.SEND_BOOK: 300,
        Action.DOWNLOAD_BOOK: 600,
        Action.REVEAL_PASSPHRASE: 300,
        Action.REVOKE_EXPORT: 300,
        Action.VIEW_CONSUMERS: 300,
        Action.IMPORT_SNAPSHOT: 3600,
        Action.PUBLISH_SNAPSHOT: 300,
        Action.ENROL_FACTOR: 300,
        Action.DESTROY_OBJECT: 300,
        Action.MANAGE_PEOPLE: 300,
        Action.APPROVE_PERSON: 300,
        Action.READ_LEDGER: 300,
        Action.FIND_CONSUMER: 300,
        Action.TRACE_BOOK: 300,
        Action.APPROVE_POLICY: 300,
        Action.BREAK_GLASS: 300,
        Action.RELEASE_LOCK: 300,
        Action.ROTATE_KEY: 300,
        Action.END_DELEGATIONS: 300,
        Action.HOLD_SNAPSHOT: 300,
        Action.MANAGE_KEYS: 300,
    }
)
"""Seconds from the decision to the permit's expiry; the vault refuses a longer life."""
