"""One call of the machine, step by step, at the vault and at the model."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from audit.entry import Entry, Resource
from tests.vault import factories
from tests.vault.fakes import CrashError
from tests.vault.model import Asked, ModelTries
from vault.errors import Code
from vault.heads import ShownProof
from vault.messages import Answer, Request
from vault.table import Call, CallerKind

if TYPE_CHECKING:
    from tests.vault.machine import VaultMachine


class Try:
    """One call, step by step, at the vault and at the model."""

    def __init__(
        self,
        machine: VaultMachine,
        kind: CallerKind,
        call: Call,
        indices: tuple[int, ...],
        *,
        flipped_bit: int | None = None,
    ) -> None:
        self.machine = machine
        self.kind = kind
        self.call = call
        self.indices = indices
        self.flipped_bit = flipped_bit
        self.line = machine.line()
        self.tries = ModelTries()
        machine.counted += 1
        self.passphrase = f"passphrase-{machine.counted}"
        self.read()

    def read(self) -> None:
        """Read the ledger as it stands."""
        base, ledger = self.machine.seen[self.kind], self.machine.ledger
        self.proof = ledger.prove(base, self.indices)
        self.asked = Asked(
            kind=self.kind,
            call=self.call,
            history=tuple(ledger.entries),
            base=base,
            indices=self.indices,
            now=self.machine.now(),
        )

    def finish(self) -> Answer:
        """Show, and read and show again until the answer isn't stale."""
        answer = self.show()
        while answer.code is Code.STALE:
            self.read()
            answer = self.show()
        return answer

    def show(self) -> Answer:
        """Show what was read; compare the answer with the model's."""
        machine, model = self.machine, copy.deepcopy(self.machine.model)
        model.meaning = machine.meaning
        expected = model.show(self.asked, self.tries)
        if self.flipped_bit is not None and expected not in {Code.STALE, Code.CALLER}:
            # The head is the true one and V moves to it; the permit isn't the one in the tree.
            model = copy.deepcopy(machine.model)
            model.meaning, model.seen = machine.meaning, self.asked.history
            expected = Code.UNPROVEN
        is_committed = True
        answer: Answer | None = None
        try:
            answer = self.line(self._request())
        except CrashError as crash:
            is_committed = str(crash) != "before commit"
            machine.stop()
            machine.start()
        if is_committed:
            machine.model = model
            if expected is Code.OPENED:
                machine.witness.note(self.asked, self.passphrase, answer, model.seen)
        if answer is None:
            return Answer(code=Code.UNAVAILABLE)
        assert (expected, self.call) == (answer.code, self.call)
        assert answer.code is Code.OPENED or not answer.body
        if answer.size is not None:
            machine.seen[self.kind] = answer.size
        if "checkpoint" in answer.body:
            machine.ledger.keep_checkpoint(str(answer.body["checkpoint"]), self.proof.head)
        return answer

    def _request(self) -> Request:
        texts = {
            Call.IMPORT_SNAPSHOT: {"attempt": self._attempt()},
            Call.BUILD_BOOK: {"passphrase": self.passphrase},
        }
        permits = self.proof.permits
        if self.flipped_bit is not None:
            data = bytearray(permits[0].encoded)
            data[self.flipped_bit // 8 % len(data)] ^= 1 << self.flipped_bit % 8
            permits = [type(permits[0])(**{**vars(permits[0]), "encoded": bytes(data)}), *permits[1:]]
        return Request(
            call=self.call,
            credential=self.machine.founding.credentials[self.kind],
            proof=ShownProof(
                base=self.proof.base, head=self.proof.head, consistency=tuple(self.proof.consistency)
            ),
            checkpoint=self.proof.checkpoint,
            permit=permits[0] if permits else None,
            published=permits[1] if len(permits) > 1 else None,
            texts=texts.get(self.call, {}),
            lists=dict(factories.IMPORT_LISTS) if self.call is Call.IMPORT_SNAPSHOT else {},
        )

    def _attempt(self) -> str:
        if not self.indices:
            return ""
        resource: Resource = Entry.decode(self.asked.history[self.indices[0]]).resource
        return resource.id
