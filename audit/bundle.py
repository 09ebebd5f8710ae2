"""Write an evidence bundle: all that an outsider needs to check the ledger offline.

Law: the bundle ends where its checkpoint ends. Entries that came later belong to a later
bundle; entries that may not be shown, or were pruned, stand in as their leaf hashes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path

from audit.checkpoint import Head, NoteError, VerifierKey
from audit.evidence import CHECKPOINT, CONSISTENCY, ENTRIES, FILES, KEYS, OF_EXTENSION, VKEY
from audit.key_history import KeyHistory, read_history
from audit.reader import LedgerReader


class BundleError(Exception):
    """The bundle can't be written here; the message says why."""


def write_bundle(
    reader: LedgerReader,
    folder: Path,
    vkey_text: str,
    checkpoint_note: str,
    *,
    redacted: Collection[int] = (),
    keys: str | None = None,
) -> Head:
    """Write the bundle into `folder`, made when missing, and return the head it reaches to.

    `redacted` are the indices of entries that may not be shown, `keys` the text of the key history
    where there is one. Raises BundleError where a bundle is already, NoteError for a checkpoint
    that the key didn't sign, LedgerError.
    """
    head = read_head_of(vkey_text, checkpoint_note, keys=keys)
    _begin(folder)
    _write(folder / ENTRIES, reader.lines(0, head.size, redacted=redacted))
    _end(folder, vkey_text, checkpoint_note, keys)
    return head


def write_extension(
    reader: LedgerReader,
    folder: Path,
    vkey_text: str,
    checkpoint_note: str,
    old_note: str,
    *,
    keys: str | None = None,
) -> Head:
    """Write what shows that a checkpoint extends an old one, without entries; return the newer head.

    Raises BundleError where a bundle is already, NoteError for a checkpoint that no key of the
    ledger signed, LedgerGapError for an old one that is over more entries than the newer one.
    """
    head = read_head_of(vkey_text, checkpoint_note, keys=keys)
    old = read_head_of(vkey_text, old_note, keys=keys)
    proof = reader.extension(old.size, head.size)
    _begin(folder)
    _write(folder / CONSISTENCY, (each.hex().encode() for each in proof))
    _end(folder, vkey_text, checkpoint_note, keys)
    return head


def read_head_of(vkey_text: str, checkpoint_note: str, *, keys: str | None = None) -> Head:
    """Return the head that a checkpoint is over, or raise NoteError if no key of the ledger signed it."""
    newest = VerifierKey.parse(vkey_text)
    history = KeyHistory(first=newest) if keys is None else read_history(keys)
    if history.newest != newest:
        raise NoteError("the newest key of the history isn't the ledger's")
    return history.read_checkpoint(checkpoint_note)[1]


def _begin(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if any((folder / name).exists() for name in {*FILES, *OF_EXTENSION}):
        raise BundleError("there is a bundle in this folder already")


def _end(folder: Path, vkey_text: str, checkpoint_note: str, keys: str | None) -> None:
    _write(folder / VKEY, [vkey_text.encode()])
    if keys is not None:
        _write(folder / KEYS, [keys.removesuffix("\n").encode()])
    # Last, so that a folder with a checkpoint holds a whole bundle.
    _write(folder / CHECKPOINT, [checkpoint_note.removesuffix("\n").encode()])


def _write(path: Path, lines: Iterable[bytes]) -> None:
    with path.open("xb") as file:
        file.writelines(line + b"\n" for line in lines)
