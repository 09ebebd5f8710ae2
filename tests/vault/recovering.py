"""The machine's rules of backups: a copy of the vault that is put back and recovered."""

from __future__ import annotations

import copy
import shutil

from hypothesis.stateful import precondition, rule

from audit.entry import Entry
from runtime.clock import rfc3339
from tests.vault.batch_tries import BatchTry
from tests.vault.fakes import MemoryLedger
from tests.vault.machine import PICKS, VaultMachine
from tests.vault.model import History, ModelVault
from vault.destruction import read_record
from vault.errors import Code
from vault.framing import decode_bytes, encode_bytes
from vault.home import STORE_NAME
from vault.messages import Answer, Request
from vault.table import ROWS, Call, CallerKind
from vault.totp import code_at, step_of


class RestoredMachine(VaultMachine):
    """Batches, and copies of the vault that come back."""

    restores_vaults = True
    copied: ModelVault | None = None

    @rule(picks=PICKS, other=PICKS, third=PICKS)
    def batch(self, picks: int, other: int, third: int) -> None:
        """A caller shows several permits at once, spent ones, others' and the same one twice among them."""
        honest = [one for one in map(self._honest, (picks, other, third, picks)) if one]
        if honest:
            kind = honest[0][0]
            allowed = [(call, indices) for _, call, indices in honest if call is not Call.IMPORT_SNAPSHOT]
            if allowed:
                BatchTry(self, kind, allowed).finish()

    @rule()
    def sell_out(self) -> None:
        """A thief of the API's credential asks for one passphrase after another."""
        permits = []
        for _ in range(5):
            self.permit_book(Call.REVEAL_PASSPHRASE, "X1", 1, 5)
            permits.append((Call.REVEAL_PASSPHRASE, (len(self.ledger.entries) - 1,)))
        BatchTry(self, min(ROWS[Call.REVEAL_PASSPHRASE].callers), permits).finish()

    @precondition(lambda self: self.restores_vaults)
    @rule()
    def back_the_vault_up(self) -> None:
        """A copy of the store is taken, as it stands."""
        self.stop()
        shutil.copy(self.home / STORE_NAME, self.folder / "backup.db")
        self.start()
        self.copied = copy.deepcopy(self.model)
        self.copied.meaning = self.meaning

    @precondition(lambda self: self.copied is not None and self.restores_vaults)
    @rule()
    def put_it_back_and_recover(self) -> None:
        """The copy is put back, found, and recovered with the ledger, where that is the vault's own."""
        history = tuple(self.ledger.entries)
        is_ours = history[: len(self.model.seen)] == self.model.seen
        if not is_ours or self.copied is None or not self.is_changed():
            return
        self.stop()
        shutil.copy(self.folder / "backup.db", self.home / STORE_NAME)
        self.start()
        self.pass_hours()
        records = list(self.witness.records.values())
        answer = self.recover(records)

        assert answer is Code.OPENED

        counted = copy.deepcopy(self.copied)
        counted.meaning = self.meaning
        counted.counted.clear()
        told = [read_record(note.partition("\n\n")[0] + "\n") for note in records]
        counted.recover(history, self.until(history), {(record.leaf, record.object_id) for record in told})
        self.model = counted
        self.copied = None
        self.after_recovery()

    @precondition(lambda self: self.restores_vaults)
    @rule(lost=PICKS)
    def put_the_database_back_and_restore(self, lost: int) -> None:
        """The ledger is a copy that V is ahead of: it goes on under a new origin, and the gap is told."""
        seen = self.model.seen
        kept = len(seen) - 1 - lost % 5
        if kept < 1:
            return
        self.ledger = MemoryLedger(seen[:kept], {})
        self.pass_hours()
        answer = self.agree(Call.RESTORE, [])

        assert answer.code is Code.OPENED
        told = {decode_bytes(one["entry"]) for one in answer.body["opened"]}
        assert set(self.model.spent) - set(seen[:kept]) == told

        # A copy from before the restore has the name that was left; it is no way back.
        self.copied = None
        self.model.restore(seen[:kept], self.until(seen[:kept]))
        self.witness.restart(str(answer.body["origin"]), str(answer.body["vkey"]), seen[:kept])
        self.after_recovery()

    def until(self, history: History) -> str:
        """Return the latest moment that a history or the clock knows."""
        return max([Entry.decode(encoded).at for encoded in history] + [rfc3339(self.now())])

    def recover(self, records: list[str]) -> Code:
        """Have the two agree to a recovery; return the answer's code."""
        return self.agree(Call.RECOVER, records).code

    def agree(self, call: Call, records: list[str]) -> Answer:
        """Show the ledger and have the two agree."""
        newest = self.ledger.notes[max(self.ledger.notes)] if self.ledger.notes else ""
        line = self.line()
        credential = self.founding.credentials[CallerKind.OPERATOR]
        lines = tuple(encode_bytes(entry) for entry in self.ledger.entries)
        shown = {"start": "0", "newest": newest}
        line(Request(call=Call.SHOW_LEDGER, credential=credential, texts=shown, lists={"lines": lines}))
        step = step_of(self.machine_now())
        texts = {"first": "P1", "second": "P2"}
        texts |= {f"{name}_code": code_at(self.factors[person], step) for name, person in list(texts.items())}
        return line(Request(call=call, credential=credential, texts=texts, lists={"records": tuple(records)}))

    def pass_hours(self) -> None:
        """Let hours go by on the machine."""
        raise NotImplementedError

    def is_changed(self) -> bool:
        """Tell whether the vault went on since the last copy."""
        raise NotImplementedError

    def after_recovery(self) -> None:
        """Let a moment go by."""
        raise NotImplementedError
