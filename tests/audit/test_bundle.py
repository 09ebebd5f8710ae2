"""Writing an evidence bundle."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit.bundle import BundleError, write_bundle, write_extension
from audit.checkpoint import NoteError
from audit.evidence import redact
from audit.ledger import LedgerGapError
from audit.verify import verify_bundle
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


def test_an_extension_needs_no_entries(tmp_path: Path) -> None:
    """From every older checkpoint a small folder shows that the newer one extends it."""
    made, key = a_ledger(tmp_path), a_key()
    vkey, notes = key.verifier.text(), [made.checkpoint(key)]
    for _ in range(6):
        made.append(a_draft())
        notes.append(made.checkpoint(key))
    for size, old in enumerate(notes):
        folder = tmp_path / str(size)
        head = write_extension(made.reader, folder, vkey, notes[-1], old)
        verdict = verify_bundle(folder, vkey, old)

        assert (6, head, size) == (head.size, verdict.head, verdict.since and verdict.since.size)
        assert "not checked: entries (none is here" in verdict.lines()[0]
        assert {"checkpoint", "consistency", "vkey"} == {each.name for each in folder.iterdir()}
    with pytest.raises(BundleError):
        write_extension(made.reader, tmp_path / "0", vkey, notes[-1], notes[0])
    with pytest.raises(LedgerGapError, match="no extension from 6 to 2"):
        write_extension(made.reader, tmp_path / "new", vkey, notes[2], notes[6])


def test_a_ledger_that_lost_entries_gives_no_checkpoint(tmp_path: Path) -> None:
    """A bundle that can't be whole has no checkpoint in it."""
    longer, shorter = a_bundle(tmp_path, 4), tmp_path / "other"
    shorter.mkdir()
    reader = a_ledger(shorter, 3).reader
    with pytest.raises(LedgerGapError):
        write_bundle(reader, shorter / "b", longer.key.verifier.text(), longer.ledger.checkpoint(longer.key))

    assert not (shorter / "b" / "checkpoint").exists()
