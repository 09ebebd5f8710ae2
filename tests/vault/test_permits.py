"""Permits: proven, canonical, fitting, alive, or refused with a word that says which."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.entry import Entry, Resource, SnapshotRef
from audit.events import Event, Outcome
from runtime.clock import rfc3339
from tests.vault import factories
from tests.vault.factories import NOON, Change, but
from tests.vault.fakes import MemoryLedger
from vault.errors import Code, RefusalError
from vault.permits import Permit, published_attempt, read_entry, read_permit
from vault.table import ROWS, Call

BUILD = ROWS[Call.BUILD_BOOK]
OTHER = SnapshotRef(as_of=rfc3339(NOON), revision=2, digest="ef" * 32)
SAMPLES: dict[Call, Entry] = {
    Call.IMPORT_SNAPSHOT: factories.import_permit(),
    Call.BUILD_BOOK: factories.build_permit(),
    Call.SEND_BOOK: factories.book_permit(Call.SEND_BOOK),
    Call.DOWNLOAD_BOOK: factories.book_permit(Call.DOWNLOAD_BOOK),
    Call.REVEAL_PASSPHRASE: factories.book_permit(Call.REVEAL_PASSPHRASE),
    Call.VIEW_CONSUMERS: factories.view_permit(),
    Call.ENROL_FACTOR: factories.factor_permit(),
    Call.RELEASE_FACTOR: factories.release_permit(),
    Call.DESTROY: factories.destroy_permit("book:X1.1"),
}


def read(entry: Entry | bytes, call: Call = Call.BUILD_BOOK) -> Permit:
    """Read an entry that stands in a small ledger, at noon."""
    ledger = MemoryLedger([b"0", b"1", entry if isinstance(entry, bytes) else entry.encode(), b"3", b"4"])
    return read_permit(ledger.prove(0, [2]).permits[0], ledger.head_at(5), ROWS[call], NOON)


def refusal_of(entry: Entry | bytes, call: Call = Call.BUILD_BOOK) -> tuple[Code, str]:
    """Return why an entry is refused."""
    with pytest.raises(RefusalError) as caught:
        read(entry, call)
    return caught.value.code, caught.value.field


@pytest.mark.parametrize("call", SAMPLES)
@pytest.mark.parametrize("row_call", SAMPLES)
def test_a_permit_fits_its_own_row_and_no_other(call: Call, row_call: Call) -> None:
    """Every action's permit opens its own call; at any other call its action doesn't fit."""
    entry = SAMPLES[call]
    if call is row_call:
        assert entry == read(entry, call).entry
    else:
        assert refusal_of(entry, row_call) == (Code.MISFIT, "action")


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        (but(outcome=Outcome.REFUSE), Code.NOT_A_PERMIT, ""),
        (but(agent=None), Code.MISFIT, "agent"),
        (but(export=None), Code.MISFIT, "export"),
        (but(fencing=None), Code.MISFIT, "fencing"),
        (but(snapshot=None), Code.MISFIT, "snapshot"),
        (but(resource=Resource(kind="book", id="X1")), Code.MISFIT, "resource"),
        (but(resource=Resource(kind="export", id="X2")), Code.MISFIT, "resource"),
        (but(expires=rfc3339(NOON)), Code.EXPIRED, ""),
        (but(expires=rfc3339(NOON + timedelta(minutes=15, microseconds=1))), Code.TOO_LONG, ""),
    ],
)
def test_a_build_permit_must_fit_in_every_field(change: Change, code: Code, field: str) -> None:
    """What is missing, another's, lapsed or too long is refused by name."""
    assert (code, field) == refusal_of(change(factories.build_permit()))


def test_the_longest_life_itself_is_allowed() -> None:
    """A permit may lapse exactly the row's longest life ahead."""
    ends = NOON + BUILD.longest_life

    assert ends == read(factories.build_permit(expires=rfc3339(ends))).expires


@pytest.mark.parametrize("call", [Call.SEND_BOOK, Call.DOWNLOAD_BOOK])
def test_a_book_leaves_by_the_permitted_channel_only(call: Call) -> None:
    """A mail permit names email, a download permit link."""
    other = {"email": "link", "link": "email"}[SAMPLES[call].channel or ""]

    assert refusal_of(replace(SAMPLES[call], channel=other), call) == (Code.MISFIT, "channel")


@given(bit=st.integers(min_value=0))
def test_any_flipped_bit_of_an_entry_is_unproven(bit: int) -> None:
    """An entry's bytes with one bit changed aren't in the ledger."""
    ledger = MemoryLedger([b"0", factories.build_permit().encode(), b"2"])
    shown = ledger.prove(0, [1]).permits[0]
    bit %= 8 * len(shown.encoded)
    flipped = bytearray(shown.encoded)
    flipped[bit // 8] ^= 1 << bit % 8

    with pytest.raises(RefusalError, match=Code.UNPROVEN):
        read_permit(replace(shown, encoded=bytes(flipped)), ledger.head_at(3), BUILD, NOON)


@pytest.mark.parametrize("index", [0, 2, 3, 2**60])
def test_a_wrong_index_is_unproven(index: int) -> None:
    """A path proves a leaf at its own index only."""
    ledger = MemoryLedger([b"0", factories.build_permit().encode(), b"2"])
    shown = replace(ledger.prove(0, [1]).permits[0], index=index)

    with pytest.raises(RefusalError, match=Code.UNPROVEN):
        read_permit(shown, ledger.head_at(3), BUILD, NOON)


def test_a_path_of_another_head_is_unproven() -> None:
    """Paths that are cut, longer, or lead to another head prove nothing."""
    ledger = MemoryLedger([b"0", factories.build_permit().encode(), b"2"])
    shown = ledger.prove(0, [1]).permits[0]
    for inclusion in ((), shown.inclusion[:1], (*shown.inclusion, bytes(32))):
        with pytest.raises(RefusalError, match=Code.UNPROVEN):
            read_permit(replace(shown, inclusion=inclusion), ledger.head_at(3), BUILD, NOON)
    ledger.append_bytes(b"3")
    with pytest.raises(RefusalError, match=Code.UNPROVEN):
        read_permit(shown, ledger.head_at(4), BUILD, NOON)


def test_bytes_that_mean_the_same_but_differ_are_unreadable() -> None:
    """A leaf that isn't canonical JSON of an entry is no permit, although it stands in the ledger."""
    encoded = factories.build_permit().encode()

    assert refusal_of(encoded + b"\n") == (Code.UNREADABLE, "")
    assert refusal_of(b"{}") == (Code.UNREADABLE, "")


@pytest.mark.parametrize(
    ("published", "field"),
    [
        (factories.publication(snapshot=OTHER), "snapshot"),
        (factories.publication(outcome=Outcome.ERROR), "published"),
        (factories.publication(event=Event.SNAPSHOT_CHECKED), "published"),
        (factories.publication(resource=Resource(kind="snapshot", id="A1")), "published"),
        (factories.publication(snapshot=None), "snapshot"),
    ],
)
def test_a_publication_must_be_the_permits_own(published: Entry, field: str) -> None:
    """Another snapshot's, a failed one, another event and another resource are no evidence."""
    ledger = MemoryLedger([factories.build_permit().encode(), published.encode()])
    shown = ledger.prove(0, [0, 1]).permits
    permit = read_permit(shown[0], ledger.head_at(2), BUILD, NOON)

    with pytest.raises(RefusalError, match=f"{Code.MISFIT}: {field}"):
        published_attempt(read_entry(shown[1], ledger.head_at(2)), permit)


def test_a_publication_names_the_attempt() -> None:
    """The attempt that a permit's snapshot came from is read off its publication."""
    ledger = MemoryLedger([factories.publication("A7").encode(), factories.build_permit().encode()])
    shown = ledger.prove(0, [1, 0]).permits
    permit = read_permit(shown[0], ledger.head_at(2), BUILD, NOON)

    assert published_attempt(read_entry(shown[1], ledger.head_at(2)), permit) == "A7"
