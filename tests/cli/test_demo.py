"""The whole story in one command, as a person runs it: every promise of its JSON is checked."""

from __future__ import annotations

import csv
import email
import email.policy
import io
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import msoffcrypto
import pytest
from openpyxl import load_workbook

from audit.verify import verify_bundle
from tests.installation import DATA

AGENT = "0B65625"


def load_rows() -> list[dict[str, str]]:
    """Return the test extract's records."""
    with (DATA / "extract.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def running_for(data: Path) -> list[str]:
    """Return the command lines of processes that work in a folder."""
    listed = subprocess.run(["ps", "-ww", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    return [line for line in listed.splitlines() if str(data) in line]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the story."""
    return tmp_path_factory.mktemp("demo") / "house"


@pytest.fixture(scope="module")
def story(data: Path) -> dict[str, Any]:
    """Return what `demo --json` says of the test extract."""
    command = [sys.executable, "-m", "cli.main", "demo", "--json", "--data", str(data), "--agent", AGENT]
    command += ["--extract", str(DATA / "extract.csv"), "--roster", str(DATA / "roster.csv")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stderr
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return said | {"told": done.stderr}


def test_export_was_sent_and_its_passphrase_revealed(story: dict[str, Any]) -> None:
    """The export ends as received, with all the columns of the agent's profile."""
    assert ("received", 70) == (story["export"]["state"], story["export"]["columns"])


def test_book_opens_with_the_passphrase_in_another_reader(story: dict[str, Any]) -> None:
    """A reader that isn't ours decrypts the book, and openpyxl finds as many rows as the export says."""
    clear = io.BytesIO()
    with Path(story["book"]).open("rb") as sealed:
        office = msoffcrypto.OfficeFile(sealed)
        office.load_key(password=story["passphrase"])
        office.decrypt(clear, verify_integrity=True)
    book = load_workbook(clear)
    assert story["export"]["rows"] == book.worksheets[0].max_row - 1


def test_mail_carries_the_book_and_not_the_passphrase(story: dict[str, Any]) -> None:
    """The mail's one attachment is the book, byte for byte."""
    content = Path(story["mail"]).read_bytes()
    message = email.message_from_bytes(content, policy=email.policy.default)
    attached = [part.get_payload(decode=True) for part in message.iter_attachments()]
    assert [Path(story["book"]).read_bytes()] == attached
    assert story["passphrase"].encode() not in content


def test_bundle_verifies_offline(story: dict[str, Any]) -> None:
    """The evidence verifies PINNED, by the key of the installation."""
    assert verify_bundle(Path(story["bundle"]), vkey=Path(story["vkey"]).read_text()).pinned


def test_refusal_names_rule_and_clause(story: dict[str, Any]) -> None:
    """Without the acknowledgement rule R21 refuses, and says by which clause."""
    assert "R21" == story["refusal"]["rule"]
    assert story["refusal"]["clause"].startswith("Privacy acknowledgement")


def test_all_lies_under_the_folder(story: dict[str, Any], data: Path) -> None:
    """Book, mail and bundle lie under the folder that was asked for."""
    assert str(data) == story["data"]
    assert all(Path(story[name]).is_relative_to(data) for name in ("book", "mail", "bundle", "vkey"))


def test_snapshot_is_the_one_imported(story: dict[str, Any]) -> None:
    """The story names the snapshot's moment and how many rows it holds."""
    rows = len(load_rows())
    assert ("2026-11-21T05:00:00.000000Z", rows) == (story["snapshot"]["as_of"], story["snapshot"]["rows"])


def test_no_consumer_is_told(story: dict[str, Any]) -> None:
    """What the demo tells holds no consumer's case number, e-mail address or street."""
    values = {
        row[column]
        for row in load_rows()
        for column in ("case_number", "email", "home_address")
        if row[column]
    }
    assert [] == [value for value in values if len(value) > 7 and value in story["told"]]


@pytest.mark.usefixtures("story")
def test_no_process_is_left(data: Path) -> None:
    """After the story nothing runs that was started for it."""
    assert [] == running_for(data)


def test_ctrl_c_stops_everything(tmp_path: Path) -> None:
    """Ctrl-C in the middle ends the demo with its exit code, and no process and no clear sample is left."""
    command = [sys.executable, "-m", "cli.main", "demo", "--json", "--data", str(tmp_path / "house")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as demo:
        assert demo.stderr is not None
        assert any("Agent enrolled" in line for line in demo.stderr)
        demo.send_signal(signal.SIGINT)
        said = demo.stderr.read()
    assert 130 == demo.returncode, said
    assert said.endswith("Stopped, and so is every process that was started.\n")
    assert [] == running_for(tmp_path)
    assert [] == list(tmp_path.rglob("*.csv"))
