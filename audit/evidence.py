"""The evidence bundle's parts, as its writer and its verifier both see them.

Law: a line of `entries.jsonl` is an entry's bytes, or a redaction that gives the entry's
leaf hash and nothing else. An entry has no field `redacted_leaf`, so neither reads as the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from audit import canonical
from audit.entry import Entry, EntryError
from audit.tree import leaf_hash

ENTRIES: Final = "entries.jsonl"
CHECKPOINT: Final = "checkpoint"
VKEY: Final = "vkey"
FILES: Final = (ENTRIES, CHECKPOINT, VKEY)
_REDACTED: Final = "redacted_leaf"


@dataclass(frozen=True)
class Line:
    """One line: its leaf hash, and the entry unless it was redacted."""

    leaf: bytes
    entry: Entry | None


def redact(encoded: bytes) -> bytes:
    """Return the line that stands for an entry which may not be shown."""
    return canonical.encode({_REDACTED: leaf_hash(encoded).hex()})


def read_line(data: bytes) -> Line:
    """Read one line without its newline. Raises EntryError."""
    if not data.startswith(f'{{"{_REDACTED}"'.encode()):
        return Line(leaf_hash(data), Entry.decode(data))
    # The shape of a redaction is so fixed that it can be compared whole.
    try:
        leaf = bytes.fromhex(canonical.decode(data)[_REDACTED])
    except (ValueError, TypeError):
        raise EntryError("redaction isn't a leaf hash in canonical JSON") from None
    if canonical.encode({_REDACTED: leaf.hex()}) != data or len(leaf) != len(leaf_hash(b"")):
        raise EntryError("redaction isn't a leaf hash of 64 lower-case hex digits alone")
    return Line(leaf, None)
