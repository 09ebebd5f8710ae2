"""The vault's client: the only way for the rest of the house to ask for a key.

Each call reads head, permit and the proof from the vault's head in one read transaction of
the ledger and shows them; a stale answer names the vault's head and the call tries again. A
call that got no answer is not repeated: its permit may be spent, and a new one is cheap.

Thread-safe; what it remembers between calls is the size of the head that the vault named, and
lines that stay open for a while.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from audit.checkpoint import Head
from audit.errors import LedgerGapError
from vault.answers import BuildKeys, ImportKeys, ListKeys, VaultStatus, read_import_keys, read_status
from vault.batches import (
    Opening,
    Outcome,
    building,
    destroying,
    downloading,
    ending,
    enrolling,
    finding,
    holding,
    read_opened,
    read_outcomes,
    releasing,
    revealing,
    rotating,
    sending,
    viewing,
)
from vault.errors import ERROR_OF, Code, VaultRefusedError
from vault.framing import decode_bytes
from vault.heads import ShownProof
from vault.lines import Line, Lines
from vault.messages import Answer, Part, Request
from vault.permits import ShownEntry
from vault.reading import ProofReader
from vault.table import BATCH_MOST, Call

TRIES = 32


@dataclass(frozen=True, kw_only=True)
class _Question:
    """A call before it is proven: `indices` are the permit's and, if any, the publication's.

    A batch names every entry in `indices`, and its `opens` name places among them.
    """

    call: Call
    indices: tuple[int, ...] = ()
    texts: Mapping[str, str]
    lists: Mapping[str, tuple[str, ...]]
    opens: tuple[Part, ...] = ()


class VaultClient:
    """Speaks to the vault for one kind of caller.

    A credential that may change while this process runs is given as a function that reads it, and
    so is the history of the ledger's signing keys.
    """

    def __init__(
        self,
        socket: Path,
        credential: str | Callable[[], str],
        reader: ProofReader,
        history: Callable[[], str | None] = lambda: None,
    ) -> None:
        self._path = socket
        self._lines = Lines(socket)
        self._credential = credential if callable(credential) else lambda: credential
        self._reader = reader
        self._history = history
        self._seen_size = 0

    def import_snapshot(self, permit: int, *, attempt: str, agents: Sequence[str]) -> ImportKeys:
        """Mint an import attempt's keys; agents must be distinct. Ids get their pseudonyms at its desk."""
        lists = {"agents": tuple(agents)}
        # The list may be long: better not to send it twice for a stale proof.
        self._seen_size = self.status().size
        question = _Question(
            call=Call.IMPORT_SNAPSHOT, indices=(permit,), texts={"attempt": attempt}, lists=lists
        )
        body = self._seeing_losses(question)
        return read_import_keys(body, tuple(agents), partial(self._pseudonyms, str(body["desk"])))

    def _pseudonyms(self, desk: str, kind: str, ids: tuple[str, ...]) -> bytes:
        request = Request(
            call=Call.PSEUDONYMS,
            credential=self._credential(),
            texts={"desk": desk, "kind": kind},
            lists={"ids": ids},
        )
        return decode_bytes(self._ask_once(request).body["pseudonyms"])

    def build_book(self, permit: int, *, published: int, passphrase: str) -> BuildKeys:
        """Open an agent's shard, mint the book's key and keep its passphrase.

        `published` is the index of the `snapshot.published` entry of the permit's snapshot.
        """
        opened: BuildKeys = self._open_one(building(permit, published=published, passphrase=passphrase))
        return opened

    def send_book(self, permit: int) -> bytes:
        """Return a book's key, to mail it."""
        opened: bytes = self._open_one(sending(permit))
        return opened

    def download_book(self, permit: int) -> bytes:
        """Return a book's key, to serve it by link."""
        opened: bytes = self._open_one(downloading(permit))
        return opened

    def reveal_passphrase(self, permit: int) -> str:
        """Return a book's passphrase."""
        opened: str = self._open_one(revealing(permit))
        return opened

    def view_consumers(self, permit: int, *, published: int) -> ListKeys:
        """Return what an agent's list page takes; `published` as for `build_book`."""
        opened: ListKeys = self._open_one(viewing(permit, published=published))
        return opened

    def enrol_factor(self, permit: int) -> str:
        """Make a person's TOTP secret and return it as base32, for the only time."""
        opened: str = self._open_one(enrolling(permit))
        return opened

    def release_factor(self, permit: int) -> None:
        """Let a person whose factor is locked by wrong tries try again."""
        self._open_one(releasing(permit))

    def destroy(self, permit: int) -> list[str]:
        """Destroy the permit's objects; return a signed record of each, in the permit's order."""
        opened: list[str] = self._open_one(destroying(permit))
        return opened

    def find_consumer(
        self, permit: int, ids: Sequence[str], *, kind: str = "consumer"
    ) -> dict[str, tuple[str, ...]]:
        """Return the pseudonyms that ids of consumers (or of `case`s) have had, in every year kept."""
        found: dict[str, tuple[str, ...]] = self._open_one(finding(permit, ids, kind=kind))
        return found

    def end_delegations(self, permit: int, ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Return the pseudonyms that ids (at most 5000) have in snapshots of last year to next."""
        found: dict[str, tuple[str, ...]] = self._open_one(ending(permit, ids))
        return found

    def hold_snapshot(self, permit: int) -> bytes:
        """Keep the keys of the permit's held shards beyond the snapshot's; return the key of its index."""
        opened: bytes = self._open_one(holding(permit))
        return opened

    def rotate_key(self, permit: int, material: Sequence[str] = ()) -> dict[str, str]:
        """Change the key that the permit names (`vault/rotation.py`); return what may be known of it."""
        rotated: dict[str, str] = self._open_one(rotating(permit, material))
        return rotated

    def open_many(self, openings: Sequence[Opening]) -> list[Outcome]:
        """Open many permits in one go, each judged by itself; return one outcome each, in their order.

        At most 500. Raises what any call raises where none of them could be judged.
        """
        if not openings:
            return []
        if len(openings) > BATCH_MOST:
            raise VaultRefusedError(Code.BAD_REQUEST)
        indices = sorted(
            {index for one in openings for index in (one.permit, one.published) if index is not None}
        )
        place = {index: number for number, index in enumerate(indices)}
        parts = tuple(
            Part(
                call=one.call,
                permit=place[one.permit],
                published=None if one.published is None else place[one.published],
                texts=one.texts,
                lists=one.lists,
            )
            for one in openings
        )
        question = _Question(call=Call.OPEN_MANY, indices=tuple(indices), texts={}, lists={}, opens=parts)
        return read_outcomes(openings, self._seeing_losses(question))

    def verify_totp(self, person: str, code: str) -> bool:
        """Tell whether a code is right and new; `factor_locked` is a VaultRefusedError."""
        answer = self._ask_once(
            Request(
                call=Call.VERIFY_TOTP,
                credential=self._credential(),
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

    def _open_one(self, opening: Opening) -> Any:
        indices = tuple(index for index in (opening.permit, opening.published) if index is not None)
        question = _Question(call=opening.call, indices=indices, texts=opening.texts, lists=opening.lists)
        return read_opened(opening, self._seeing_losses(question))

    def _seeing_losses(self, question: _Question) -> Mapping[str, Any]:
        try:
            return self._ask(question)[0].body
        except LedgerGapError:
            # The ledger lost what the gate has recorded. Showing its head lets the vault see that too.
            self.sign()
            raise VaultRefusedError(Code.UNPROVEN) from None

    def _ask(self, question: _Question) -> tuple[Answer, Head]:
        # Read before the line is opened: the vault has no patience with who says nothing.
        request = self._prove(question)
        with self._lines.line() as line:
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
        with self._lines.line() as line:
            answer = line.ask(request)
        return _opened(answer)

    def _prove(self, question: _Question) -> Request:
        # A ledger that ends before the vault's head is shown as it is: the vault has to see it.
        proof = self._reader.prove(self._seen_size, question.indices)
        shown = [
            ShownEntry(index=one.index, encoded=one.encoded, inclusion=tuple(one.inclusion))
            for one in proof.permits
        ]
        request = Request(
            call=question.call,
            credential=self._credential(),
            proof=ShownProof(base=proof.base, head=proof.head, consistency=tuple(proof.consistency)),
            checkpoint=proof.checkpoint,
            history=self._history(),
            texts=question.texts,
            lists=question.lists,
        )
        if question.opens:
            return replace(request, entries=tuple(shown), opens=question.opens)
        permit, published = (*shown, None, None)[:2]
        return replace(request, permit=permit, published=published)


def ask_status(socket: Path) -> VaultStatus:
    """Return how the vault at a socket is; VaultUnavailableError where none answers."""
    line = Line(socket)
    try:
        answer = _opened(line.ask(Request(call=Call.STATUS)))
    finally:
        line.close()
    return read_status(answer.body, answer.size or 0)


def _opened(answer: Answer) -> Answer:
    if answer.code is not Code.OPENED:
        raise ERROR_OF[answer.code](answer.code, answer.field)
    return answer
