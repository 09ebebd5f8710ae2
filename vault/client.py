"""The vault's client: the only way for the rest of the house to ask for a key.

Each call reads head, permit and the proof from the vault's head in one read transaction of
the ledger and shows them; a stale answer names the vault's head and the call tries again. A
call that got no answer is not repeated: its permit may be spent, and a new one is cheap.

Thread-safe; what it remembers between calls is the size of the head that the vault named.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from audit.checkpoint import Head
from audit.errors import LedgerGapError
from vault.answers import BuildKeys, ImportKeys, ListKeys, VaultStatus, read_import_keys, read_status
from vault.errors import ERROR_OF, Code, VaultRefusedError, VaultUnavailableError
from vault.framing import ANSWER_MAX_BYTES, FrameReader, FramingError, decode_body, decode_bytes, encode_frame
from vault.framing import send_frame as send
from vault.heads import ShownProof
from vault.messages import Answer, Request, read_answer, write_request
from vault.permits import ShownEntry
from vault.reading import ProofReader
from vault.table import Call

ANSWER_SECONDS = 60.0
TRIES = 32
_AGAIN_SECONDS = 0.01


@dataclass(frozen=True, kw_only=True)
class _Question:
    """A call before it is proven: `indices` are the permit's and, if any, the publication's."""

    call: Call
    indices: tuple[int, ...] = ()
    texts: Mapping[str, str]
    lists: Mapping[str, tuple[str, ...]]


class VaultClient:
    """Speaks to the vault for one kind of caller."""

    def __init__(self, socket: Path, credential: str, reader: ProofReader) -> None:
        self._path = socket
        self._credential = credential
        self._reader = reader
        self._seen_size = 0

    def import_snapshot(
        self,
        permit: int,
        *,
        attempt: str,
        agents: Sequence[str],
        consumers: Sequence[str],
        cases: Sequence[str],
    ) -> ImportKeys:
        """Mint an import attempt's keys and the pseudonyms of its ids; ids must be distinct."""
        lists = {"agents": tuple(agents), "consumers": tuple(consumers), "cases": tuple(cases)}
        body = self._open(Call.IMPORT_SNAPSHOT, permit, texts={"attempt": attempt}, lists=lists)
        return read_import_keys(body, **lists)

    def build_book(self, permit: int, *, published: int, passphrase: str) -> BuildKeys:
        """Open an agent's shard, mint the book's key and keep its passphrase.

        `published` is the index of the `snapshot.published` entry of the permit's snapshot.
        """
        body = self._open(Call.BUILD_BOOK, permit, published, texts={"passphrase": passphrase})
        return BuildKeys(**{name: decode_bytes(body[name]) for name in ("shard", "index", "book")})

    def send_book(self, permit: int) -> bytes:
        """Return a book's key, to mail it."""
        return decode_bytes(self._open(Call.SEND_BOOK, permit)["book"])

    def download_book(self, permit: int) -> bytes:
        """Return a book's key, to serve it by link."""
        return decode_bytes(self._open(Call.DOWNLOAD_BOOK, permit)["book"])

    def reveal_passphrase(self, permit: int) -> str:
        """Return a book's passphrase."""
        return str(self._open(Call.REVEAL_PASSPHRASE, permit)["passphrase"])

    def view_consumers(self, permit: int, *, published: int) -> ListKeys:
        """Return what an agent's list page takes; `published` as for `build_book`."""
        body = self._open(Call.VIEW_CONSUMERS, permit, published)
        return ListKeys(list=decode_bytes(body["list"]), index=decode_bytes(body["index"]))

    def enrol_factor(self, permit: int) -> str:
        """Make a person's TOTP secret and return it as base32, for the only time."""
        return str(self._open(Call.ENROL_FACTOR, permit)["secret"])

    def destroy(self, permit: int) -> list[str]:
        """Destroy the permit's objects; return a signed record of each, in the permit's order."""
        return [str(record) for record in self._open(Call.DESTROY, permit)["records"]]

    def verify_totp(self, person: str, code: str) -> bool:
        """Tell whether a code is right and new; `factor_locked` is a VaultRefusedError."""
        answer = self._ask_once(
            Request(
                call=Call.VERIFY_TOTP,
                credential=self._credential,
                texts={"person": person, "code": code},
            )
        )
        return bool(answer.body["is_right"])

    def sign(self) -> str:
        """Have the ledger's head signed; the checkpoint is stored with the ledger, and returned."""
        answer, head = self._ask(_Question(call=Call.SIGN, texts={}, lists={}))
        note = str(answer.body["checkpoint"])
        self._reader.keep_checkpoint(note, head)
        return note

    def status(self) -> VaultStatus:
        """Return how the vault is; needs no credential."""
        return ask_status(self._path)

    def _open(
        self,
        call: Call,
        *indices: int,
        texts: Mapping[str, str] | None = None,
        lists: Mapping[str, tuple[str, ...]] | None = None,
    ) -> Mapping[str, Any]:
        question = _Question(call=call, indices=indices, texts=texts or {}, lists=lists or {})
        try:
            return self._ask(question)[0].body
        except LedgerGapError:
            # The ledger lost what the gate has recorded. Showing its head lets the vault see that too.
            self.sign()
            raise VaultRefusedError(Code.UNPROVEN) from None

    def _ask(self, question: _Question) -> tuple[Answer, Head]:
        # Read before the line is opened: the vault has no patience with who says nothing.
        request = self._prove(question)
        with _Line(self._path) as line:
            answer = line.ask(request)
            for _ in range(TRIES):
                if answer.size is not None:
                    self._seen_size = answer.size
                if answer.code is not Code.STALE:
                    break
                request = self._prove(question)
                answer = line.ask(request)
        head = request.proof.head if request.proof else Head(0, b"")
        return _opened(answer), head

    def _ask_once(self, request: Request) -> Answer:
        with _Line(self._path) as line:
            return _opened(line.ask(request))

    def _prove(self, question: _Question) -> Request:
        # A ledger that ends before the vault's head is shown as it is: the vault has to see it.
        proof = self._reader.prove(self._seen_size, question.indices)
        shown = [
            ShownEntry(index=one.index, encoded=one.encoded, inclusion=tuple(one.inclusion))
            for one in proof.permits
        ]
        return Request(
            call=question.call,
            credential=self._credential,
            proof=ShownProof(base=proof.base, head=proof.head, consistency=tuple(proof.consistency)),
            checkpoint=proof.checkpoint,
            permit=shown[0] if shown else None,
            published=shown[1] if len(shown) > 1 else None,
            texts=question.texts,
            lists=question.lists,
        )


def ask_status(socket: Path) -> VaultStatus:
    """Return how the vault at a socket is; VaultUnavailableError where none answers."""
    with _Line(socket) as line:
        answer = _opened(line.ask(Request(call=Call.STATUS)))
    return read_status(answer.body, answer.size or 0)


class _Line:
    """One connection to the vault: one call with its tries."""

    def __init__(self, path: Path) -> None:
        self._connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._connection.settimeout(ANSWER_SECONDS)
        self._reader = FrameReader(self._connection, max_bytes=ANSWER_MAX_BYTES)
        deadline = time.monotonic() + ANSWER_SECONDS
        while not self._connects(path):
            if time.monotonic() > deadline:
                self._connection.close()
                raise VaultUnavailableError(Code.UNAVAILABLE)
            time.sleep(_AGAIN_SECONDS)

    def _connects(self, path: Path) -> bool:
        try:
            self._connection.connect(os.fspath(path))
        except BlockingIOError:
            # Many callers wait at the door; a unix socket says so instead of waiting itself.
            return False
        except OSError:
            self._connection.close()
            raise VaultUnavailableError(Code.UNAVAILABLE) from None
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._connection.close()

    def ask(self, request: Request) -> Answer:
        try:
            send(self._connection, encode_frame(write_request(request)), seconds=ANSWER_SECONDS)
            body = self._reader.read(seconds=ANSWER_SECONDS)
            if body is None:
                raise VaultUnavailableError(Code.UNAVAILABLE)
            return read_answer(decode_body(body))
        except FramingError:
            raise VaultUnavailableError(Code.UNAVAILABLE) from None


def _opened(answer: Answer) -> Answer:
    if answer.code is not Code.OPENED:
        raise ERROR_OF[answer.code](answer.code, answer.field)
    return answer
