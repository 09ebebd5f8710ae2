"""The ledger's events, outcomes and actions in plain words, for people who read entries.

Law: one table each, and every member has its words; a decision's words say what was asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from audit.events import DECISIONS, Event, Outcome
from policies.actions import Action

EVENTS: Mapping[Event, str] = MappingProxyType(
    {
        Event.INSTALLATION_STARTED: "The installation was founded",
        Event.ROSTER_IMPORTED: "The exchange’s list of agents was taken over",
        Event.PERSON_ENROLLED: "A person was given a password and a second factor",
        Event.PERSON_INVITED: "A person was invited",
        Event.PERSON_APPROVED: "A second person approved an invitation",
        Event.PERSON_JOINED: "A person accepted their invitation",
        Event.PERSON_RESET: "A person’s password and second factor were taken away",
        Event.PASSWORD_CHANGED: "A person changed their password",
        Event.PERSON_RECORDED: "A person’s record was taken down",
        Event.PEOPLE_REQUESTED: "Asked to look after people",
        Event.APPROVAL_REQUESTED: "Asked to approve an invitation",
        Event.FACTOR_REQUESTED: "Asked for a new second factor",
        Event.STRANGERS_COUNTED: "Strangers failed to sign in",
        Event.LOCK_REQUESTED: "Asked to let a locked person try again",
        Event.LOCK_RELEASED: "A locked person was let try again",
        Event.SESSION_REQUESTED: "Asked to sign in",
        Event.SESSION_STARTED: "Signed in",
        Event.SESSION_ENDED: "A session ended",
        Event.EXPORT_REQUESTED: "Asked to export a Book of Business",
        Event.BOOK_REQUESTED: "Asked to make the book",
        Event.EXPORT_BUILT: "The book was made and sealed",
        Event.EXPORT_DEFERRED: "The book has to wait",
        Event.SEND_REQUESTED: "Asked to send the book or its notice",
        Event.EXPORT_SENDING: "Sending began",
        Event.EXPORT_SENT: "The mail server took the message",
        Event.EXPORT_UNKNOWN: "The mail server’s answer was lost",
        Event.EXPORT_FAILED: "The book could not be made or delivered",
        Event.EXPORT_EXPIRED: "The time to open the book ended",
        Event.REVOCATION_REQUESTED: "Asked to revoke the book",
        Event.EXPORT_REVOKED: "The book was revoked",
        Event.EXPORT_PURGED: "Our copy of the book was destroyed",
        Event.EXPORT_SOUGHT: "Somebody looked for an export that isn't theirs",
        Event.AGENT_NOTIFIED: "The agent was told that somebody else asked for their book",
        Event.REVEAL_REQUESTED: "Asked to see the passphrase",
        Event.DOWNLOAD_REQUESTED: "Asked to download the book",
        Event.CONSUMERS_REQUESTED: "Asked to see a page of Active Consumers",
        Event.RELEASE_STARTED: "Data began to leave; from here on they count as disclosed",
        Event.RELEASE_ENDED: "The release ended",
        Event.IMPORT_REQUESTED: "Asked to import data",
        Event.SNAPSHOT_IMPORTING: "The import of data began",
        Event.SNAPSHOT_CHECKED: "The data were checked and stored",
        Event.SNAPSHOT_REFUSED: "The data were refused",
        Event.PUBLICATION_REQUESTED: "Asked to publish data",
        Event.SNAPSHOT_PUBLISHED: "The data were published",
        Event.SNAPSHOT_BROKEN: "Stored data failed their check and were not shown",
        Event.DELEGATION_REQUESTED: "Asked to end delegations, or to let ended ones stand",
        Event.DELEGATION_ENDED: "Delegations ended since the cut-off",
        Event.DELEGATION_CONFIRMED: "Ended delegations stand after all, from the next data on",
        Event.APIKEY_REQUESTED: "Asked to issue or revoke a system’s key",
        Event.APIKEY_ISSUED: "A system’s key was issued",
        Event.APIKEY_REVOKED: "A system’s key was revoked",
        Event.DESTRUCTION_REQUESTED: "Asked to destroy keys",
        Event.OBJECT_DESTROYED: "Keys were destroyed",
        Event.HOLD_REQUESTED: "Asked to hold data, or to let held data go",
        Event.HOLD_PLACED: "Data are held beyond their time, for the law",
        Event.HOLD_RELEASED: "Held data were let go",
        Event.LEDGER_REQUESTED: "Asked to read the ledger",
        Event.LEDGER_EXPORTED: "The ledger was handed out as evidence",
        Event.LEDGER_REVIEWED: "The ledger was reviewed",
        Event.LEDGER_PRUNED: "Entries beyond their time were taken out; their hashes stay",
        Event.LEDGER_RESTORED: "The ledger was restored from a backup, under a new origin",
        Event.HEAD_ANCHORED: "A signed head was put where the database can't reach it",
        Event.HEAD_COSIGNED: "A witness signed the head too",
        Event.ANCHOR_FAILED: "A signed head could not be put outside",
        Event.LOOKUP_REQUESTED: "Asked for what was disclosed of a consumer",
        Event.TRACE_REQUESTED: "Asked to compare a copy with what was exported",
        Event.BOOK_TRACED: "A copy was compared with what was exported",
        Event.POLICY_PROPOSED: "A policy set was proposed",
        Event.POLICY_REQUESTED: "Asked to approve a policy set",
        Event.POLICY_APPROVED: "A reviewer approved a policy set",
        Event.POLICY_ADOPTED: "A policy set came into force",
        Event.BREAKGLASS_REQUESTED: "Asked to break the glass",
        Event.BREAKGLASS_APPROVED: "A second reviewer agreed to break the glass",
        Event.BREAKGLASS_OPENED: "The glass was broken: the ledger is open to a reviewer for a while",
        Event.BREAKGLASS_CLOSED: "The glass was closed again",
        Event.SERVICE_STARTED: "A process of the house started",
        Event.SERVICE_STOPPED: "A process of the house stopped",
        Event.COMMAND_ISSUED: "An operator gave a command",
        Event.KEY_REQUESTED: "Asked to replace a key",
        Event.KEY_ROTATED: "A key was replaced",
        Event.KEY_DESTROYED: "A key was destroyed",
        Event.VAULT_RECOVERED: "A restored copy of the vault was let in again",
    }
)

OUTCOMES: Mapping[Outcome, str] = MappingProxyType(
    {
        Outcome.PERMIT: "Permitted",
        Outcome.REFUSE: "Refused",
        Outcome.ERROR: "Error",
        Outcome.DONE: "Done",
    }
)

ACTIONS: Mapping[Action, str] = MappingProxyType(
    {
        Action.SIGN_IN: "Sign in",
        Action.REQUEST_EXPORT: "Request an export",
        Action.BUILD_BOOK: "Make a book",
        Action.SEND_BOOK: "Send a book",
        Action.DOWNLOAD_BOOK: "Download a book",
        Action.REVOKE_EXPORT: "Revoke an export",
        Action.REVEAL_PASSPHRASE: "Reveal a passphrase",
        Action.VIEW_CONSUMERS: "View Active Consumers",
        Action.IMPORT_SNAPSHOT: "Import data",
        Action.PUBLISH_SNAPSHOT: "Publish data",
        Action.ENROL_FACTOR: "Enrol a second factor",
        Action.DESTROY_OBJECT: "Destroy keys",
        Action.MANAGE_PEOPLE: "Manage people",
        Action.APPROVE_PERSON: "Approve a person",
        Action.READ_LEDGER: "Read the ledger",
        Action.FIND_CONSUMER: "Find a consumer’s disclosures",
        Action.TRACE_BOOK: "Trace a copy",
        Action.APPROVE_POLICY: "Approve a policy set",
        Action.BREAK_GLASS: "Break the glass",
        Action.RELEASE_LOCK: "Release a lock",
        Action.ROTATE_KEY: "Replace a key",
        Action.END_DELEGATIONS: "End delegations",
        Action.HOLD_SNAPSHOT: "Hold data for the law",
        Action.MANAGE_KEYS: "Manage systems’ keys",
    }
)


def told(event: Event, outcome: Outcome) -> str:
    """Return an entry in one plain sentence without its full stop."""
    words = EVENTS[event]
    if event in DECISIONS:
        return f"{words}: {OUTCOMES[outcome].lower()}"
    return words if outcome is Outcome.DONE else f"{words}, with an error"
