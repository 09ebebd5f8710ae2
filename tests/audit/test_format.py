"""FORMAT.md: every example is real, and nothing that the code knows is missing from it."""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import audit
from audit.checkpoint import (
    Head,
    NoteError,
    SigningKey,
    VerifierKey,
    open_note,
    read_checkpoint,
    sign_checkpoint,
)
from audit.cosignature import WitnessKey, cosign, verify_cosignature
from audit.entry import Entry, consumers_root
from audit.events import CARRIED_BY, DECISIONS, Event
from audit.evidence import redact
from audit.fields import ALWAYS, SOMETIMES
from audit.key_history import KeyHistory, digest_of_key, read_history, sign_handover, write_history
from audit.proofs import verify_consistency, verify_inclusion
from audit.pruning import KEPT
from audit.stream import read_lines, verify_batch, write_lines
from audit.tree import leaf_hash, root_of
from audit.verify import verify_bundle
from audit.witness import judge, read_submission, write_submission

TEXT = (Path(audit.__path__[0]) / "FORMAT.md").read_text(encoding="utf-8")
BLOCKS = {name: body for name, body in re.findall(r"```([a-z ]+)\n(.*?)```", TEXT, re.DOTALL)}  # noqa: C416 - says what the pairs are
ENTRIES = [line.encode() for line in BLOCKS["entries"].splitlines()]
LEAVES = [bytes.fromhex(line) for line in BLOCKS["leaves"].split()]
ROOTS = [bytes.fromhex(line) for line in BLOCKS["roots"].split()]
KEY = VerifierKey.parse(BLOCKS["vkey"].strip())


def test_the_example_is_a_bundle(tmp_path: Path) -> None:
    """The page's entries, checkpoint and key verify as a bundle, redacted or not."""
    (tmp_path / "vkey").write_text(BLOCKS["vkey"])
    (tmp_path / "checkpoint").write_text(BLOCKS["checkpoint"])
    (tmp_path / "entries.jsonl").write_text(BLOCKS["entries"])
    assert (3, ROOTS[1]) == _size_and_root(tmp_path)

    rest = BLOCKS["entries"].split("\n", 1)[1]
    (tmp_path / "entries.jsonl").write_text(BLOCKS["redaction"] + rest)
    assert (3, ROOTS[1]) == _size_and_root(tmp_path)
    assert BLOCKS["redaction"].strip().encode() == redact(ENTRIES[0])


def test_the_entries_are_canonical() -> None:
    """Each example entry decodes, and encodes to the same bytes."""
    assert ENTRIES == [Entry.decode(line).encode() for line in ENTRIES]


def test_leaves_and_roots() -> None:
    """The page's leaf hashes and roots are those of its entries."""
    assert LEAVES == [leaf_hash(line) for line in ENTRIES]
    assert ROOTS == [root_of(LEAVES[:2]), root_of(LEAVES)]


def test_proofs() -> None:
    """The page's proofs prove what it says."""
    inclusion, consistency = (
        [bytes.fromhex(line) for line in BLOCKS[name].split()] for name in ("inclusion", "consistency")
    )

    verify_inclusion(LEAVES[1], 1, 3, inclusion, ROOTS[1])
    verify_consistency(2, ROOTS[0], 3, ROOTS[1], consistency)


def test_key_and_checkpoints() -> None:
    """The page's private key makes its vkey and, byte for byte, its checkpoints."""
    key = SigningKey(KEY.name, Ed25519PrivateKey.from_private_bytes(bytes(range(32))))

    assert KEY == key.verifier
    for name, head in (("checkpoint", Head(3, ROOTS[1])), ("old checkpoint", Head(2, ROOTS[0]))):
        assert BLOCKS[name] == sign_checkpoint(KEY.name, head, key)


def test_cosignature() -> None:
    """The page's witness, with the private key that it says, makes its line byte for byte."""
    key = WitnessKey("compliance.example/w1", Ed25519PrivateKey.from_private_bytes(bytes(range(64, 96))))

    assert BLOCKS["witness vkey"].strip() == key.verifier.text()
    assert BLOCKS["cosigned checkpoint"] == cosign(BLOCKS["checkpoint"], key, 1_795_284_005)
    assert 1_795_284_005 == verify_cosignature(BLOCKS["cosigned checkpoint"], key.verifier)


def test_key_history() -> None:
    """The page's history is made by the keys that it says, and names the digest of the next one."""
    first, following = (
        SigningKey(KEY.name, Ed25519PrivateKey.from_private_bytes(bytes(range(start, start + 32))))
        for start in (0, 32)
    )
    note = sign_handover(Head(3, ROOTS[1]), "2026-11-21T18:30:00.000000Z", first, following)

    assert BLOCKS["keys"] == write_history(KEY, [note])
    assert following.verifier == read_history(BLOCKS["keys"]).newest
    assert f"`{digest_of_key(following.verifier)}`" in TEXT


def test_submission_and_batch() -> None:
    """A witness and a receiver who know the ledger of 2 take the page's submission and batch."""
    known, keys = Head(2, ROOTS[0]), KeyHistory(first=KEY)
    submission, batch = read_submission(BLOCKS["submission"]), read_lines(BLOCKS["batch"].encode())

    assert Head(3, ROOTS[1]) == judge(known, submission, keys) == verify_batch(batch, known, keys)
    assert BLOCKS["submission"] == write_submission(2, submission.proof, BLOCKS["checkpoint"])
    assert (BLOCKS["batch"].encode(), (ENTRIES[2],)) == (write_lines(batch), batch.entries)


def test_what_pruning_keeps_is_listed() -> None:
    """The events whose entries are never pruned are those of the code."""
    listed = TEXT.partition("Of those `size` entries the events ")[2].partition("keep theirs")[0]

    assert sorted(KEPT) == re.findall(r"`([a-z.]+)`", listed)


def test_consumers_root() -> None:
    """The page's pseudonyms have the root that its last entry carries."""
    entry = Entry.decode(ENTRIES[2])
    names = BLOCKS["pseudonyms"].split()
    leaves = [leaf_hash(bytes.fromhex(entry.salt) + name.encode()).hex() for name in names]

    assert entry.consumers is not None
    assert (3, consumers_root(entry.salt, names).hex()) == (entry.consumers.count, entry.consumers.root)
    assert BLOCKS["consumer leaves"].split() == sorted(leaves)


def test_destruction_record() -> None:
    """The page's record is signed by its key, has the digest that it says, and is no checkpoint."""
    record = BLOCKS["record"]

    assert open_note(record, KEY).startswith("sealed book destruction v1\n")
    assert f"`{sha256(record.encode()).hexdigest()}`" in TEXT
    with pytest.raises(NoteError, match="three lines"):
        read_checkpoint(record, KEY)


def test_every_field_is_described() -> None:
    """The tables name each field of an entry, and no other."""
    rows = re.findall(r"^ +\| (`[a-z_`, ]+`) \| (?!every|`[a-z]+\.)", TEXT, re.MULTILINE)
    named = [name for row in rows for name in re.findall(r"[a-z_]+", row)]

    assert sorted(ALWAYS | SOMETIMES) == sorted(named)


def test_every_event_is_named() -> None:
    """The list of events is the enum's."""
    listed = TEXT.partition("The events:\n\n")[2].partition("\n\n")[0]

    assert list(Event) == re.findall(r"`([a-z.]+)`", listed)


def test_restricted_fields_are_listed() -> None:
    """The table of fields that only some events carry is the code's."""
    table = TEXT.partition("stand on some events only:")[2].partition("The events:")[0]
    rows = re.findall(r"^ +\| (`[^|]+) \| ([^|]+) \|$", table, re.MULTILINE)
    said = {
        field: frozenset(map(Event, re.findall(r"`([^`]+)`", events)))
        | (DECISIONS if "every decision" in events else frozenset())
        for fields, events in rows
        for field in re.findall(r"`([^`]+)`", fields)
    }

    assert CARRIED_BY == said


def _size_and_root(folder: Path) -> tuple[int, bytes]:
    verdict = verify_bundle(folder, KEY.text(), BLOCKS["old checkpoint"])
    return verdict.head.size, verdict.head.root
