"""One batch of the machine, at the vault and at the model."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from tests.vault.model import Asked, ModelTries
from vault.errors import Code
from vault.heads import ShownProof
from vault.messages import Answer, Part, Request, read_answer
from vault.table import Call, CallerKind

if TYPE_CHECKING:
    from tests.vault.machine import VaultMachine


class BatchTry:
    """Several permits shown at once by one kind of caller."""

    def __init__(
        self, machine: VaultMachine, kind: CallerKind, opens: Sequence[tuple[Call, tuple[int, ...]]]
    ) -> None:
        self.machine, self.kind, self.opens = machine, kind, opens
        self.line = machine.line()
        self.tries = ModelTries()
        self.indices = sorted({index for _, indices in opens for index in indices})

    def finish(self) -> Answer:
        """Read and show until the answer isn't stale; compare each with the model's."""
        answer = self._show()
        while answer.code is Code.STALE:
            answer = self._show()
        return answer

    def _show(self) -> Answer:
        machine = self.machine
        base, ledger = machine.seen[self.kind], machine.ledger
        proof = ledger.prove(base, self.indices)
        model = copy.deepcopy(machine.model)
        model.meaning = machine.meaning
        asked = Asked(
            kind=self.kind,
            call=Call.OPEN_MANY,
            history=tuple(ledger.entries),
            base=base,
            indices=(),
            now=machine.now(),
        )
        parts = [replace(asked, call=call, indices=indices) for call, indices in self.opens]
        expected, codes = model.show_batch(asked, parts, self.tries)
        place = {index: number for number, index in enumerate(self.indices)}
        passphrases = [f"passphrase-{machine.counted}-{number}" for number in range(len(parts))]
        machine.counted += 1
        answer = self.line(
            Request(
                call=Call.OPEN_MANY,
                credential=machine.founding.credentials[self.kind],
                proof=ShownProof(base=base, head=proof.head, consistency=tuple(proof.consistency)),
                checkpoint=proof.checkpoint,
                entries=tuple(proof.permits),
                opens=tuple(
                    Part(
                        call=part.call,
                        permit=place[part.indices[0]],
                        published=place[part.indices[1]] if part.call is Call.BUILD_BOOK else None,
                        texts={"passphrase": passphrase} if part.call is Call.BUILD_BOOK else {},
                    )
                    for part, passphrase in zip(parts, passphrases, strict=True)
                ),
            )
        )
        machine.model = model
        assert expected is answer.code
        if answer.size is not None:
            machine.seen[self.kind] = answer.size
        answers = [read_answer(one) for one in answer.body.get("answers", ())]
        assert codes == [one.code for one in answers]
        for part, one, passphrase in zip(parts, answers, passphrases, strict=bool(answers)):
            assert one.code is Code.OPENED or not one.body
            if one.code is Code.OPENED:
                machine.witness.note(part, passphrase, one, model.seen)
        return answer
