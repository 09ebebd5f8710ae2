"""Write an evidence bundle: all that an outsider needs to check the ledger offline.

Law: the bundle ends where its checkpoint ends. Entries that came later belong to a later
bundle; entries that may not be shown stand in as their leaf hashes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path

from audit.checkpoint import Head, VerifierKey, read_checkpoint
from audit.evidence import CHECKPOINT, ENTRIES, FILES, VKEY, redact
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
) -> Head:
    """Write the bundle into `folder`, made when missing, and return the head it reaches to.

    `redacted` are the indices of entries that may not be shown. Raises BundleError where a
    bundle is already, NoteError for a checkpoint that the key didn't sign, LedgerError.
    """
    _origin, head = read_checkpoint(checkpoint_note, VerifierKey.parse(vkey_text))
    folder.mkdir(parents=True, exist_ok=True)
    if any((folder / name).exists() for name in FILES):
        raise BundleError("there is a bundle in this folder already")
    entries = reader.entries(0, head.size)
    _write(
        folder / ENTRIES,
        (redact(each) if index in redacted else each for index, each in enumerate(entries)),
    )
    _write(folder / VKEY, [vkey_text.encode()])
    # Last, so that a folder with a checkpoint holds a whole bundle.
    _write(folder / CHECKPOINT, [checkpoint_note.removesuffix("\n").encode()])
    return head


def _write(path: Path, lines: Iterable[bytes]) -> None:
    with path.open("xb") as file:
        file.writelines(line + b"\n" for line in lines)
