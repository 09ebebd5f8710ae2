"""The evidence bundle's parts, as its writer and its verifier both see them.

Law: a line of `entries.jsonl` is an entry's bytes, or a redaction that gives the entry's
leaf hash and nothing else. An entry has no field `redacted_leaf`, so neither reads as the other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from audit.entry import EntryError
from audit.strict import Seen, look
from audit.tree import leaf_hash

ENTRIES: Final = "entries.jsonl"
CHECKPOINT: Final = "checkpoint"
VKEY: Final = "vkey"
KEYS: Final = "keys"
CONSISTENCY: Final = "consistency"
FILES: Final = (ENTRIES, CHECKPOINT, VKEY, KEYS)
OF_EXTENSION: Final = (CONSISTENCY, CHECKPOINT, VKEY, KEYS)
_OPENING = b'{"redacted_leaf"'
_REDACTION = re.compile(rb'\{"redacted_leaf":"([0-9a-f]{64})"\}')


@dataclass(frozen=True)
class Line:
    """One line: its leaf hash, and what is seen of the entry unless it was redacted."""

    leaf: bytes
    entry: Seen | None


def redact(encoded: bytes) -> bytes:
    """Return the line that stands for an entry which may not be shown."""
    return redaction_of(leaf_hash(encoded))


def redaction_of(leaf: bytes) -> bytes:
    """Return the line that stands for an entry of which the leaf hash alone is left."""
    return f'{{"redacted_leaf":"{leaf.hex()}"}}'.encode()


def is_redaction(line: bytes) -> bool:
    """Say whether a line stands for an entry and isn't one."""
    return line.startswith(_OPENING)


def leaf_of(line: bytes) -> bytes:
    """Return the leaf hash that a line counts by, however its entry reads. Raises EntryError."""
    return read_line(line).leaf if is_redaction(line) else leaf_hash(line)


def read_line(data: bytes) -> Line:
    """Read one line without its newline. Raises EntryError."""
    if not is_redaction(data):
        return Line(leaf_hash(data), look(data))
    # The shape of a redaction is so fixed that it can be compared whole.
    found = _REDACTION.fullmatch(data)
    if found is None:
        raise EntryError("redaction isn't a leaf hash of 64 lower-case hex digits alone")
    return Line(bytes.fromhex(found[1].decode()), None)
