"""Have each new signed head cosigned by the configured witnesses, and record what they refuse."""

from __future__ import annotations

import structlog

from audit.anchor import AnchorError
from audit.entry import Resource
from delivery.posting import Road
from house.anchoring import Look
from house.wiring import WorkerHouse
from house.witnesses import ACTION, Witness, ask_witness, read_witnesses, witness_post
from worker.heads import due_head, note_failure
from worker.service import SERVICE

_SECONDS = 10.0


class Witnessing:
    """Asks every configured witness that is due, once."""

    def __init__(self, house: WorkerHouse) -> None:
        self._house = house
        self._road = Road(authorities=house.settings.witnesses_ca, seconds=_SECONDS)

    def run(self) -> None:
        """Ask each witness that is due."""
        for witness in read_witnesses(self._house.settings.witnesses_file):
            self._ask(witness)

    def _ask(self, witness: Witness) -> None:
        due = due_head(self._house, witness_post(self._house.settings, witness))
        if due is None:
            return
        try:
            ask_witness(self._house, witness, due.note, due.head, self._road, SERVICE)
        except AnchorError as error:
            self._note_failed(due.look, error)

    def _note_failed(self, look: Look, error: AnchorError) -> None:
        structlog.get_logger().warning("witness.failed", witness=look.post.name, reason=error.trouble.value)
        with self._house.gate.transaction(SERVICE) as tx:
            note_failure(tx, look, error.trouble, ACTION, Resource(kind="witness", id=look.post.name))
