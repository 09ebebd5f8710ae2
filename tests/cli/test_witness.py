"""`sealedbook witness`: a witness from its folder, over bundles, files and a served house."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from api.app import make_app
from audit.cosignature import WitnessVerifier, verify_cosignature
from audit.events import Event
from audit.witness import write_submission
from audit.witness_folder import WitnessFolder
from cli.desk import CommandError
from cli.evidence import make_bundle
from house.anchors import ledger_keys
from house.wiring import House
from tests.cli.conftest import Run, last_entries
from tests.installation import Installation

NAME = "witness.example/compliance"


@pytest.fixture
def witness(tmp_path: Path, run: Run) -> Path:
    """A witness's folder, made by the command."""
    folder = tmp_path / "witness"
    made = run("witness", "init", folder, "--name", NAME)
    assert (folder / "vkey").read_text() == made.output
    return folder


@pytest.fixture
def vkey(home: Installation) -> Path:
    """The ledger's key."""
    return home.data / "vkey"


def a_bundle(home: Installation, folder: Path) -> Path:
    """Write a bundle of now."""
    make_bundle(home.operator, folder)
    return folder


def verifier_of(witness: Path) -> WitnessVerifier:
    """Return a witness's key."""
    return WitnessVerifier.parse((witness / "vkey").read_text().strip())


def test_bundles_are_witnessed_as_they_grow(
    home: Installation, run: Run, witness: Path, vkey: Path, tmp_path: Path
) -> None:
    """The first is signed, a later one extends it, each then carries the line; an older one is refused."""
    old, new = a_bundle(home, tmp_path / "old"), a_bundle(home, tmp_path / "new")
    before = shutil.copytree(old, tmp_path / "before")
    first = run("witness", "check", witness, "--from", old, "--vkey", vkey)
    second = run("witness", "check", witness, "--from", new, "--vkey", vkey, "--out", tmp_path / "out")
    assert "the first that this witness signed" in first.output
    assert "extends" in second.output
    assert (tmp_path / "out").read_text() == (new / "checkpoint").read_text()
    for bundle in (old, new):
        assert verify_cosignature((bundle / "checkpoint").read_text(), verifier_of(witness))
    refused = run("witness", "check", witness, "--from", before, "--vkey", vkey)
    assert isinstance(refused.exception, CommandError)
    assert "NOT COSIGNED (409)" in str(refused.exception)


def test_a_changed_bundle_is_refused(
    home: Installation, run: Run, witness: Path, vkey: Path, tmp_path: Path
) -> None:
    """A line that was changed leads to another root than the one signed before."""
    run("witness", "check", witness, "--from", a_bundle(home, tmp_path / "old"), "--vkey", vkey)
    new = a_bundle(home, tmp_path / "new")
    lines = (new / "entries.jsonl").read_bytes().split(b"\n")
    lines[0] = lines[0].replace(b'"mode":"demo"', b'"mode":"live"')
    (new / "entries.jsonl").write_bytes(b"\n".join(lines))
    refused = run("witness", "check", witness, "--from", new, "--vkey", vkey)
    assert "NOT COSIGNED (422)" in str(refused.exception)


def test_a_submission_in_a_file_is_witnessed(
    home: Installation, run: Run, witness: Path, vkey: Path, tmp_path: Path
) -> None:
    """What came on a stick is answered beside it."""
    path = tmp_path / "submission"
    path.write_text(write_submission(0, [], home.operator.vault.sign()))
    run("witness", "check", witness, "--from", path, "--vkey", vkey)
    assert verify_cosignature((tmp_path / "submission.cosigned").read_text(), verifier_of(witness))


@pytest.fixture
def url(home: Installation, witness: Path, tmp_path: Path) -> Iterator[str]:
    """The address of the served house, which knows the witness."""
    listed = tmp_path / "witnesses"
    listed.write_text(f"{(witness / 'vkey').read_text().strip()} https://unused.example\n")
    house = House(home.settings.model_copy(update={"witnesses_file": listed}), "api")
    server = uvicorn.Server(uvicorn.Config(make_app(house), port=0, log_config=None, lifespan="on"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


def test_a_served_house_is_witnessed_and_gets_its_line(
    home: Installation, run: Run, witness: Path, vkey: Path, url: str
) -> None:
    """Head and proof are fetched, the line is handed back, and the ledger says so once."""
    home.operator.vault.sign()
    for _ in range(2):
        checked = run("witness", "check", witness, "--from", url, "--vkey", vkey)
        assert checked.exception is None
    assert [Event.HEAD_COSIGNED] == [one.event for one in last_entries(home, 1)]
    home.operator.vault.sign()
    checked = run("witness", "check", witness, "--from", url, "--vkey", vkey)
    assert "extends" in checked.output
    assert WitnessFolder(witness).seen(ledger_keys(home.operator)) is not None


def test_a_house_that_isnt_there_is_an_error(run: Run, witness: Path, vkey: Path) -> None:
    """An address that doesn't answer, or isn't one, is said in one line."""
    for url in ("http://127.0.0.1:9", "http://ledger.example"):
        failed = run("witness", "check", witness, "--from", url, "--vkey", vkey)
        assert isinstance(failed.exception, CommandError)
