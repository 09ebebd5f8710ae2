"""A witness's folder: its own key, the ledgers that it knows, and what it signed last of each.

    key              the private key (32 bytes, base64), for its owner alone
    vkey             the public key, to be given to everybody
    ledgers/ID/vkey        a known ledger's key, or the history of its keys
    ledgers/ID/checkpoint  the last one signed; empty before the first

Laws
1. What is about to be signed is on the disk first (written beside, flushed, renamed, folder
   flushed). A crash after that loses an answer, which asking again brings; one before it, nothing.
2. Judging, writing and signing happen under the ledger's lock, across threads and processes.
3. A ledger whose checkpoint is lost isn't begun anew: the witness can't know any more what it
   signed, and says so.
4. A ledger's key is fixed when it is first named; only a handover that it signed leads to another.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.checkpoint import Head
from audit.cosignature import WitnessKey, cosign
from audit.key_history import KeyHistory, read_history
from audit.note import NoteError, checked_name, from_base64, to_base64
from audit.witness import Submission, WitnessRefusedError, judge
from runtime.files import write_whole

_KEY, _VKEY, _LEDGERS, _CHECKPOINT, _LOCK = "key", "vkey", "ledgers", "checkpoint", "lock"


class WitnessError(Exception):
    """The witness can't work as its folder is; the message says what is wrong."""


@dataclass(frozen=True)
class WitnessFolder:
    """A witness in a folder. `written` is told between the state's write and the signature."""

    folder: Path
    written: Callable[[], None] = lambda: None

    def create(self, name: str) -> str:
        """Make the key; return the vkey. Raises WitnessError where a witness is already."""
        checked_name(name)
        if (self.folder / _KEY).exists():
            raise WitnessError(f"{self.folder} holds a witness already")
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        private = Ed25519PrivateKey.generate()
        vkey = WitnessKey(name, private).verifier.text()
        write_whole(self.folder / _VKEY, f"{vkey}\n")
        write_whole(self.folder / _KEY, f"{name}\n{to_base64(private.private_bytes_raw())}\n")
        return vkey

    def key(self) -> WitnessKey:
        """Return the witness's key. Raises WitnessError."""
        try:
            name, encoded = (self.folder / _KEY).read_text(encoding="utf-8").split("\n")[:2]
            private = Ed25519PrivateKey.from_private_bytes(from_base64(encoded, "the key"))
        except (OSError, ValueError, NoteError):
            raise WitnessError(f"{self.folder} holds no witness: run `sealedbook witness init`") from None
        return WitnessKey(name, private)

    def trust(self, text: str) -> KeyHistory:
        """Know a ledger from now on, by its vkey or the history of its keys.

        A history may be followed on, from a key that is known; nothing else replaces what is known.
        Raises WitnessError, NoteError.
        """
        keys = read_history(text if text.endswith("\n") else f"{text}\n")
        home = self._home(keys.origin)
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _locked(home):
            known = self._trusted(keys.origin)
            if known is None:
                write_whole(home / _CHECKPOINT, "")
                write_whole(home / _VKEY, text if text.endswith("\n") else f"{text}\n")
                return keys
            shared = min(len(known.keys), len(keys.keys))
            if known.keys[:shared] != keys.keys[:shared]:
                raise WitnessError("this witness knows another key of that ledger")
            if len(keys.keys) <= shared:
                return known
            write_whole(home / _VKEY, text)
            return keys

    def seen(self, keys: KeyHistory) -> Head | None:
        """Return the head that was signed last; None before the first. Raises WitnessError."""
        try:
            note = (self._home(keys.origin) / _CHECKPOINT).read_text(encoding="utf-8")
            return keys.read_checkpoint(note)[1] if note else None
        except (OSError, UnicodeDecodeError, NoteError):
            raise WitnessError(
                "what was signed last is lost or damaged: retire this witness, and begin another"
            ) from None

    def add(self, submission: Submission, unix_seconds: Callable[[], int]) -> str:
        """Judge a submission, keep its head, and return the checkpoint with our line added.

        Raises WitnessRefusedError, WitnessError.
        """
        keys = self._trusted(submission.origin)
        if keys is None:
            raise WitnessRefusedError(HTTPStatus.NOT_FOUND, "this witness doesn't know that ledger")
        witness = self.key()
        with _locked(self._home(keys.origin)):
            seen = self.seen(keys)
            head = judge(seen, submission, keys)
            if head != seen:
                write_whole(self._home(keys.origin) / _CHECKPOINT, submission.note)
            self.written()
            # Under the lock too: of two heads the larger never bears the earlier time.
            return cosign(submission.note, witness, unix_seconds())

    def _trusted(self, origin: str) -> KeyHistory | None:
        try:
            return read_history((self._home(origin) / _VKEY).read_text(encoding="utf-8"))
        except OSError:
            return None
        except NoteError:
            raise WitnessError("the key of a known ledger is damaged") from None

    def _home(self, origin: str) -> Path:
        return self.folder / _LEDGERS / sha256(origin.encode()).hexdigest()[:32]


@contextmanager
def _locked(home: Path) -> Iterator[None]:
    descriptor = os.open(home / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
