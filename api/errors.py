"""What can go wrong at the door itself, before or beside the gate.

DoorError
├── SignedOutError           nobody is signed in with this cookie (any more)
├── ForgedCallError          a state-changing call without the session's CSRF token
├── BadKeyError             a system's key is unknown, ended, revoked or none at all
├── TwoIdentitiesError      a call came with a session and with a system's key
├── KeyReusedError           an Idempotency-Key came again with another body
├── TooManyWatchersError     the session watches as many exports as it may
├── OvertakenError           what was permitted changed before it could be shown
├── NoSnapshotError          no snapshot was published yet, so there is no list
├── BusyError                one verification runs at a time, and one runs
├── EntryNotFoundError       the ledger has no such entry, or none of such an export
├── BadCursorError           a page's cursor isn't one of this search
├── InvitationUsedError      an invitation was accepted already, or by somebody faster
├── WrongCodeError           a new second factor didn't show a right code
└── UnknownChoiceError       a filter or an order names what there isn't
"""

from __future__ import annotations


class DoorError(Exception):
    """A call is turned away at the door; messages hold no values."""


class SignedOutError(DoorError):
    """There is no open session for this call."""


class ForgedCallError(DoorError):
    """The call didn't carry the token that the sign-in returned."""


class BadKeyError(DoorError):
    """The bearer isn't a key that is good now; why not is nobody's business."""


class TwoIdentitiesError(DoorError):
    """Who asks is either a person or a system."""


class KeyReusedError(DoorError):
    """The Idempotency-Key was used for another request."""


class TooManyWatchersError(DoorError):
    """One session may have a few event streams open, not any number."""


class OvertakenError(DoorError):
    """Between the permit and the showing something else happened; nothing was shown."""


class NoSnapshotError(DoorError):
    """Nothing was published yet."""


class BusyError(DoorError):
    """Somebody else's verification of the whole ledger isn't done yet."""


class EntryNotFoundError(DoorError):
    """There is nothing in the ledger under that number."""


class PolicyNotFoundError(DoorError):
    """The house holds no policy set of that digest that could be in force."""


class GlassNotFoundError(DoorError):
    """There is no such glass, or it isn't theirs to close."""


class BadCursorError(DoorError):
    """The cursor belongs to another search, person or snapshot, or to none."""


class InvitationUsedError(DoorError):
    """Somebody accepted this invitation with another password, or was faster."""


class WrongCodeError(DoorError):
    """The new authenticator's code isn't right."""


class UnknownChoiceError(DoorError):
    """A field's value is none of those that there are; `field` is the field's name."""

    def __init__(self, field: str) -> None:
        super().__init__(f"{field} is none of those that there are")
        self.field = field
