"""Batches of entries for somebody else's monitoring, each with the proofs that place it.

A batch holds the entries [first, stop). It goes with the head at `stop`, the proof that this head
extends the one at `first` (so that batch follows batch), the path of its last entry, and a signed
checkpoint with the proof that it extends the batch's head. An empty batch is a heartbeat.
Laws of this file:
1. An entry goes out as the bytes that the ledger holds, so that a receiver can hash them; one that
   was pruned goes out as its redaction.
2. The index names an entry for good: who got it twice drops one.
3. `verify_batch` is the receiver's side; it shares nothing with the writer's storage.
Pure.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from audit.checkpoint import Head
from audit.entry import EntryError
from audit.evidence import leaf_of
from audit.key_history import KeyHistory
from audit.note import NoteError, from_base64, to_base64
from audit.proofs import ProofError, RootBuilder, verify_consistency, verify_inclusion

FORMAT: Final = "sealed-book-stream/v1"


class BatchError(Exception):
    """The batch doesn't hold; the message says what is wrong."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Entries [first, head.size) as a bundle's lines have them, with their proofs; hashes are 32 bytes."""

    first: int
    entries: tuple[bytes, ...]
    head: Head
    consistency: tuple[bytes, ...]
    inclusion: tuple[bytes, ...]
    checkpoint: str
    extension: tuple[bytes, ...]

    @property
    def key(self) -> str:
        """What names the batch: a repeated one has the same."""
        return f"{self.first}-{self.head.size}"

    def header(self) -> dict[str, Any]:
        """Return the proofs as JSON has them."""
        return {
            "stream": FORMAT,
            "first": self.first,
            "stop": self.head.size,
            "root": to_base64(self.head.root),
            "consistency": [to_base64(each) for each in self.consistency],
            "inclusion": [to_base64(each) for each in self.inclusion],
            "checkpoint": self.checkpoint,
            "extension": [to_base64(each) for each in self.extension],
        }


def write_lines(batch: Batch) -> bytes:
    """Write a batch as JSON Lines: the header, then each entry with its index."""
    header = json.dumps(batch.header(), separators=(",", ":")).encode()
    lines = [
        b'{"index":%d,"entry":%b}' % (index, entry)
        for index, entry in enumerate(batch.entries, start=batch.first)
    ]
    return b"".join(line + b"\n" for line in (header, *lines))


def read_lines(data: bytes) -> Batch:
    """Read what `write_lines` writes. Raises BatchError."""
    try:
        first_line, *lines = data.removesuffix(b"\n").split(b"\n")
        header = json.loads(first_line)
        if header["stream"] != FORMAT:
            raise BatchError("not a batch of this format")
        first = int(header["first"])
        starts = [b'{"index":%d,"entry":' % index for index in range(first, first + len(lines))]
        if not all(
            line.startswith(start) and line.endswith(b"}") for line, start in zip(lines, starts, strict=True)
        ):
            raise BatchError("an entry's line is malformed or out of order")
        return Batch(
            first=first,
            entries=tuple(line[len(start) : -1] for line, start in zip(lines, starts, strict=True)),
            head=Head(int(header["stop"]), from_base64(header["root"], "the root")),
            consistency=_hashes(header["consistency"]),
            inclusion=_hashes(header["inclusion"]),
            checkpoint=str(header["checkpoint"]),
            extension=_hashes(header["extension"]),
        )
    except (ValueError, KeyError, TypeError, NoteError):
        raise BatchError("a batch is malformed") from None


def verify_batch(batch: Batch, known: Head, keys: KeyHistory, builder: RootBuilder | None = None) -> Head:
    """Check a batch after the head that is known (that of the batch before); return the new head.

    With a `builder` that was fed every entry so far, all entries are checked against the head, not the
    last alone. Raises BatchError.
    """
    if batch.first != known.size or batch.head.size != known.size + len(batch.entries):
        raise BatchError(f"the batch begins at {batch.first}, entry {known.size} is due")
    try:
        _key, signed = keys.read_checkpoint(batch.checkpoint)
        verify_consistency(known.size, known.root, batch.head.size, batch.head.root, batch.consistency)
        verify_consistency(batch.head.size, batch.head.root, signed.size, signed.root, batch.extension)
        if batch.entries:
            leaf = leaf_of(batch.entries[-1])
            verify_inclusion(leaf, batch.head.size - 1, batch.head.size, batch.inclusion, batch.head.root)
    except (ProofError, NoteError, EntryError) as error:
        raise BatchError(str(error)) from None
    if builder is not None:
        for entry in batch.entries:
            builder.add(leaf_of(entry))
        if (builder.size, builder.root()) != (batch.head.size, batch.head.root):
            raise BatchError("the entries don't have the batch's root")
    return batch.head


def _hashes(texts: Sequence[str]) -> tuple[bytes, ...]:
    return tuple(from_base64(each, "a hash") for each in texts)
