"""The states of an export and the only moves between them.

Law: an export changes its state along ALLOWED_MOVES or not at all. `sent` means that the
mail server said 250 (to the book, or to the notice of a link), `received` that the person
had a mailed book's passphrase or the whole download; `unknown` is an answer that was lost.
Only a person moves an export out of it: by what they say, or by having the whole download.
"""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where an export stands."""

    ACCEPTED = "accepted"
    BUILT = "built"
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"
    RECEIVED = "received"
    BOUNCED = "bounced"
    FAILED = "failed"
    CANCELLED = "cancelled"
    REVOKED = "revoked"
    EXPIRED = "expired"
    PURGED = "purged"


class Reason(StrEnum):
    """Why an export waits or ended: a code that pages and mails turn into words."""

    MAIL_SERVER_DOWN = "mail-server-down"
    MAIL_SERVER_BUSY = "mail-server-busy"
    MAIL_REFUSED = "mail-refused"
    MAIL_TOO_LARGE = "mail-too-large"
    MAIL_WITHOUT_TLS = "mail-without-tls"
    MAIL_ANSWER_LOST = "mail-answer-lost"
    REFUSED_BY_RULE = "refused-by-rule"
    NO_SNAPSHOT = "no-snapshot"
    SNAPSHOT_BROKEN = "snapshot-broken"
    NEVER_EXPORTED = "never-exported"
    BOOK_BROKEN = "book-broken"
    VAULT_REFUSED = "vault-refused"
    TOO_MANY_TRIES = "too-many-tries"
    DELEGATION_CHANGED = "delegation-changed"
    TERM_ENDED = "term-ended"
    ASKED_BY_PERSON = "asked-by-person"
    REVOKED_UNOPENED = "revoked-unopened"
    REVOKED_AFTER_OPENING = "revoked-after-opening"


class Step(StrEnum):
    """The crossings of one export's way by mail, in order; each is safe to die at."""

    PERMITTED = "permitted"
    OPENED = "opened"
    SEALED = "sealed"
    STORED = "stored"
    BUILT = "built"
    ADDRESSED = "addressed"
    SENDING = "sending"
    UNLOCKED = "unlocked"
    ANSWERED = "answered"
    SENT = "sent"


ALLOWED_MOVES: dict[State, frozenset[State]] = {
    State.ACCEPTED: frozenset({State.BUILT, State.FAILED, State.CANCELLED}),
    State.BUILT: frozenset({
        State.SENDING, State.ACCEPTED, State.RECEIVED, State.FAILED, State.CANCELLED,
        State.REVOKED, State.EXPIRED,
    }),
    State.SENDING: frozenset({State.SENT, State.UNKNOWN, State.FAILED, State.BUILT}),
    State.SENT: frozenset({State.RECEIVED, State.BOUNCED, State.REVOKED, State.EXPIRED}),
    State.UNKNOWN: frozenset({
        State.SENT, State.BUILT, State.FAILED, State.RECEIVED, State.REVOKED, State.EXPIRED,
    }),
    State.RECEIVED: frozenset({State.REVOKED, State.EXPIRED}),
    State.BOUNCED: frozenset({State.BUILT, State.REVOKED, State.EXPIRED}),
    State.FAILED: frozenset({State.PURGED}),
    State.CANCELLED: frozenset({State.PURGED}),
    State.REVOKED: frozenset({State.PURGED}),
    State.EXPIRED: frozenset({State.REVOKED, State.PURGED}),
    State.PURGED: frozenset(),
}  # fmt: skip

WORKABLE = frozenset({State.ACCEPTED, State.BUILT, State.SENDING})
"""States that a worker takes up; `sending` only to find out that an answer was lost."""

DOWNLOADABLE = frozenset({
    State.BUILT, State.SENDING, State.SENT, State.UNKNOWN, State.RECEIVED, State.BOUNCED,
})  # fmt: skip
"""States in which a book by link is there to be downloaded, whatever became of its notice."""

REVEALABLE: dict[str, frozenset[State]] = {
    "email": frozenset({State.SENT, State.UNKNOWN, State.RECEIVED, State.EXPIRED}),
    "link": DOWNLOADABLE,
}
"""States in which a book's passphrase is shown, by channel. A mailed book outlives its stored copy."""

ENDABLE = frozenset({State.BUILT, State.SENT, State.UNKNOWN, State.RECEIVED, State.BOUNCED})
"""States that expiry ends, and revocation too."""


HELD = DOWNLOADABLE | {State.EXPIRED}
"""States in which a book is in somebody's reach, or may come there."""


def may_move(start: State, end: State) -> bool:
    """Tell whether an export may go from one state to another."""
    return end in ALLOWED_MOVES[start]
