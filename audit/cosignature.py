"""Cosignatures (c2sp.org/tlog-cosignature, v1): what a witness says of a checkpoint, and when.

A witness's signature line says: as of this moment, the largest ledger of this origin that I have
seen, each extending the one before, is the one of this checkpoint. Laws of this file:
1. The signature is over `cosignature/v1`, the time and the checkpoint's text, so that neither
   can be a signature of the other kind; the witness's key has a type of its own (0x04).
2. A cosignature adds a line and changes none: the ledger's own signature stays as it is.
3. Pure: that the checkpoint is consistent with earlier ones is for the witness to check before
   it cosigns, and no clock is read here.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.checkpoint import read_body
from audit.note import (
    Note,
    NoteError,
    Signature,
    SignatureType,
    check_signature,
    checked_name,
    join_note,
    key_id,
    read_vkey,
    signatures_of,
    split_note,
    write_vkey,
)

MAX_SECONDS: Final = 2**63 - 1
_TIMESTAMP = struct.Struct(">Q")


@dataclass(frozen=True)
class WitnessVerifier:
    """A witness's public key with its name; its text form is a vkey of type 0x04."""

    name: str
    public: bytes

    @property
    def id(self) -> bytes:
        """The first four bytes of SHA-256(name ‖ newline ‖ 0x04 ‖ public key)."""
        return key_id(self.name, SignatureType.COSIGNATURE, self.public)

    def text(self) -> str:
        """Return the vkey, without a newline."""
        return write_vkey(self.name, SignatureType.COSIGNATURE, self.public)

    @staticmethod
    def parse(text: str) -> WitnessVerifier:
        """Read exactly what `text` writes. Raises NoteError."""
        return WitnessVerifier(*read_vkey(text, SignatureType.COSIGNATURE))


@dataclass(frozen=True)
class WitnessKey:
    """A witness's private key with its name."""

    name: str
    private: Ed25519PrivateKey = field(repr=False)

    @property
    def verifier(self) -> WitnessVerifier:
        """The public half."""
        return WitnessVerifier(checked_name(self.name), self.private.public_key().public_bytes_raw())


def cosign(checkpoint_note: str, key: WitnessKey, unix_seconds: int) -> str:
    """Return the checkpoint with the witness's line added; an earlier line of the same key gives way.

    Raises NoteError for a note that isn't a checkpoint, and for a time before 1970.
    """
    note, witness = split_note(checkpoint_note), key.verifier
    read_body(note.body)
    if not 0 <= unix_seconds <= MAX_SECONDS:
        raise NoteError("a cosignature's time is a whole number of seconds since 1970")
    signature = key.private.sign(_message(note.body, unix_seconds))
    line = Signature(witness.name, witness.id, _TIMESTAMP.pack(unix_seconds) + signature)
    kept = tuple(each for each in note.signatures if each[:2] != line[:2])
    return join_note(Note(note.body, (*kept, line)))


def verify_cosignature(note: str, verifier: WitnessVerifier) -> int:
    """Return when the witness cosigned, in seconds since 1970; the newest where there are several.

    Nothing is said about the ledger's own signature. Raises NoteError.
    """
    opened = split_note(note)
    read_body(opened.body)
    found = signatures_of(opened, verifier.name, verifier.id)
    if not found:
        raise NoteError("the checkpoint has no cosignature of the named witness")
    return max(_verified_at(opened.body, each, verifier) for each in found)


def _verified_at(body: str, data: bytes, verifier: WitnessVerifier) -> int:
    stamp, signature = data[: _TIMESTAMP.size], data[_TIMESTAMP.size :]
    if len(stamp) != _TIMESTAMP.size:
        raise NoteError("the cosignature is too short")
    seconds: int = _TIMESTAMP.unpack(stamp)[0]
    if seconds > MAX_SECONDS:
        raise NoteError("the cosignature's time isn't a moment")
    check_signature(verifier.public, signature, _message(body, seconds))
    return seconds


def _message(body: str, unix_seconds: int) -> bytes:
    return f"cosignature/v1\ntime {unix_seconds}\n{body}".encode()
