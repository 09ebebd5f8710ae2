"""What can happen, by name, and which fields only some events carry.

Laws of this file:
1. An event is named `noun.verb-in-past`. A name that was ever written stays for good.
2. Events that end in `.requested` are decisions of the gate; no other event can permit.
3. A field in `CARRIED_BY` stands on the events listed there and on no other; a field that
   isn't in the table may stand on any event.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Outcome(StrEnum):
    """How it went. `permit` and `refuse` are decisions, `done` is everything else that worked."""

    PERMIT = "permit"
    REFUSE = "refuse"
    ERROR = "error"
    DONE = "done"


class Event(StrEnum):
    """Every kind of entry that a ledger may hold."""

    INSTALLATION_STARTED = "installation.started"
    ROSTER_IMPORTED = "roster.imported"
    PERSON_ENROLLED = "person.enrolled"
    PERSON_INVITED = "person.invited"
    PERSON_APPROVED = "person.approved"
    PERSON_JOINED = "person.joined"
    PERSON_RESET = "person.reset"
    PERSON_RECORDED = "person.recorded"
    PASSWORD_CHANGED = "password.changed"  # noqa: S105 - the name of an event, no secret
    PEOPLE_REQUESTED = "people.requested"
    APPROVAL_REQUESTED = "approval.requested"
    FACTOR_REQUESTED = "factor.requested"

    STRANGERS_COUNTED = "strangers.counted"
    LOCK_REQUESTED = "lock.requested"
    LOCK_RELEASED = "lock.released"

    SESSION_REQUESTED = "session.requested"
    SESSION_STARTED = "session.started"
    SESSION_ENDED = "session.ended"

    EXPORT_REQUESTED = "export.requested"
    BOOK_REQUESTED = "book.requested"
    EXPORT_BUILT = "export.built"
    EXPORT_DEFERRED = "export.deferred"
    SEND_REQUESTED = "send.requested"
    EXPORT_SENDING = "export.sending"
    EXPORT_SENT = "export.sent"
    EXPORT_UNKNOWN = "export.unknown"
    EXPORT_FAILED = "export.failed"
    EXPORT_EXPIRED = "export.expired"
    REVOCATION_REQUESTED = "revocation.requested"
    EXPORT_REVOKED = "export.revoked"
    EXPORT_PURGED = "export.purged"
    EXPORT_SOUGHT = "export.sought"

    AGENT_NOTIFIED = "agent.notified"

    REVEAL_REQUESTED = "reveal.requested"
    DOWNLOAD_REQUESTED = "download.requested"
    CONSUMERS_REQUESTED = "consumers.requested"
    RELEASE_STARTED = "release.started"
    RELEASE_ENDED = "release.ended"

    IMPORT_REQUESTED = "import.requested"
    SNAPSHOT_IMPORTING = "snapshot.importing"
    SNAPSHOT_CHECKED = "snapshot.checked"
    SNAPSHOT_REFUSED = "snapshot.refused"
    PUBLICATION_REQUESTED = "publication.requested"
    SNAPSHOT_PUBLISHED = "snapshot.published"
    SNAPSHOT_BROKEN = "snapshot.broken"

    DELEGATION_REQUESTED = "delegation.requested"
    DELEGATION_ENDED = "delegation.ended"
    DELEGATION_CONFIRMED = "delegation.confirmed"

    APIKEY_REQUESTED = "apikey.requested"
    APIKEY_ISSUED = "apikey.issued"
    APIKEY_REVOKED = "apikey.revoked"

    DESTRUCTION_REQUESTED = "destruction.requested"
    OBJECT_DESTROYED = "object.destroyed"

    HOLD_REQUESTED = "hold.requested"
    HOLD_PLACED = "hold.placed"
    HOLD_RELEASED = "hold.released"

    LEDGER_REQUESTED = "ledger.requested"
    LEDGER_EXPORTED = "ledger.exported"
    LEDGER_REVIEWED = "ledger.reviewed"
    LEDGER_PRUNED = "ledger.pruned"
    LEDGER_RESTORED = "ledger.restored"
    HEAD_ANCHORED = "head.anchored"
    HEAD_COSIGNED = "head.cosigned"
    ANCHOR_FAILED = "anchor.failed"
    LOOKUP_REQUESTED = "lookup.requested"
    TRACE_REQUESTED = "trace.requested"
    BOOK_TRACED = "book.traced"

    POLICY_PROPOSED = "policy.proposed"
    POLICY_REQUESTED = "policy.requested"
    POLICY_APPROVED = "policy.approved"
    POLICY_ADOPTED = "policy.adopted"
    BREAKGLASS_REQUESTED = "breakglass.requested"
    BREAKGLASS_APPROVED = "breakglass.approved"
    BREAKGLASS_OPENED = "breakglass.opened"
    BREAKGLASS_CLOSED = "breakglass.closed"

    SERVICE_STARTED = "service.started"
    SERVICE_STOPPED = "service.stopped"
    COMMAND_ISSUED = "command.issued"
    KEY_REQUESTED = "key.requested"
    KEY_ROTATED = "key.rotated"
    KEY_DESTROYED = "key.destroyed"
    VAULT_RECOVERED = "vault.recovered"


DECISIONS: Final = frozenset(event for event in Event if event.endswith(".requested"))

_DESTRUCTION: Final = frozenset(
    {Event.DESTRUCTION_REQUESTED, Event.OBJECT_DESTROYED, Event.EXPORT_PURGED},
)
_HOLDS: Final = frozenset({Event.HOLD_REQUESTED, Event.HOLD_PLACED, Event.HOLD_RELEASED})
_DISCLOSURE: Final = frozenset({Event.EXPORT_BUILT, Event.RELEASE_STARTED})
_RELEASE: Final = frozenset({Event.RELEASE_STARTED, Event.RELEASE_ENDED})
_PEOPLE: Final = frozenset(
    {
        Event.PERSON_ENROLLED,
        Event.PERSON_INVITED,
        Event.PERSON_APPROVED,
        Event.PERSON_JOINED,
        Event.PERSON_RESET,
        Event.PERSON_RECORDED,
        Event.PASSWORD_CHANGED,
    }
)
_KEYS: Final = frozenset({Event.APIKEY_ISSUED, Event.APIKEY_REVOKED})
_HEADS: Final = frozenset(
    {
        Event.HEAD_ANCHORED,
        Event.HEAD_COSIGNED,
        Event.LEDGER_PRUNED,
        Event.LEDGER_RESTORED,
        Event.VAULT_RECOVERED,
    }
)
_FOUNDING: Final = frozenset({Event.INSTALLATION_STARTED})

CARRIED_BY: Final[dict[str, frozenset[Event]]] = {
    "purpose": DECISIONS,
    "rules": DECISIONS,
    "policy": DECISIONS | {Event.SERVICE_STARTED},
    "facts": DECISIONS,
    "expires": DECISIONS,
    "columns_digest": DECISIONS | _DISCLOSURE,
    "consumers": _DISCLOSURE | {Event.DELEGATION_CONFIRMED, Event.DELEGATION_ENDED},
    "ranges": _RELEASE,
    "objects": _DESTRUCTION | _HOLDS,
    "destroyed": _DESTRUCTION - DECISIONS,
    "record": _PEOPLE | _KEYS,
    "count": frozenset({Event.STRANGERS_COUNTED, Event.LEDGER_PRUNED, Event.LEDGER_RESTORED}),
    "head": _HEADS,
    "vkey": frozenset({Event.INSTALLATION_STARTED, Event.KEY_ROTATED, Event.LEDGER_RESTORED}),
    "mode": _FOUNDING,
    "clock_offset": _FOUNDING,
}
