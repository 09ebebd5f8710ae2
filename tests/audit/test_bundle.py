"""Writing an evidence bundle."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit.bundle import BundleError, write_bundle
from audit.checkpoint import NoteError
from audit.evidence import redact
from audit.ledger import LedgerGapError
from tests.audit.factories import ORIGIN, a_bundle, a_draft, a_key, a_ledger


def test_a_bundle_holds_the_entries_bytes(tmp_path: Path) -> None:
    """Each line is an entry's bytes; key and checkpoint lie beside as text."""
    made = a_bundle(tmp_path, 5, redacted=[3])
    entries = list(made.ledger.reader.entries(0, 5))
    entries[3] = redact(entries[3])

    assert [each + b"\n" for each in entries] == made.lines
    assert f"{made.key.verifier.text()}\n" == (made.folder / "vkey").read_text()
    assert (made.folder / "checkpoint").read_text().startswith(f"{ORIGIN}\n5\n")


def test_a_bundle_ends_where_its_checkpoint_ends(tmp_path: Path) -> None:
    """Entries appended after the checkpoint stay out."""
    made, key = a_ledger(tmp_path, 3), a_key()
    checkpoint = made.checkpoint(key)
    made.append(a_draft())
    head = write_bundle(made.reader, tmp_path / "deep" / "bundle", key.verifier.text(), checkpoint)

    assert 3 == head.size
    assert 3 == (tmp_path / "deep" / "bundle" / "entries.jsonl").read_bytes().count(b"\n")


def test_a_bundle_is_never_overwritten(tmp_path: Path) -> None:
    """A folder that holds any part of a bundle is left as it is."""
    made = a_bundle(tmp_path, 2)
    for name in ("entries.jsonl", "vkey"):
        (made.folder / name).unlink()

    with pytest.raises(BundleError):
        write_bundle(
            made.ledger.reader, made.folder, made.key.verifier.text(), made.ledger.checkpoint(made.key)
        )
    assert ["checkpoint"] == [each.name for each in made.folder.iterdir()]


def test_a_foreign_checkpoint_is_refused(tmp_path: Path) -> None:
    """No bundle is written under a checkpoint that the key didn't sign."""
    made = a_ledger(tmp_path, 2)
    with pytest.raises(NoteError):
        write_bundle(made.reader, tmp_path / "b", a_key(2).verifier.text(), made.checkpoint(a_key()))

    assert not (tmp_path / "b").exists()


def test_a_ledger_that_lost_entries_gives_no_checkpoint(tmp_path: Path) -> None:
    """A bundle that can't be whole has no checkpoint in it."""
    longer, shorter = a_bundle(tmp_path, 4), tmp_path / "other"
    shorter.mkdir()
    reader = a_ledger(shorter, 3).reader
    with pytest.raises(LedgerGapError):
        write_bundle(reader, shorter / "b", longer.key.verifier.text(), longer.ledger.checkpoint(longer.key))

    assert not (shorter / "b" / "checkpoint").exists()
