"""Write an evidence bundle: all that an outsider needs to check the ledger offline.

Law: the bundle ends where its checkpoint ends. Entries that came later belong to a later
bundle; entries that may not be shown, or were pruned,
stand in as their leaf hashes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path

from audit.checkpoint import Head, NoteError, VerifierKey
from audit.evidence import CHECKPOINT, ENTRIES, FILES, KEYS, VKEY
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
    folder.mkdir(parents=True, exist_ok=True)
    if any((folder / name).exists() for name in FILES):
        raise BundleError("there is a bundle in this folder already")
    _write(folder / ENTRIES, reader.lines(0, head.size, redacted=redacted))
    _write(folder / VKEY, [vkey_text.encode()])
    if keys is not None:
        _write(folder / KEYS, [keys.removesuffix("\n").encode()])
    # Last, so that a folder with a checkpoint holds a whole bundle.
    _write(folder / CHECKPOINT, [checkpoint_note.removesuffix("\n").encode()])
    return head


def read_head_of(vkey_text: str, checkpoint_note: str, *, keys: str | None = None) -> Head:
    """Return the head that a checkpoint is over, or raise NoteError if no key of the ledger signed it."""
    newest = VerifierKey.parse(vkey_text)
    history = KeyHistory(first=newest) if keys is None else read_history(keys)
    if history.newest != newest:
        raise NoteError("the newest key of the history isn't the ledger's")
    return history.read_checkpoint(checkpoint_note)[1]


def _write(path: Path, lines: Iterable[bytes]) -> None:
    with path.open("xb") as file:
        file.writelines(line + b"\n" for line in lines)
