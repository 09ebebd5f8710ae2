"""The signed head for witnesses, and who may ask for it."""

from __future__ import annotations

from pathlib import Path

from fastapi.testclient import TestClient

from api.app import make_app
from audit.cosignature import WitnessKey, cosign
from audit.witness import judge, read_submission
from audit.witness_folder import WitnessFolder
from house.anchors import ledger_keys
from house.wiring import House
from tests.api.callers import Desk


def with_witness(desk: Desk, tmp_path: Path) -> tuple[WitnessKey, TestClient]:
    """Return a witness's key, and the house's door where the witness is known."""
    witness = WitnessFolder(tmp_path / "witness")
    vkey = witness.create("witness.example/compliance")
    (tmp_path / "list").write_text(f"{vkey} https://witness.example\n")
    settings = desk.house.settings.model_copy(update={"witnesses_file": tmp_path / "list"})
    return witness.key(), TestClient(make_app(House(settings, "api")))


def test_a_head_comes_with_the_proof_that_a_witness_needs(desk: Desk) -> None:
    """From any size on the answer is a submission that a witness can judge; beyond the end it is 409."""
    desk.house.vault.sign()
    keys = ledger_keys(desk.house)
    first = judge(None, read_submission(desk.client.get("/v1/heads/newest").text), keys)
    desk.an_agent()
    desk.house.vault.sign()
    grown = read_submission(desk.client.get("/v1/heads/newest", params={"old": first.size}).text)
    assert judge(first, grown, keys).size >= first.size
    beyond = desk.client.get("/v1/heads/newest", params={"old": 2**40})
    assert (409, "text/x.tlog.size") == (beyond.status_code, beyond.headers["content-type"].partition(";")[0])


def test_a_line_of_a_known_witness_is_kept_once(desk: Desk, tmp_path: Path) -> None:
    """It stands on the head from then on; a second time changes nothing."""
    key, client = with_witness(desk, tmp_path)
    note = desk.house.vault.sign()
    before = desk.house.reader.head().size
    for _ in range(2):
        assert 204 == client.post("/v1/heads/cosigned", content=cosign(note, key, 1_790_000_000)).status_code
    assert before + 1 == desk.house.reader.head().size
    assert key.name in client.get("/v1/heads/newest").text


def test_nobody_else_has_anything_kept(desk: Desk, tmp_path: Path) -> None:
    """A stranger's line, a changed head and no note at all leave no entry."""
    _key, client = with_witness(desk, tmp_path)
    note, before = desk.house.vault.sign(), desk.house.reader.head().size
    stranger = WitnessFolder(tmp_path / "stranger")
    stranger.create("witness.example/compliance")
    lines = note.split("\n")
    forged = "\n".join([lines[0], str(int(lines[1]) + 1), *lines[2:]])
    cosigned = cosign(note, stranger.key(), 1_790_000_000)
    assert 204 == client.post("/v1/heads/cosigned", content=cosigned).status_code
    assert 422 == client.post("/v1/heads/cosigned", content=forged).status_code
    assert 422 == client.post("/v1/heads/cosigned", content=b"\xff").status_code
    assert before == desk.house.reader.head().size


def test_networks_that_arent_named_find_nothing(desk: Desk) -> None:
    """With networks named, `/metrics` and heads are there for them alone."""
    settings = desk.house.settings.model_copy(update={"monitor_networks": "127.0.0.0/8, ::1/128"})
    app = make_app(House(settings, "api"))
    near, far = (TestClient(app, client=(host, 1)) for host in ("127.0.0.1", "192.0.2.7"))
    for path in ("/metrics", "/v1/heads/newest"):
        assert (200, 404) == (near.get(path).status_code, far.get(path).status_code)
    assert 200 == far.get("/healthz").status_code
