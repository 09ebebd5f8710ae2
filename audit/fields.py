"""What may stand in an entry: one check for each field. No field takes free text.

Laws of this file:
1. `ALWAYS` are never absent: among them AU-3's six (what: `event` and `action`, when: `at`,
   where: `resource`, source: `client`, outcome: `outcome`, who: `actor`).
2. `SOMETIMES` stand where they apply; absent is absent, never null.
3. Text is ASCII and fits a pattern that no sentence, name with a space or mail address fits.
4. A check passes or raises EntryError, which names the field and what it must be and never
   repeats the value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import Any, Final

from audit.events import CARRIED_BY, DECISIONS, Event, Outcome
from runtime.clock import parse_rfc3339

Check = Callable[[Any, str], None]

VERSION: Final = 1
MAX_INTEGER: Final = 2**53 - 1  # RFC 8785 keeps to what a double holds exactly
MAX_LIST: Final = 256


class EntryError(ValueError):
    """The bytes or fields aren't an entry; the message names the field, never its value."""


def text(pattern: str, meaning: str) -> Check:
    """Check for text that fits `pattern` from its first to its last character."""
    fits = re.compile(pattern, re.ASCII).fullmatch

    def check(value: Any, where: str) -> None:
        if not isinstance(value, str) or not fits(value):
            raise EntryError(f"{where} isn't {meaning}")

    return check


def integer(least: int, most: int = MAX_INTEGER) -> Check:
    """Check for a whole number from `least` to `most`."""

    def check(value: Any, where: str) -> None:
        # type() and not isinstance(): true and false are no numbers here.
        if type(value) is not int or not least <= value <= most:
            raise EntryError(f"{where} isn't a whole number from {least} to {most}")

    return check


def many(item: Check, *, least: int = 1) -> Check:
    """Check for a list of `least` to MAX_LIST different items."""

    def check(value: Any, where: str) -> None:
        if not isinstance(value, list) or not least <= len(value) <= MAX_LIST:
            raise EntryError(f"{where} isn't a list of {least} to {MAX_LIST} items")
        for place, each in enumerate(value):
            item(each, f"{where}[{place}]")
        if len({repr(each) for each in value}) != len(value):
            raise EntryError(f"{where} names something twice")

    return check


def record(always: Mapping[str, Check], sometimes: Mapping[str, Check]) -> Check:
    """Check for an object with all fields of `always`, any of `sometimes`, and no other."""
    checks = {**always, **sometimes}

    def check(value: Any, where: str) -> None:
        if not isinstance(value, dict):
            raise EntryError(f"{where} isn't an object")
        if not value.keys() >= always.keys():
            raise EntryError(f"{where} lacks {', '.join(sorted(always.keys() - value.keys()))}")
        if not value.keys() <= checks.keys():
            raise EntryError(f"{where} has a field that an entry can't have")
        try:
            for name, each in value.items():
                checks[name](each, name)
        except EntryError as error:
            # Paths are put together where something is wrong, and not for each field that is right.
            raise EntryError(f"{where}.{error}") from None

    return check


def moment(value: Any, where: str) -> None:
    """Check for a moment exactly as `rfc3339` writes it."""
    try:
        # It reads one form only, the one that `rfc3339` writes.
        parse_rfc3339(value if isinstance(value, str) else "")
    except ValueError:
        raise EntryError(f"{where} isn't a moment in UTC with microseconds") from None


def client(value: Any, where: str) -> None:
    """Check for a network address in its one short form, or `local:<word>`.

    An IPv4 address inside an IPv6 one is refused, since programs differ in how they write it.
    """
    if not isinstance(value, str) or not _is_client(value):
        raise EntryError(f"{where} isn't a network address or local:<word>")


@lru_cache(maxsize=1024)
def _is_client(value: str) -> bool:
    if _LOCAL.fullmatch(value):
        return True
    try:
        address = ip_address(value)
    except ValueError:
        return False
    mapped = isinstance(address, IPv6Address) and (address.ipv4_mapped or address.scope_id)
    return not mapped and str(address) == value


def ranges(value: Any, where: str) -> None:
    """Check for ranges [first, end), ascending, neither empty nor overlapping."""
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_LIST:
        raise EntryError(f"{where} isn't a list of 1 to {MAX_LIST} ranges")
    reached = 0
    for place, pair in enumerate(value):
        if not isinstance(pair, list) or len(pair) != 2:  # noqa: PLR2004 - a pair has two ends
            raise EntryError(f"{where}[{place}] isn't a pair")
        for end in pair:
            integer(0)(end, f"{where}[{place}]")
        if not reached <= pair[0] < pair[1]:
            raise EntryError(f"{where}[{place}] is empty or out of order")
        reached = pair[1]


_LOCAL = re.compile(r"local:[a-z][a-z0-9-]{0,31}", re.ASCII)
_word = text(r"[a-z][a-z0-9_-]{0,31}", "a lower-case word")
_code = text(r"[a-z][a-z0-9._-]{0,63}", "a lower-case code")
_id = text(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}", "an id")
_digest = text(r"[0-9a-f]{64}", "a SHA-256 in lower-case hex")
_rule = text(r"[A-Z][A-Z0-9]{1,7}([.-][a-z0-9-]{1,24})?", "a rule's id")


def one_of(values: tuple[str, ...]) -> Check:
    """Check for one of a few words."""
    known, meaning = frozenset(values), ", ".join(values)

    def check(value: Any, where: str) -> None:
        if not isinstance(value, str) or value not in known:
            raise EntryError(f"{where} isn't one of {meaning}")

    return check


ALWAYS: Final[dict[str, Check]] = {
    "v": integer(VERSION, VERSION),
    "salt": text(r"[0-9a-f]{32}", "32 lower-case hex digits"),
    "at": moment,
    "event": one_of(tuple(Event)),
    "outcome": one_of(tuple(Outcome)),
    "actor": record(
        {"kind": one_of(("person", "service", "operator", "system", "stranger")), "id": _id, "role": _word},
        {"session": _digest, "amr": many(text(r"[a-z][a-z0-9]{1,15}", "a way to sign in (RFC 8176)"))},
    ),
    "client": client,
    "action": text(r"[A-Z][A-Za-z]{1,39}", "an action's name"),
    "resource": record({"kind": _word, "id": _id}, {}),
}

SOMETIMES: Final[dict[str, Check]] = {
    "purpose": _code,
    "rules": many(_rule, least=0),
    "policy": _digest,
    "facts": _digest,
    "expires": moment,
    "agent": text(r"[0-9A-Z]{4,16}", "a licence number"),
    "export": _id,
    "fencing": integer(0),
    "channel": _word,
    "attempt": _id,
    "objects": many(_id),
    "destroyed": _digest,
    "snapshot": record({"as_of": moment, "revision": integer(0), "digest": _digest}, {}),
    "book": _digest,
    "columns_digest": _digest,
    "consumers": record({"count": integer(0), "withheld": integer(0), "root": _digest}, {}),
    "bytes": integer(0),
    "ranges": ranges,
    "because": integer(0),
    "recipient": _digest,
    "record": _digest,
    "count": integer(0),
    "head": record({"size": integer(0), "root": _digest}, {}),
    "vkey": _digest,
    "mode": one_of(("demo", "live")),
    "clock_offset": integer(-MAX_INTEGER),
    "state": _word,
    "reason": _code,
}

_CHECKS: Final = {**ALWAYS, **SOMETIMES}
_entry = record(ALWAYS, SOMETIMES)


def check_entry(wire: Mapping[str, Any]) -> None:
    """Check an entry's fields, one by one and together. Raises EntryError."""
    _entry(wire, "entry")
    check_together(wire)


def check_field(name: str, value: Any) -> None:
    """Check one field of an entry. Raises EntryError."""
    try:
        _CHECKS[name](value, name)
    except EntryError as error:
        raise EntryError(f"entry.{error}") from None


def check_together(wire: Mapping[str, Any]) -> None:
    """Check that an entry's fields, each right by itself, go together. Raises EntryError."""
    event, outcome = Event(wire["event"]), Outcome(wire["outcome"])
    for name in sorted(_MISPLACED[event] & wire.keys()):
        raise EntryError(f"entry.{name} can't stand on {event.value}")
    for holds, says in _LAWS:
        if not holds(wire, event, outcome):
            raise EntryError(says)


_MISPLACED: Final = {
    event: frozenset(name for name, events in CARRIED_BY.items() if event not in events) for event in Event
}
_UNKNOWN = re.compile(r"unknown|[0-9a-f]{32}", re.ASCII)
_Law = Callable[[Mapping[str, Any], Event, Outcome], bool]
_LAWS: Final[tuple[tuple[_Law, str], ...]] = (
    (
        lambda _wire, event, outcome: (outcome == Outcome.PERMIT) <= (event in DECISIONS),
        "only a decision can permit",
    ),
    (
        lambda _wire, event, outcome: not (event in DECISIONS and outcome == Outcome.DONE),
        "a decision's outcome is permit, refuse or error",
    ),
    (
        lambda wire, event, _outcome: event not in DECISIONS or wire.keys() >= {"rules", "policy"},
        "a decision names its rules and its policy",
    ),
    (
        lambda wire, _event, outcome: outcome != Outcome.PERMIT or "expires" in wire,
        "a permit expires",
    ),
    (
        lambda wire, event, _outcome: event != Event.INSTALLATION_STARTED or "mode" in wire,
        "the start of an installation names its mode",
    ),
    (
        # What a stranger typed as a user name may be anything, even a passphrase.
        lambda wire, _event, _outcome: (
            wire["actor"]["kind"] != "stranger" or bool(_UNKNOWN.fullmatch(wire["actor"]["id"]))
        ),
        "a stranger's id is `unknown` or 32 hex digits",
    ),
)
