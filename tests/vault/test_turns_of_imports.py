"""A large import: its keys and pseudonyms are made after its turn, so that others are answered meanwhile."""

from __future__ import annotations

import select
import socket
from datetime import UTC, datetime
from pathlib import Path

from tests.vault.factories import ORIGIN, a_house, import_permit
from tests.vault.fakes import MemoryLedger
from tests.vault.process import a_vault_process
from vault.ceremony import create_vault
from vault.client import VaultClient, ask_status
from vault.errors import Code
from vault.framing import FrameReader, decode_body, decode_bytes, encode_frame
from vault.keeper import Tries
from vault.messages import Request, read_answer, write_request
from vault.pseudonyms import PSEUDONYM_BYTES
from vault.table import Call, CallerKind

IDS = tuple(f"C-{number}" for number in range(600_000))


def test_the_permit_is_spent_before_keys_are_made(tmp_path: Path) -> None:
    """The keeper is free for others as soon as the import is recorded; the rest follows from keys alone."""
    house = a_house(tmp_path)
    asker = house.asker(
        CallerKind.WORKER,
        Call.IMPORT_SNAPSHOT,
        import_permit(),
        texts={"attempt": "A1"},
        lists={"agents": ("0A00001",)},
    )
    answer = house.keeper.answer(asker.read(), Tries())
    signed = house.ask(CallerKind.API, Call.SIGN)
    whole = answer.whole()

    assert Code.OPENED is answer.code is signed.code
    assert answer.body.keys() == {"year", "desk"}
    assert whole.body.keys() == {"year", "desk", "index", "shard", "list"}
    assert house.ask(CallerKind.WORKER, Call.IMPORT_SNAPSHOT, 0, texts={"attempt": "A1"}).code is Code.SPENT


def test_others_are_answered_while_an_import_s_pseudonyms_are_made(tmp_path: Path) -> None:
    """Who asks after a long list of ids has the answer before the importer has theirs."""
    founding = create_vault(tmp_path / "vault", ORIGIN)
    ledger = MemoryLedger()
    permit = ledger.append(import_permit(now=datetime.now(UTC)))
    credential = founding.credentials[CallerKind.WORKER]
    with (
        a_vault_process(tmp_path / "vault") as process,
        socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as importer,
    ):
        keys = VaultClient(process.socket, credential, ledger).import_snapshot(
            permit, attempt="A1", agents=[]
        )
        request = Request(
            call=Call.PSEUDONYMS,
            credential=credential,
            texts={"desk": keys.derive.args[0], "kind": "consumer"},  # type: ignore[attr-defined]  # a partial
            lists={"ids": IDS},
        )
        importer.connect(str(process.socket))
        importer.sendall(encode_frame(write_request(request)))
        ask_status(process.socket)
        is_answered = bool(select.select([importer], [], [], 0)[0])
        body = FrameReader(importer, max_bytes=2**28).read(seconds=60)

    assert is_answered is False
    made = decode_bytes(read_answer(decode_body(body or b"")).body["pseudonyms"])
    assert len(IDS) * PSEUDONYM_BYTES == len(made)
