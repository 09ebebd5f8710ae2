"""A witness of what the vault gave out: each answer must fit all that were given before."""

from __future__ import annotations

from collections.abc import Mapping

from audit.checkpoint import VerifierKey, read_checkpoint
from tests.vault.factories import ORIGIN
from tests.vault.fakes import MemoryLedger
from tests.vault.model import Asked, History, Published, Said
from vault.messages import Answer
from vault.table import CALLERS_WITHOUT_PERMIT, ROWS, Call


class Witness:
    """Remembers keys, passphrases, records and signed heads, and finds what contradicts them."""

    def __init__(self, vkey: str, meaning: Mapping[bytes, Said | Published]) -> None:
        """Take the log's vkey and what entries mean."""
        self._key, self._origin = VerifierKey.parse(vkey), ORIGIN
        self._meaning = meaning
        self.books: dict[str, tuple[str | None, str]] = {}
        self.opened: list[bytes] = []
        self.signed: dict[int, bytes] = {}
        self.records: dict[str, str] = {}

    def note(self, asked: Asked, passphrase: str, answer: Answer | None, seen: History) -> None:
        """Check and remember what was opened; None where the answer was lost in a crash."""
        allowed = CALLERS_WITHOUT_PERMIT.get(asked.call) or ROWS[asked.call].callers
        assert asked.kind in allowed
        assert asked.history == seen
        if asked.call is Call.SIGN:
            if answer is not None:
                self._note_signature(str(answer.body["checkpoint"]), seen)
            return
        leaf = asked.history[asked.indices[0]]
        said = self._meaning[leaf]
        assert isinstance(said, Said)
        self.opened.append(leaf)
        if said.call is Call.BUILD_BOOK:
            assert said.key not in self.books
            self.books[said.key] = (str(answer.body["book"]) if answer else None, passphrase)
        elif answer is not None:
            self._note_body(said, answer)

    def _note_body(self, said: Said, answer: Answer) -> None:
        if said.call in {Call.SEND_BOOK, Call.DOWNLOAD_BOOK}:
            assert self.books[said.key][0] in {None, answer.body["book"]}
        elif said.call is Call.REVEAL_PASSPHRASE:
            assert self.books[said.key][1] == answer.body["passphrase"]
        elif said.call is Call.DESTROY:
            for object_id, record in zip(said.objects, answer.body["records"], strict=True):
                assert self.records.setdefault(object_id, record) == record

    def restart(self, origin: str, vkey: str, history: History) -> None:
        """Go on with a restored ledger: what it lacks was told, and its heads have another name."""
        self._key, self._origin = VerifierKey.parse(vkey), origin
        self.opened = [leaf for leaf in self.opened if leaf in history]
        self.signed.clear()

    def _note_signature(self, note: str, seen: History) -> None:
        origin, head = read_checkpoint(note, self._key)
        assert origin == self._origin
        assert MemoryLedger(seen).head_at(len(seen)) == head
        assert self.signed.setdefault(head.size, head.root) == head.root
