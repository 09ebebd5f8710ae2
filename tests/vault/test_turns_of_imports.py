"""A large import: its pseudonyms are made after its turn, so that others are answered meanwhile."""

from __future__ import annotations

import select
import socket
from datetime import UTC, datetime
from pathlib import Path

from tests.vault.factories import ORIGIN, a_house, import_permit
from tests.vault.fakes import MemoryLedger
from tests.vault.process import a_vault_process
from vault.answers import read_import_keys
from vault.ceremony import create_vault
from vault.client import ask_status
from vault.errors import Code
from vault.framing import FrameReader, decode_body, encode_frame
from vault.heads import ShownProof
from vault.keeper import Tries
from vault.messages import Request, read_answer, write_request
from vault.table import Call, CallerKind

IDS = tuple(f"C-{number}" for number in range(300_000))


def test_the_permit_is_spent_before_pseudonyms_are_made(tmp_path: Path) -> None:
    """The keeper is free for others as soon as the import is recorded; the rest follows from keys alone."""
    house = a_house(tmp_path)
    asker = house.asker(
        CallerKind.WORKER,
        Call.IMPORT_SNAPSHOT,
        import_permit(),
        texts={"attempt": "A1"},
        lists={"agents": ("0A00001",), "consumers": ("C-1",), "cases": ()},
    )
    answer = house.keeper.answer(asker.read(), Tries())
    signed = house.ask(CallerKind.API, Call.SIGN)
    whole = answer.whole()

    assert Code.OPENED is answer.code is signed.code
    assert answer.body.keys() == {"year"}
    assert whole.body.keys() == {"year", "index", "shard", "list", "consumers", "cases"}
    assert house.ask(CallerKind.WORKER, Call.IMPORT_SNAPSHOT, 0, texts={"attempt": "A1"}).code is Code.SPENT


def test_others_are_answered_while_an_import_s_pseudonyms_are_made(tmp_path: Path) -> None:
    """Who asks as soon as the import's permit is spent has the answer before the importer has theirs."""
    founding = create_vault(tmp_path / "vault", ORIGIN)
    ledger = MemoryLedger()
    ledger.append(import_permit(now=datetime.now(UTC)))
    proof = ledger.prove(0, [0])
    request = Request(
        call=Call.IMPORT_SNAPSHOT,
        credential=founding.credentials[CallerKind.WORKER],
        proof=ShownProof(base=0, head=proof.head, consistency=()),
        permit=proof.permits[0],
        texts={"attempt": "A1"},
        lists={"agents": (), "consumers": IDS, "cases": IDS},
    )
    with (
        a_vault_process(tmp_path / "vault") as process,
        socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as importer,
    ):
        importer.connect(str(process.socket))
        importer.sendall(encode_frame(write_request(request)))
        while ask_status(process.socket).size == 0:
            pass
        is_answered = bool(select.select([importer], [], [], 0)[0])
        body = FrameReader(importer, max_bytes=2**28).read(seconds=60)

    assert is_answered is False
    keys = read_import_keys(read_answer(decode_body(body or b"")).body, agents=(), consumers=IDS, cases=IDS)
    assert len(set(keys.consumers.values())) == len(set(keys.cases.values())) == len(IDS)
