"""Entries: strict both ways, and the consumers' root."""

from __future__ import annotations

import contextlib
import json
from dataclasses import fields, replace
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit import canonical
from audit.entry import (
    Actor,
    Consumers,
    Draft,
    Entry,
    EntryError,
    HeadRef,
    SnapshotRef,
    consumers_root,
    new_salt,
)
from audit.events import CARRIED_BY, Event, Outcome
from audit.fields import ALWAYS, SOMETIMES
from audit.tree import EMPTY_ROOT, leaf_hash, node_hash
from tests.audit.factories import AT, a_draft, a_permit

DIGEST = "ab" * 32
ids = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,20}", fullmatch=True)
counts = st.integers(0, 2**53 - 1)
digests = st.binary(min_size=32, max_size=32).map(bytes.hex)

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "purpose": st.just("agency-oversight"),
    "rules": st.lists(st.sampled_from(["R01", "R38", "G00", "R09.rate"]), unique=True).map(tuple),
    "policy": digests,
    "facts": digests,
    "expires": st.just("2026-11-21T18:05:00.000000Z"),
    "agent": st.from_regex(r"[0-9A-Z]{4,16}", fullmatch=True),
    "export": ids,
    "fencing": counts,
    "channel": st.sampled_from(["link", "email"]),
    "attempt": ids,
    "objects": st.lists(ids, min_size=1, max_size=4, unique=True).map(tuple),
    "destroyed": digests,
    "snapshot": st.builds(SnapshotRef, as_of=st.just(AT), revision=counts, digest=digests),
    "book": digests,
    "columns_digest": digests,
    "consumers": st.builds(Consumers, count=counts, withheld=counts, root=digests),
    "bytes": counts,
    "ranges": st.lists(counts, min_size=2, max_size=8, unique=True).map(
        lambda ends: tuple(zip(sorted(ends)[::2], sorted(ends)[1::2], strict=False)),
    ),
    "because": counts,
    "recipient": digests,
    "record": digests,
    "count": st.integers(0, 2**53 - 1),
    "head": st.builds(HeadRef, size=st.integers(0, 2**53 - 1), root=digests),
    "vkey": digests,
    "mode": st.sampled_from(["demo", "live"]),
    "clock_offset": st.integers(-(10**9), 10**9),
    "state": st.just("built"),
    "reason": st.just("mail-server-busy"),
}


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    """Draw any entry that the format allows."""
    event = draw(st.sampled_from(Event))
    decision = event.endswith(".requested")
    outcome = draw(st.sampled_from(["permit", "refuse", "error"] if decision else ["done", "error"]))
    needed = {"rules", "policy", "expires"} if decision else set()
    needed |= {"mode"} if event == Event.INSTALLATION_STARTED else set()
    allowed = [name for name in VALUES if event in CARRIED_BY.get(name, Event)]
    chosen = needed | draw(st.sets(st.sampled_from(allowed)))
    actor = Actor(
        kind=draw(st.sampled_from(["person", "service", "operator", "system"])),
        id=draw(ids),
        role="agent",
        session=draw(st.none() | digests),
        amr=draw(st.sampled_from([(), ("pwd", "otp")])),
    )
    stated = {name: draw(VALUES[name]) for name in sorted(chosen)}
    because = stated.pop("because", None)
    client = draw(st.ip_addresses(v=4).map(str) | st.just("2001:db8::1") | st.just("local:worker"))
    draft = a_draft(event, outcome=Outcome(outcome), actor=actor, client=client, **stated)
    return draft.settle(AT, because)


@given(entries())
def test_an_entry_reads_back(entry: Entry) -> None:
    """An entry's bytes decode to the entry, and encode to the same bytes."""
    assert entry == Entry.decode(entry.encode())


@given(entries(), st.data())
def test_no_other_bytes_are_that_entry(entry: Entry, data: st.DataObject) -> None:
    """A flipped bit gives an error or another entry, never the same one."""
    encoded = bytearray(entry.encode())
    place = data.draw(st.integers(0, len(encoded) * 8 - 1))
    encoded[place // 8] ^= 1 << place % 8

    with contextlib.suppress(EntryError):
        assert entry != Entry.decode(bytes(encoded))


def test_every_field_has_its_place() -> None:
    """The record and the table of checks name the same fields."""
    stated = {each.name for each in fields(Entry)} | {"v"}

    assert stated == ALWAYS.keys() | SOMETIMES.keys()
    assert SOMETIMES.keys() == VALUES.keys()


def test_absent_is_absent() -> None:
    """Fields that were not stated leave no trace; an empty list of rules does."""
    encoded = a_permit(purpose=None, rules=()).settle(AT, None).encode()

    assert b"null" not in encoded
    assert b"purpose" not in encoded
    assert b'"rules":[]' in encoded


@pytest.mark.parametrize("name", sorted(ALWAYS))
def test_what_is_always_there_is_missed(name: str) -> None:
    """An entry without one of the fields that are never absent is refused."""
    wire = _wire(a_permit())
    del wire[name]

    with pytest.raises(EntryError, match=f"lacks {name}"):
        Entry.decode(canonical.encode(wire))


@pytest.mark.parametrize("name", sorted(ALWAYS | SOMETIMES))
@pytest.mark.parametrize(
    "value", [None, True, "free text of a person", {}, [[]], 2**53, -(2**53), "Jane\n"], ids=repr
)
def test_wrong_values_are_refused(name: str, value: Any) -> None:
    """No field takes null, a truth value, a sentence, an empty object, or too large a number."""
    wire = _wire(a_permit()) | {name: value}
    with pytest.raises(EntryError) as caught:
        _decode_any(wire)

    assert "Jane" not in str(caught.value)
    assert "free" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("v", 2),
        ("salt", "AB" * 16),
        ("at", "2026-11-21T18:00:00Z"),
        ("at", "2026-02-30T18:00:00.000000Z"),
        ("at", "٢٠٢٦-11-21T18:00:00.000000Z"),
        ("event", "export.teleported"),
        ("outcome", "maybe"),
        ("client", "192.0.2.07"),
        ("client", "::ffff:192.0.2.7"),
        ("client", "2001:DB8::1"),
        ("client", "fe80::1%eth0"),
        ("client", "local:Worker"),
        ("client", "testclient"),
        ("action", "requestExport"),
        ("agent", "0b65625"),
        ("export", "jane@agents.example"),
        ("fencing", -1),
        ("rules", ["R01", "R01"]),
        ("rules", ["r01"]),
        ("policy", "AB" * 32),
        ("purpose", "Because I want to"),
        ("actor", {"kind": "person", "id": "p-1", "role": "agent", "amr": []}),
        ("actor", {"kind": "person", "id": "p-1", "role": "agent", "name": "Jane"}),
        ("actor", {"kind": "person", "id": "p-1"}),
        ("actor", {"kind": "stranger", "id": "hunter2", "role": "stranger"}),
        ("resource", {"kind": "export"}),
        ("snapshot", {"as_of": AT, "revision": 1, "digest": DIGEST, "rows": 3}),
        ("ranges", [[0, 5]]),
        ("note", "x"),
        ("redacted_leaf", DIGEST),
    ],
)
def test_almost_right_values_are_refused(name: str, value: Any) -> None:
    """Values that miss a field's pattern by little are refused."""
    with pytest.raises(EntryError):
        _decode_any(_wire(a_permit()) | {name: value})


@pytest.mark.parametrize(
    "ranges", [((3, 3),), ((5, 2),), ((0, 5), (4, 8)), ((5, 8), (0, 5)), ((0, 1),) * 300, ()]
)
def test_ranges_ascend(ranges: tuple[tuple[int, int], ...]) -> None:
    """Byte ranges that are empty, overlap, run backwards or are too many are refused."""
    with pytest.raises(EntryError, match="ranges"):
        a_draft(Event.RELEASE_ENDED, ranges=ranges).settle(AT, None).encode()


def test_ranges_that_touch_are_fine() -> None:
    """Ranges end where the next one may begin."""
    entry = a_draft(Event.RELEASE_ENDED, ranges=((0, 5), (5, 8))).settle(AT, None)

    assert b'"ranges":[[0,5],[5,8]]' in entry.encode()


@pytest.mark.parametrize(
    ("draft", "why"),
    [
        (a_draft(outcome=Outcome.PERMIT), "only a decision"),
        (a_permit(outcome=Outcome.DONE), "permit, refuse or error"),
        (a_permit(policy=None), "names its rules"),
        (a_permit(rules=None), "names its rules"),
        (a_permit(expires=None), "expires"),
        (a_draft(Event.INSTALLATION_STARTED), "mode"),
        (a_draft(purpose="audit"), "purpose can't stand"),
        (a_draft(Event.EXPORT_SENT, consumers=Consumers(count=1, withheld=0, root=DIGEST)), "consumers"),
        (a_draft(mode="demo"), "mode can't stand"),
        (a_permit(Event.DESTRUCTION_REQUESTED, destroyed=DIGEST), "destroyed can't stand"),
    ],
)
def test_fields_fit_together(draft: Draft, why: str) -> None:
    """An event, its outcome and its fields that contradict each other are refused."""
    with pytest.raises(EntryError, match=why):
        draft.settle(AT, None).encode()


def test_a_stranger_may_be_unknown() -> None:
    """Somebody who couldn't be told apart is `unknown` or a keyed pseudonym."""
    for name in ("unknown", "ab" * 16):
        actor = Actor(kind="stranger", id=name, role="stranger")
        entry = a_permit(actor=actor, outcome=Outcome.REFUSE).settle(AT, None)

        assert entry == Entry.decode(entry.encode())


def test_what_was_written_before_lets_nothing_else_through() -> None:
    """Fields that come again are remembered; a value that only equals a good one isn't good."""
    good = a_draft(fencing=1)
    for draft in (good, good):
        draft.settle(AT, None).encode()

    with pytest.raises(EntryError, match=r"entry\.fencing isn't a whole number"):
        replace(good, fencing=True).settle(AT, None).encode()
    with pytest.raises(EntryError, match=r"entry\.actor\.id isn't an id"):
        replace(good, actor=replace(good.actor, id="a name")).settle(AT, None).encode()


def test_salts_differ() -> None:
    """Two drafts of the same thing have different leaves."""
    assert 32 == len(new_salt())
    assert a_draft().settle(AT, None).encode() != a_draft().settle(AT, None).encode()


def test_consumers_root_by_hand() -> None:
    """The root is over the sorted distinct leaves of salted pseudonyms."""
    salt = "00112233445566778899aabbccddeeff"
    names = ["2026:" + "1" * 32, "2026:" + "2" * 32, "2026:" + "3" * 32]
    leaves = sorted(sha256(b"\0" + bytes.fromhex(salt) + name.encode()).digest() for name in names)

    assert EMPTY_ROOT == consumers_root(salt, [])
    assert leaf_hash(bytes.fromhex(salt) + names[0].encode()) == consumers_root(salt, names[:1] * 2)
    assert node_hash(node_hash(*leaves[:2]), leaves[2]) == consumers_root(salt, reversed(names))


def test_one_salt_hides_another() -> None:
    """The same consumers have another root under another salt."""
    names = ["2026:" + "1" * 32]
    assert consumers_root("00" * 16, names) != consumers_root("01" * 16, names)


def _wire(draft: Draft) -> dict[str, Any]:
    return canonical.decode(draft.settle(AT, None).encode())


def _decode_any(wire: dict[str, Any]) -> Entry:
    # json writes null and large numbers too, which canonical JSON would refuse to.
    return Entry.decode(json.dumps(wire, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode())
