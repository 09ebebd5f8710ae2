"""The fast reading of entries judges exactly as the slow one does."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from audit.entry import Actor, Entry, EntryError
from audit.events import CARRIED_BY, DECISIONS, Event, Outcome
from audit.fields import _LAWS, ALWAYS, SOMETIMES
from audit.strict import _FORMS, _SHAPES, _SOUND, Seen, look
from tests.audit.factories import AT, a_draft, a_permit
from tests.audit.test_entry import entries

PERMIT = a_permit(because=3).settle(AT, 3).encode()


def judge(read: Any, data: bytes) -> Seen | str:
    """Return what a reader sees, or the message with which it refuses."""
    try:
        found = read(data)
    except EntryError as error:
        return str(error)
    if isinstance(found, Entry):
        return Seen(found.event, found.at.encode(), found.because, found.vkey)
    assert isinstance(found, Seen)
    return found


def is_taken(data: bytes) -> bool:
    """Say whether the expression takes these bytes by itself."""
    event = json.loads(data)["event"]
    return _SHAPES[event.encode()].fullmatch(data) is not None


@settings(max_examples=300)
@given(entries())
def test_it_reads_what_the_slow_path_reads(entry: Entry) -> None:
    """Every entry that the format allows is seen as it decodes."""
    assert judge(Entry.decode, entry.encode()) == judge(look, entry.encode())


def _swap(data: bytes, at: int, by: bytes, length: int) -> bytes:
    return data[:at] + by + data[at + length :]


@settings(max_examples=600)
@given(
    entries(),
    st.floats(0, 1),
    st.sampled_from(
        [
            b"",
            b" ",
            b"\n",
            b"\x00",
            b"0",
            b"00",
            b"-",
            b"9" * 20,
            b'"',
            b"\\u0061",
            b",",
            b"}",
            b"{}",
            b"null",
            b"true",
            b'"v":1,',
            b"A",
            b"\xff",
            b"\xc3\xa9",
            b"31",
            b"permit",
            b"stranger",
            b'"because":0,',
            b'"mode":"demo",',
        ]
    )
    | st.binary(min_size=1, max_size=3),
    st.integers(0, 12),
)
def test_it_refuses_what_the_slow_path_refuses(entry: Entry, where: float, by: bytes, length: int) -> None:
    """Bytes near an entry are refused in the same words, or seen as they decode."""
    data = entry.encode()
    changed = _swap(data, int(where * len(data)), by, length)

    assert judge(Entry.decode, changed) == judge(look, changed)


@given(entries(), entries(), st.data())
def test_it_keeps_the_laws_between_fields(entry: Entry, other: Entry, data: st.DataObject) -> None:
    """A field dropped, or brought from another entry, is judged alike."""
    wire, donor = json.loads(entry.encode()), json.loads(other.encode())
    name = data.draw(st.sampled_from(sorted(donor)))
    moved = wire | {name: donor[name]}
    if data.draw(st.booleans()):
        del moved[data.draw(st.sampled_from(sorted(moved)))]
    changed = json.dumps(moved, sort_keys=True, separators=(",", ":")).encode()

    assert judge(Entry.decode, changed) == judge(look, changed)


@given(st.text("0123456789-", min_size=10, max_size=10) | st.dates().map(str))
@example("2026-02-29")
@example("2028-02-29")
@example("2026-04-31")
@example("0000-01-01")
def test_days_are_days(day: str) -> None:
    """A day that no calendar has is refused, and a leap day is taken where there is one."""
    changed = PERMIT.replace(b"2026-11-21T18:05", f"{day}T18:05".encode())

    assert judge(Entry.decode, changed) == judge(look, changed)


@pytest.mark.parametrize("event", Event)
def test_the_common_forms_are_fast(event: Event) -> None:
    """Of each event the plain form is taken by the expression itself."""
    fields: dict[str, Any] = {"mode": "demo"} if event is Event.INSTALLATION_STARTED else {}
    draft = a_permit(event, **fields) if event in DECISIONS else a_draft(event, **fields)

    assert is_taken(draft.settle(AT, 7).encode())


@pytest.mark.parametrize("outcome", Outcome)
@pytest.mark.parametrize("expires", [None, AT])
@pytest.mark.parametrize("event", [Event.BOOK_REQUESTED, Event.EXPORT_SENT])
def test_outcomes(event: Event, outcome: Outcome, expires: str | None) -> None:
    """Which outcomes an event may have, and that a permit expires, is in the expression too."""
    wire = json.loads(a_permit(event=Event.BOOK_REQUESTED, expires=AT).settle(AT, None).encode())
    wire |= {"event": event.value, "outcome": outcome.value}
    for name in ("policy", "purpose", "rules", "expires"):
        if event not in CARRIED_BY[name] or (name, expires) == ("expires", None):
            del wire[name]
    data = json.dumps(wire, sort_keys=True, separators=(",", ":")).encode()
    try:
        Entry.decode(data)
    except EntryError:
        assert not is_taken(data)
    else:
        assert is_taken(data)


def test_a_part_never_passes_for_another() -> None:
    """What was found sound as an actor isn't taken as a snapshot, and the other way round."""
    actor = Actor(kind="person", id="p-1", role="agent")
    look(a_draft(actor=actor).settle(AT, None).encode())
    swapped = PERMIT.replace(b'"v":1}', b'"snapshot":{"id":"p-1","kind":"person","role":"agent"},"v":1}')

    assert "snapshot" in str(judge(look, swapped))


def test_what_it_remembers_is_bounded() -> None:
    """However many actors there are, few of them are kept in memory."""
    for number in range(9000):
        look(PERMIT.replace(b"p-7f3a", f"p-{number}".encode()))

    assert len(_SOUND) < 8300


def test_it_knows_no_field_of_its_own() -> None:
    """The expression has every field that is always there, and none that the format lacks."""
    assert ALWAYS.keys() <= _FORMS.keys()
    assert not _FORMS.keys() - ALWAYS.keys() - SOMETIMES.keys()


def test_it_was_told_of_every_law() -> None:
    """Whoever adds a law between fields adds it to the expression, and here."""
    assert 6 == len(_LAWS)
