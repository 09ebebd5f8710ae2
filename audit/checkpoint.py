"""Checkpoints: heads written as signed notes (c2sp.org/tlog-checkpoint).

Laws of this file:
1. A checkpoint of ours has three lines, its size has no leading zero, and its origin is the
   key's name.
2. Errors say what is wrong and repeat nothing of the note. What a note is stands in `note.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from audit.fields import MAX_INTEGER
from audit.note import (
    MAX_NOTE_CHARS,
    NoteError,
    SigningKey,
    VerifierKey,
    from_base64,
    open_note,
    sign_note,
    to_base64,
)
from audit.proofs import HASH_BYTES

__all__ = [
    "MAX_NOTE_CHARS",
    "Head",
    "NoteError",
    "SigningKey",
    "VerifierKey",
    "open_note",
    "read_body",
    "read_checkpoint",
    "sign_checkpoint",
    "sign_note",
]


@dataclass(frozen=True)
class Head:
    """How far a ledger goes: the number of its entries and the root over them (32 bytes)."""

    size: int
    root: bytes


def sign_checkpoint(origin: str, head: Head, key: SigningKey) -> str:
    """Return the signed checkpoint of a head; `key` must bear the origin's name."""
    if key.name != origin:
        raise NoteError("the key's name isn't the checkpoint's origin")
    body = f"{origin}\n{head.size}\n{to_base64(head.root)}\n"
    read_body(body)
    return sign_note(body, key.name, key.private)


def read_checkpoint(text: str, vkey: VerifierKey) -> tuple[str, Head]:
    """Return origin and head of a checkpoint that `vkey` signed. Raises NoteError."""
    origin, head = read_body(open_note(text, vkey))
    if origin != vkey.name:
        raise NoteError("the checkpoint's origin isn't the key's name")
    return origin, head


def read_body(body: str) -> tuple[str, Head]:
    """Return origin and head of a checkpoint's text, whoever signed it. Raises NoteError."""
    try:
        origin, size, root = body.removesuffix("\n").split("\n")
    except ValueError:
        raise NoteError("a checkpoint has three lines: origin, size, root") from None
    if not origin:
        raise NoteError("the checkpoint has no origin")
    if not re.fullmatch(r"0|[1-9][0-9]{0,15}", size, re.ASCII) or int(size) > MAX_INTEGER:
        raise NoteError("the checkpoint's size isn't a plain whole number")
    decoded = from_base64(root, "the checkpoint's root")
    if len(decoded) != HASH_BYTES:
        raise NoteError("the checkpoint's root isn't 32 bytes long")
    return origin, Head(int(size), decoded)
