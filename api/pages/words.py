"""The portal's words for codes: states, reasons, stages, purposes, rules.

Law: a state is a word first, with what it means and what to do next beside it; colour
(`tone`) only repeats it. A code without words here is shown as itself, never hidden.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from exports.states import Reason, State
from identity.passwords import Weakness
from policies.numbers import Numbers
from store.glass import GlassReason

LINK = "link"

GLASS_REASONS: Mapping[str, str] = MappingProxyType(
    {
        GlassReason.INCIDENT.value: "An incident",
        GlassReason.COMPROMISED_ACCOUNT.value: "A compromised account",
        GlassReason.REGULATOR.value: "A regulator’s request",
        GlassReason.COURT.value: "A court order",
        GlassReason.CONSUMER_COMPLAINT.value: "A consumer’s complaint",
    }
)
"""Why a glass may be broken."""


@dataclass(frozen=True, kw_only=True)
class Words:
    """A state in words: the word, its tone (wait, good, stop, off), its meaning and the next step."""

    word: str
    tone: str
    means: str
    next: str


_BOTH: Mapping[State, Words] = MappingProxyType(
    {
        State.ACCEPTED: Words(
            word="Being prepared",
            tone="wait",
            means="Your request is recorded and your book is being put together.",
            next="This usually takes less than a minute. You can leave this page; nothing is lost.",
        ),
        State.FAILED: Words(
            word="Not delivered",
            tone="stop",
            means="This book could not be made or delivered.",
            next="Ask for a new export, or ask your exchange contact with the number below.",
        ),
        State.CANCELLED: Words(
            word="Cancelled", tone="off", means="This export was called off.", next="Ask for a new export."
        ),
        State.REVOKED: Words(
            word="Revoked",
            tone="off",
            means="Nobody can download this book or see its passphrase any more.",
            next="Copies that were saved before stay where they are: destroy them yourself.",
        ),
        State.EXPIRED: Words(
            word="Expired",
            tone="off",
            means="The time to download this book is over.",
            next="Ask for a new export; it will hold this week's data.",
        ),
        State.PURGED: Words(
            word="Removed",
            tone="off",
            means="Our copy of this book is destroyed.",
            next="Ask for a new export; it will hold this week's data.",
        ),
    }
)
_BY_LINK: Mapping[State, Words] = MappingProxyType(
    {
        state: Words(
            word="Ready",
            tone="good",
            means="Your book is ready to download.",
            next="Download it, then reveal the passphrase that opens it.",
        )
        for state in (State.BUILT, State.SENDING, State.SENT, State.UNKNOWN, State.BOUNCED)
    }
    | {
        State.RECEIVED: Words(
            word="Downloaded",
            tone="good",
            means="You have downloaded the whole book.",
            next="Reveal the passphrase to open it. Keep the two apart.",
        )
    }
)
_BY_MAIL: Mapping[State, Words] = MappingProxyType(
    {
        State.BUILT: Words(
            word="About to be mailed",
            tone="wait",
            means="Your book is sealed and waits for the mail server.",
            next="We try again by ourselves.",
        ),
        State.SENDING: Words(
            word="Being mailed",
            tone="wait",
            means="Your book is on its way to the mail server.",
            next="This takes a few seconds.",
        ),
        State.SENT: Words(
            word="Mailed",
            tone="good",
            means="The mail server has taken your book for your registered address.",
            next="Open the message, save the attachment, then reveal the passphrase here.",
        ),
        State.RECEIVED: Words(
            word="Received",
            tone="good",
            means="Your book was mailed and its passphrase was shown to you.",
            next="Keep book and passphrase apart.",
        ),
        State.UNKNOWN: Words(
            word="Mailed, not confirmed",
            tone="stop",
            means="The mail server's answer was lost, so we can't tell whether the message went out.",
            next="Look into your mailbox. If nothing came within an hour, ask your exchange contact.",
        ),
        State.EXPIRED: Words(
            word="Expired here",
            tone="off",
            means="Our copy is destroyed. The file that was mailed to you still opens.",
            next="You can still reveal its passphrase here.",
        ),
        State.BOUNCED: Words(
            word="Came back",
            tone="stop",
            means="Your mail server sent the message back.",
            next="Ask for a new export by link.",
        ),
    }
)

REASONS: Mapping[Reason, str] = MappingProxyType(
    {
        Reason.MAIL_SERVER_DOWN: "The mail server can't be reached.",
        Reason.MAIL_SERVER_BUSY: "The mail server asked us to try again later.",
        Reason.MAIL_REFUSED: "The mail server refused the message.",
        Reason.MAIL_TOO_LARGE: "The book is too large for the mail server.",
        Reason.MAIL_WITHOUT_TLS: "The mail server offers no connection that we can trust.",
        Reason.MAIL_ANSWER_LOST: "The mail server's answer was lost.",
        Reason.REFUSED_BY_RULE: "A rule of the agreement no longer allowed it when the book was to be made.",
        Reason.NO_SNAPSHOT: "This week's data aren't published yet.",
        Reason.NEVER_EXPORTED: "The data hold something that may never leave, so no book was made.",
        Reason.SNAPSHOT_BROKEN: "This week's data failed a check and were not used.",
        Reason.BOOK_BROKEN: "The finished book failed our own check and was thrown away.",
        Reason.VAULT_REFUSED: "The key vault did not open.",
        Reason.TOO_MANY_TRIES: "We tried many times without success.",
        Reason.DELEGATION_CHANGED: "A consumer's delegation ended before the book was handed over.",
        Reason.TERM_ENDED: "Its time was over.",
        Reason.ASKED_BY_PERSON: "You asked for it.",
        Reason.REVOKED_UNOPENED: "You revoked it before anything of it was shown.",
        Reason.REVOKED_AFTER_OPENING: "You revoked it after it had been downloaded, mailed or revealed.",
    }
)

PURPOSES: Mapping[str, str] = MappingProxyType(
    {
        "service-delegated-consumers": "To serve the consumers who have delegated me",
        "agency-oversight": "To oversee an agent of my agency",
        "consumer-request": "A consumer asked for it",
        "audit": "For an audit",
        "other": "Something else",
    }
)

CHANNELS: Mapping[str, str] = MappingProxyType({LINK: "By link", "email": "By e-mail"})

WEAKNESSES: Mapping[Weakness, str] = MappingProxyType(
    {
        Weakness.TOO_SHORT: "Choose a longer password, of {least} characters or more; four words do well.",
        Weakness.TOO_LONG: "Choose a shorter password: at most {most} characters.",
        Weakness.COMMON: "Choose another password: this one, or one much like it, is known to everybody.",
        Weakness.OWN_NAME: "Choose a password that isn’t mostly your own name or address.",
    }
)

RULES: Mapping[str, str] = MappingProxyType(
    {
        "R01": "Your state license must be active on the day of access.",
        "R02": "Your certification with the exchange must be active and renewed within the last year.",
        "R03": "The current Agent Agreement must be signed and in term.",
        "R04": "Privacy and security training must be done within the last year.",
        "R05": "A book holds only consumers who are delegated to its agent.",
        "R08": "The purpose must be one that the agreement allows for this book.",
        "R09": "Only as much as is needed may be shown or exported in one day.",
        "R10": "Some data are never exported.",
        "R12": "One person has one account and one session at a time.",
        "R13": "A book is for its own agent, or for a manager of the agent's agency.",
        "R14": "Passwords and passphrases need a second factor that is fresh.",
        "R15": "A session ends after a while, and what was asked came after its end.",
        "R16": "The account must be open, and the exchange's list of agents must be up to date.",
        "R19": "Mail with personal information must be encrypted on its whole way.",
        "R20": "Book and passphrase are handed over a few times only.",
        "R21": "The privacy acknowledgement must be accepted for each export.",
        "R34": "Data must be accurate and recent.",
        "R35": "A book is made from the data of the last published Friday.",
        "R37": "You must have attested your written policy and encrypted storage within the last year.",
        "R38": "After a change of address or second factor there is a hold of 72 hours.",
        "F02": "What a permit is for must be what is asked for.",
        "F03": "The record was changed outside the service, so nothing is decided on it.",
        "F04": "A system’s key ends delegations and does nothing else.",
        "P00": "No rule allows this for your role.",
        "G00": "The rules could not be worked out, so the answer is no.",
    }
)


def words_of(state: str, channel: str) -> Words:
    """Return a state's words, as they are for a channel."""
    known = State(state)
    return (_BY_LINK if channel == LINK else _BY_MAIL).get(known) or _BOTH[known]


def say_reason(reason: str | None) -> str:
    """Return a reason in words, or nothing."""
    return REASONS.get(Reason(reason), reason) if reason else ""


def say_rule(rule: str) -> str:
    """Return what a rule demands, in words."""
    return RULES.get(rule, "A rule of the agreement doesn't allow this.")


def say_weakness(weakness: Weakness, numbers: Numbers) -> str:
    """Return why a password can't be chosen, and what can."""
    return WEAKNESSES[weakness].format(least=numbers.password_min_length, most=numbers.password_max_length)


def say_number(number: int) -> str:
    """Return a count with its thousands apart."""
    return f"{number:,}"


def say_bytes(size: int) -> str:
    """Return a size as people say it, in decimal units."""
    for unit, worth in (("MB", 1_000_000), ("KB", 1_000)):
        if size >= worth:
            return f"{size / worth:,.1f} {unit}"
    return f"{size} bytes"
