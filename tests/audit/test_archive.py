"""The bundle as an archive: it verifies as it is, and a short one can't pass for whole."""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from audit.archive import FOLDER, stream_archive
from audit.checkpoint import NoteError
from audit.ledger import LedgerGapError
from audit.verify import verify_bundle
from runtime.clock import parse_rfc3339
from tests.audit.factories import AT, ALedger, a_draft, a_key, a_ledger

NOON = parse_rfc3339(AT)


def an_archive(made: ALedger, note: str) -> bytes:
    """Return the whole archive under a checkpoint of the usual key."""
    return b"".join(stream_archive(made.reader, a_key().verifier.text(), note, NOON))


def test_an_archive_verifies_as_it_is(tmp_path: Path) -> None:
    """Unpacked, it is a bundle that holds, PINNED, and ends where its checkpoint ends."""
    made = a_ledger(tmp_path, entries=5)
    note = made.checkpoint(a_key())
    made.append(a_draft())
    with zipfile.ZipFile(BytesIO(an_archive(made, note))) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path / "unpacked")

    verdict = verify_bundle(tmp_path / "unpacked" / FOLDER, vkey=a_key().verifier.text())
    assert (5, True, 0, 0) == (verdict.head.size, verdict.pinned, verdict.redacted, verdict.strangers)


def test_an_archive_is_sent_in_pieces(tmp_path: Path) -> None:
    """A long ledger leaves in several pieces, the checkpoint in the last one."""
    made = a_ledger(tmp_path)
    for _ in range(5):
        made.append(*(a_draft() for _ in range(600)))
    note = made.checkpoint(a_key())
    pieces = list(stream_archive(made.reader, a_key().verifier.text(), note, NOON))

    assert len(pieces) > 1
    assert [b"/checkpoint" in piece for piece in pieces] == [False] * (len(pieces) - 1) + [True]
    with zipfile.ZipFile(BytesIO(b"".join(pieces))) as archive:
        assert 3000 == archive.read(f"{FOLDER}/entries.jsonl").count(b"\n")


def test_a_foreign_checkpoint_gives_no_archive(tmp_path: Path) -> None:
    """Nothing is sent under a checkpoint that the key didn't sign."""
    made = a_ledger(tmp_path, entries=2)
    with pytest.raises(NoteError):
        an_archive(made, made.checkpoint(a_key(2)))


def test_a_lost_entry_cuts_the_archive_short(tmp_path: Path) -> None:
    """Where the ledger lacks what was signed there is an error instead of a checkpoint."""
    longer, shorter = tmp_path / "longer", tmp_path / "shorter"
    longer.mkdir()
    shorter.mkdir()
    note = a_ledger(longer, entries=4).checkpoint(a_key())
    with pytest.raises(LedgerGapError):
        an_archive(a_ledger(shorter, entries=3), note)
