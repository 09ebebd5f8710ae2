"""A batch is read as it was written, and anything altered in it is found."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from audit import tree
from audit.checkpoint import Head, SigningKey, sign_checkpoint
from audit.entry import Actor, Draft, Resource
from audit.events import Event, Outcome
from audit.evidence import redact
from audit.key_history import KeyHistory
from audit.ocsf import ACTIVITY_OF, API, AUTHENTICATION, OTHER, SIGN_INS, to_event, write_events
from audit.proofs import RootBuilder
from audit.stream import Batch, BatchError, read_lines, verify_batch, write_lines

KEY = SigningKey("ledger.example/sealed-book", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
KEYS = KeyHistory(first=KEY.verifier)


def an_entry(event: Event = Event.EXPORT_SENT, **changed: object) -> bytes:
    """Return an entry's bytes."""
    stated: dict[str, object] = {
        "event": event,
        "outcome": Outcome.DONE,
        "actor": Actor(kind="person", id="p-1", role="agent", amr=("pwd", "otp")),
        "client": "192.0.2.7",
        "action": "SendBook",
        "resource": Resource(kind="export", id="e-1"),
    }
    draft = Draft(**(stated | changed))  # type: ignore[arg-type]  # the fields of a draft
    return draft.settle("2026-11-21T18:00:00.000000Z", None).encode()


ENTRIES = [an_entry() for _ in range(20)]
MADE, _PEAKS = tree.grow(0, [], map(tree.leaf_hash, ENTRIES))
NODES = {(node.level, node.position): node.hash for node in MADE}


def node(level: int, position: int, /) -> bytes:
    """Return a perfect node of the twenty entries."""
    return NODES[level, position]


def head(size: int) -> Head:
    """Return the head at a size."""
    return Head(size, tree.root(size, node))


def a_batch(first: int, stop: int, signed: int) -> Batch:
    """Return the batch of entries [first, stop) under a checkpoint over `signed`."""
    return Batch(
        first=first,
        entries=tuple(ENTRIES[first:stop]),
        head=head(stop),
        consistency=tuple(tree.consistency(first, stop, node)),
        inclusion=tuple(tree.inclusion(stop - 1, stop, node)) if stop > first else (),
        checkpoint=sign_checkpoint(KEY.name, head(signed), KEY),
        extension=tuple(tree.consistency(stop, signed, node)),
    )


@given(st.lists(st.integers(0, 20), min_size=3, max_size=3))
def test_a_batch_is_read_as_it_was_written_and_holds(sizes: list[int]) -> None:
    """From any head to any other under any checkpoint from there on, empty ones too."""
    first, stop, signed = sorted(sizes)
    batch = a_batch(first, stop, signed)
    builder = RootBuilder()
    for entry in ENTRIES[:first]:
        builder.add(tree.leaf_hash(entry))
    assert batch == read_lines(write_lines(batch))
    assert head(stop) == verify_batch(batch, head(first), KEYS, builder)


GOOD = a_batch(5, 9, 12)


@pytest.mark.parametrize(
    "wrong",
    [
        replace(GOOD, first=4),
        replace(GOOD, entries=GOOD.entries[:-1]),
        replace(GOOD, entries=(GOOD.entries[1], GOOD.entries[0], *GOOD.entries[2:])),
        replace(GOOD, entries=(*GOOD.entries[:-1], an_entry())),
        replace(GOOD, head=Head(9, bytes(32))),
        replace(GOOD, consistency=()),
        replace(GOOD, extension=()),
        replace(GOOD, inclusion=()),
        replace(GOOD, checkpoint=GOOD.checkpoint.replace("12", "13")),
        replace(a_batch(6, 9, 12)),
    ],
)
def test_what_was_altered_is_found(wrong: Batch) -> None:
    """A gap, a swap, another entry, root, proof or checkpoint doesn't hold."""
    builder = RootBuilder()
    for entry in ENTRIES[:5]:
        builder.add(tree.leaf_hash(entry))
    with pytest.raises(BatchError):
        verify_batch(wrong, head(5), KEYS, builder)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}\n",
        b"[]\n",
        write_lines(GOOD).replace(b"stream/v1", b"stream/v2"),
        write_lines(GOOD).replace(b'"index":6', b'"index":7'),
        write_lines(GOOD).replace(b'"root":"', b'"root":"!'),
    ],
)
def test_what_isnt_a_batch_is_refused(data: bytes) -> None:
    """Other lines are an error, not a batch."""
    with pytest.raises(BatchError):
        read_lines(data)


def test_sign_ins_are_authentication_and_the_rest_api_activity() -> None:
    """Class, activity and type fit each other for every event."""
    for event in Event:
        if event.endswith(".requested") or event is Event.INSTALLATION_STARTED:
            continue
        said = to_event(3, an_entry(event), "ledger.example/sealed-book")
        assert (AUTHENTICATION if event in SIGN_INS else API) == said["class_uid"]
        assert said["class_uid"] * 100 + said["activity_id"] == said["type_uid"]
        assert said["activity_id"] in {1, 2, 3, 4, OTHER}
        assert (3, event.value) == (said["metadata"]["sequence"], said["activity_name"])
    verbs = {event.value.partition(".")[2] for event in Event}
    assert set() == ACTIVITY_OF.keys() - verbs


def test_an_event_says_who_where_and_how_it_went() -> None:
    """A refusal names its rules, a local client has no address."""
    refused = an_entry(
        Event.SESSION_REQUESTED,
        outcome=Outcome.REFUSE,
        rules=("R14",),
        policy="a" * 64,
        client="local:test",
        reason="locked",
    )
    said = to_event(0, refused, "ledger.example/sealed-book")
    assert (2, 2, "refuse", "locked") == (
        said["severity_id"], said["status_id"], said["status"], said["status_code"],
    )  # fmt: skip
    assert {"name": "local:test"} == said["src_endpoint"]
    assert [{"policy": {"uid": "R14"}}] == said["actor"]["authorizations"]
    assert said["is_mfa"]
    assert refused.decode() == said["raw_data"]


def test_a_pruned_entry_goes_out_as_its_redaction() -> None:
    """A batch with redactions holds under the same head, and as events it leaves them out."""
    batch = a_batch(4, 12, 16)
    pruned = replace(batch, entries=tuple(redact(each) for each in batch.entries[:3]) + batch.entries[3:])
    builder = RootBuilder()
    for entry in ENTRIES[:4]:
        builder.add(tree.leaf_hash(entry))

    assert head(12) == verify_batch(read_lines(write_lines(pruned)), head(4), KEYS, builder)
    events = write_events(pruned, KEY.name, datetime(2026, 11, 21, tzinfo=UTC)).splitlines()
    assert 1 + 5 == len(events)
    with pytest.raises(BatchError):
        verify_batch(replace(pruned, entries=(*pruned.entries[:-1], redact(b"x"))), head(4), KEYS)
