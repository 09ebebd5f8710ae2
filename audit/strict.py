"""Read entries strictly and fast: the canonical form as one regular expression for each event.

A canonical entry has its fields in one order, without spaces, in ASCII that needs no escapes. So
what `Entry.decode` accepts is, but for a few checks, a regular language. Laws of this file:
1. What the expression takes, `Entry.decode` takes too and reads the same. What it doesn't take,
   `Entry.decode` judges: the expression is never the one to refuse.
2. It takes the common forms only: numbers of up to 15 digits, days 1 to 28 of a month without a
   further look, lists of one. The rest is looked at apart, with the slow path's own checks, and
   what was found sound is remembered (a bounded number of texts). A field without a form here is
   read by the slow path.
3. The tables say which field stands on which event; the field's form is said here a second time,
   and the tests hold the two against each other.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from audit.entry import Entry
from audit.events import CARRIED_BY, DECISIONS, Event
from audit.fields import ALWAYS, SOMETIMES
from runtime.clock import parse_rfc3339


class Seen(NamedTuple):
    """What a verifier needs of an entry: when, what it follows from, and what it says of keys."""

    event: Event
    at: bytes
    because: int | None
    vkey: str | None


def look(data: bytes) -> Seen:
    """Read an entry as strictly as `Entry.decode` does. Raises EntryError."""
    start = data.find(_EVENT) + len(_EVENT)
    shape = _SHAPES.get(data[start : data.find(b'"', start)])
    if shape is not None:
        event, fullmatch, apart, has_vkey = shape
        found = fullmatch(data)
        if found is not None and (_SOUND.issuperset(found.group(*apart)) or _are_sound(found.group(*apart))):
            at, because = found.group("at", "because")
            vkey = found["vkey"].decode() if has_vkey and found["vkey"] else None
            return Seen(event, at, None if because is None else int(because), vkey)
    entry = Entry.decode(data)
    return Seen(entry.event, entry.at.encode(), entry.because, entry.vkey)


class _Shape(NamedTuple):
    """One event's expression, and which of its parts are looked at apart."""

    event: Event
    fullmatch: Callable[[bytes], re.Match[bytes] | None]
    apart: tuple[int, ...]
    has_vkey: bool


_EVENT: Final = b'"event":"'
_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{6}Z"
_ID = r'"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}"'
_WORD = r'"[a-z][a-z0-9_-]{0,31}"'
_CODE = r'"[a-z][a-z0-9._-]{0,63}"'
_DIGEST = r'"[0-9a-f]{64}"'
_COUNT = r"(?:0|[1-9][0-9]{0,14})"

_FORMS: Final[dict[str, str]] = {
    "action": r'"[A-Z][A-Za-z]{1,39}"',
    "actor": r"\{[^{}]{1,999}\}",
    "agent": r'"[0-9A-Z]{4,16}"',
    "at": rf'"(?P<at>(?P<at_day>{_DAY}){_TIME})"',
    "attempt": _ID,
    "because": rf"(?P<because>{_COUNT})",
    "book": _DIGEST,
    "bytes": _COUNT,
    "channel": _WORD,
    "client": r'"[0-9a-z.:-]{1,64}"',
    "clock_offset": r"(?:0|-?[1-9][0-9]{0,14})",
    "columns_digest": _DIGEST,
    "consumers": rf'\{{"count":{_COUNT},"root":{_DIGEST},"withheld":{_COUNT}\}}',
    "count": _COUNT,
    "destroyed": _DIGEST,
    "event": "",
    "expires": rf'"(?P<expires_day>{_DAY}){_TIME}"',
    "export": _ID,
    "facts": _DIGEST,
    "fencing": _COUNT,
    "head": rf'\{{"root":{_DIGEST},"size":{_COUNT}\}}',
    "mode": r'"(?:demo|live)"',
    "objects": rf"\[{_ID}\]",
    "outcome": "",
    "policy": _DIGEST,
    "purpose": _CODE,
    "ranges": r"\[(?:\[[0-9]{1,15},[0-9]{1,15}\],?){1,40}\]",
    "reason": _CODE,
    "recipient": _DIGEST,
    "record": _DIGEST,
    "resource": rf'\{{"id":{_ID},"kind":{_WORD}\}}',
    "rules": r"\[[^\[\]]{0,999}\]",
    "salt": r'"[0-9a-f]{32}"',
    "snapshot": r"\{[^{}]{1,999}\}",
    "state": _WORD,
    "v": "1",
    "vkey": r'"(?P<vkey>[0-9a-f]{64})"',
}

_DECIDED: Final = '(?(expires_day)"(?:permit|refuse|error)"|"(?:refuse|error)")'
_CHECKS: Final[dict[str, Callable[[Any, str], None]]] = ALWAYS | SOMETIMES
_APART: Final = frozenset({"actor", "client", "ranges", "rules", "snapshot"})
_MOST_SOUND: Final = 8192
_SOUND: set[bytes | None] = {None}


def _are_sound(parts: tuple[bytes | None, ...]) -> bool:
    """Say whether the slow path would take each part, and remember those that it would take."""
    if len(_SOUND) > _MOST_SOUND:
        _SOUND.intersection_update({None})
    for part in parts:
        if part not in _SOUND:
            if part is None or not _is_sound(part):
                return False
            _SOUND.add(part)
    return True


def _is_sound(part: bytes) -> bool:
    """Judge a day, or a field with its name: a part of one kind never passes for one of another."""
    name, _, text = part.partition(b":")
    try:
        if not text:
            return bool(parse_rfc3339(f"{part.decode()}T00:00:00.000000Z"))
        value = json.loads(text)
        _CHECKS[name.decode().strip('"')](value, "a part")
    except ValueError:
        return False
    # What a stranger's id may be is a law of the whole entry. A key that stands twice, another
    # order, a space or an escape would be written in another way.
    is_strange = isinstance(value, dict) and value.get("kind") == "stranger"
    return not is_strange and json.dumps(value, sort_keys=True, separators=(",", ":")).encode() == text


def _pattern(event: Event) -> str:
    """Write down every entry of an event, laws that tie fields together included."""
    return rf"\{{{''.join(_parts(event))}\}}"


def _parts(event: Event) -> Iterator[str]:
    decides = event in DECISIONS
    needed = {*ALWAYS, *({"rules", "policy"} if decides else ())}
    if event is Event.INSTALLATION_STARTED:
        needed.add("mode")
    known = _FORMS.keys() & _CHECKS.keys()
    names = sorted(name for name in known if event in CARRIED_BY.get(name, frozenset(Event)))
    for name in names:
        form = _FORMS[name]
        if name == "event":
            form = f'"{re.escape(event.value)}"'
        if name == "outcome":
            # A permit expires; a decision is never merely done, and nothing else permits.
            form = _DECIDED if decides else '"(?:refuse|error|done)"'
        # The first field is always there, so that every other one brings its own comma.
        part = f'"{name}":{form}'
        if name in _APART:
            part = f"(?P<{name}>{part})"
        if name != names[0]:
            part = f",{part}"
        yield part if name in needed else f"(?:{part})?"


def _shape(event: Event) -> _Shape:
    pattern = re.compile(_pattern(event).encode())
    groups = pattern.groupindex
    apart = tuple(groups[name] for name in sorted(groups.keys() & (_APART | {"at_day", "expires_day"})))
    return _Shape(event, pattern.fullmatch, apart, "vkey" in groups)


_SHAPES: Final = {event.value.encode(): _shape(event) for event in Event}
