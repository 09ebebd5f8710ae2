"""The adversary's rules: stolen credentials, copies, forgeries, old databases, old vaults."""

from __future__ import annotations

import shutil

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.vault import factories
from tests.vault.fakes import MemoryLedger
from tests.vault.machine import CALLS, PICKS
from tests.vault.model import Published
from tests.vault.recovering import RestoredMachine
from tests.vault.tries import Try
from vault.errors import Code
from vault.heads import ShownProof
from vault.home import COUNTER_NAME, STORE_NAME
from vault.messages import Request
from vault.table import Call, CallerKind


class BesiegedMachine(RestoredMachine):
    """Honest callers, and whoever would have what isn't theirs."""

    @rule(kind=st.sampled_from(CallerKind), call=st.sampled_from(CALLS), pick=PICKS)
    def steal(self, kind: CallerKind, call: Call, pick: int) -> None:
        """A stolen credential shows any entry of the ledger for anything."""
        if self.ledger.entries:
            index = pick % len(self.ledger.entries)
            self.ask(kind, call, (index, index) if call is Call.BUILD_BOOK else (index,))

    @rule(pick=PICKS)
    def copy_an_entry(self, pick: int) -> None:
        """An entry is appended once more, byte for byte."""
        if self.ledger.entries:
            self.ledger.append_bytes(self.ledger.entries[pick % len(self.ledger.entries)])

    @rule(pick=PICKS, bit=st.integers(min_value=0, max_value=2000))
    def forge(self, pick: int, bit: int) -> None:
        """A permit with one bit changed, shown with the true one's path, opens nothing."""
        honest = self._honest(pick)
        if honest and self.ledger.entries[: len(self.model.seen)] == list(self.model.seen):
            answer = Try(self, *honest, flipped_bit=bit).finish()

            assert answer.code is Code.UNPROVEN

    @rule(back=st.integers(min_value=1, max_value=6))
    def roll_back(self, back: int) -> None:
        """The database, and nothing else, is put back to an earlier copy of itself."""
        self.ledger = self.ledger.earlier(max(0, len(self.ledger.entries) - back))

    @precondition(lambda self: len(self.model.seen) > 0)
    @rule()
    def put_right(self) -> None:
        """The operator finds the copy of the database that the vault saw last."""
        self.ledger = MemoryLedger(self.model.seen, self.ledger.notes)

    @precondition(lambda self: self.restores_vaults)
    @rule(is_whole=st.booleans())
    def restore_the_vault(self, is_whole: bool) -> None:
        """An old copy of the store is tried and opens nothing.

        Alone, it is found by the counter; with its counter, by the signature that it is shown.
        """
        self.stop()
        copied = [path for path in (self.home / STORE_NAME, self.home / COUNTER_NAME) if path.exists()]
        for path in copied:
            shutil.copy(path, self.folder / path.name)
        self.start()
        marker = factories.publication("A1")
        index = self.append(marker, Published(attempt="A1"))
        answer = Try(self, CallerKind.OPERATOR, Call.SIGN, ()).finish()
        if answer.code is not Code.OPENED:
            return
        note = str(answer.body["checkpoint"])
        self.stop()
        present = {path: path.read_bytes() for path in (self.home / STORE_NAME, self.home / COUNTER_NAME)}
        shutil.copy(self.folder / STORE_NAME, self.home / STORE_NAME)
        if is_whole:
            shutil.copy(self.folder / COUNTER_NAME, self.home / COUNTER_NAME)
        self.start()
        proof = self.ledger.prove(0, [])
        shown = Request(
            call=Call.SIGN,
            credential=self.founding.credentials[CallerKind.API],
            proof=ShownProof(base=0, head=proof.head, consistency=()),
            checkpoint=note if is_whole else None,
        )

        assert index == len(self.ledger.entries) - 1
        assert self.line()(shown).code is Code.BEHIND
        assert self.line()(shown).code is Code.BEHIND

        self.stop()
        for path, data in present.items():
            path.write_bytes(data)
        self.start()
