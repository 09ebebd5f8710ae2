"""The whole product in one command: driven from outside, killed in parts and whole, and stopped.

One server for all tests, which follow one another as a day does: use, trouble, crash, new
start, end. Nothing here is timed but the end itself, which people wait for.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pyotp
import pytest

from book.reading import read_book
from book.reopen import reopen
from cli.demo_client import AgentClient
from house.processes import RunningAlreadyError
from house.serving import read_serving
from tests.cli.conftest import Run
from tests.cli.serving import PATIENCE_SECONDS, Served, is_running
from tests.cli.test_demo import running_for

PARTS = {"agent", "other_agent", "manager", "reviewer"}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A demo that is served from a new folder."""
    made = Served(tmp_path_factory.mktemp("serve") / "house")
    try:
        made.start()
        yield made
    finally:
        if made.process is not None and made.process.poll() is None:
            made.kill_everything()


@pytest.fixture(scope="module")
def agent(served: Served) -> Iterator[AgentClient]:
    """The agent, signed in once for all tests: a code counts only once."""
    with AgentClient(served.url) as client:
        client.sign_in(served.sign_in("agent"))
        yield client


def send(client: AgentClient) -> dict[str, Any]:
    """Ask for a book by mail and follow it until it was sent."""
    asked = client.request_export()
    return client.follow_export(asked["id"], PATIENCE_SECONDS, lambda _seen: None)


def metrics_of(served: Served) -> str:
    """Return what the monitor's page tells."""
    return httpx2.get(f"{served.url}/metrics", trust_env=False).text


def status_of(served: Served, run: Run) -> dict[str, Any]:
    """Return what `status` says."""
    said: dict[str, Any] = json.loads(run("status", "--json", "--data", served.data).stdout)
    return said


def test_first_line_says_where_and_how_to_sign_in(served: Served) -> None:
    """The line has the url and four people; what they sign in with is kept for the owner alone."""
    assert {"url", *PARTS} == served.said.keys()
    assert served.url == served.said["url"]
    assert all({"username", "password", "totp_secret"} == served.said[part].keys() for part in PARTS)
    kept = served.data / "demo" / "sign-ins.json"
    assert 0o600 == stat.S_IMODE(kept.stat().st_mode)
    assert {part: served.said[part] for part in PARTS} == json.loads(kept.read_text())


def test_mail_arrives_in_the_folder(served: Served, agent: AgentClient) -> None:
    """A book that is asked for over HTTP is in the demo's mail a moment later."""
    assert "sent" == send(agent)["state"]
    assert b"base64" in (served.data / "demo" / "mail" / "mail-1.eml").read_bytes()


def test_a_day_by_plain_http(served: Served) -> None:
    """Sign in, search, export by link, download in two ranges, reveal, open, revoke, sign out."""
    told = served.said["other_agent"]
    with httpx2.Client(base_url=served.url, trust_env=False, timeout=PATIENCE_SECONDS) as client:
        code = pyotp.TOTP(told["totp_secret"]).now()
        entering = {"username": told["username"], "password": told["password"], "totp": code}
        csrf = client.post("/v1/sessions", json=entering).json()["csrf"]
        client.headers["X-CSRF-Token"] = csrf
        found = client.post("/v1/consumers/search", json={"kind": "Medi-Cal"}).json()
        asking = {"purpose": "service-delegated-consumers", "channel": "link", "acknowledged": True}
        asked = client.post("/v1/exports", json=asking, headers={"Idempotency-Key": "a-day"})
        path = asked.headers["Location"]
        export = wait_for(client, path, "sent")
        parts = [
            client.post(f"{path}/download", headers={"Range": f"bytes={stretch}"})
            for stretch in ("0-9999", "10000-")
        ]
        sealed = b"".join(part.content for part in parts)
        passphrase = client.post(f"{path}/passphrase").json()["passphrase"]
        seen = client.get(path).json()
        revoked = client.post(f"{path}/revoke").json()
        after = client.post(f"{path}/download")
        wait_for(client, path, "purged")
        signed_out = client.delete("/v1/sessions/current")

    assert {"Medi-Cal"} == {item["consumer_kind"] for item in found["items"]}
    assert [206, 206] == [part.status_code for part in parts]
    assert export["book"] == hashlib.sha256(sealed).hexdigest()
    assert export["rows"] == read_book(reopen(sealed, passphrase))[0].rows
    assert ("received", 1, 1) == (seen["state"], seen["downloads"], seen["reveals"])
    assert revoked["opened"]
    assert (409, 204) == (after.status_code, signed_out.status_code)


def wait_for(client: httpx2.Client, path: str, state: str) -> dict[str, Any]:
    """Look at an export until it stands where it should."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (seen := client.get(path).json())["state"] != state:
        assert time.monotonic() < deadline, seen
        time.sleep(0.2)
    found: dict[str, Any] = seen
    return found


@pytest.mark.parametrize("part", ["manager", "reviewer"])
def test_others_sign_in_by_their_role(served: Served, part: str) -> None:
    """Manager and reviewer sign in with what was printed."""
    with AgentClient(served.url) as client:
        assert part == client.sign_in(served.sign_in(part))["role"]


def test_second_server_is_told(served: Served, run: Run) -> None:
    """Another `serve` on the folder ends at once and says that one is running."""
    error = run("serve", "--demo", "--data", served.data, "--port", served.port).exception
    assert isinstance(error, RunningAlreadyError)
    assert "is running in" in str(error)


def test_taken_port_is_told(served: Served, run: Run, tmp_path: Path) -> None:
    """Another folder's `serve` on the same port names the port, and leaves nothing running."""
    error = run("serve", "--demo", "--data", tmp_path / "house", "--port", served.port).exception
    assert f"port {served.port} is taken" in str(error)
    assert [] == running_for(tmp_path)


def test_doctor_finds_it_well(served: Served, run: Run) -> None:
    """Beside the running house every check is ok, mail by STARTTLS included."""
    done = run("doctor", "--json", "--data", served.data)
    said = json.loads(done.stdout)
    assert (0, True) == (done.exit_code, said["ok"])
    assert {"ok"} == {check["verdict"] for check in said["checks"]}, said


def test_status_and_metrics_tell_the_same(served: Served, run: Run) -> None:
    """The command beside the house and the monitor's page count the same entries and exports."""
    said = status_of(served, run)
    told = metrics_of(served)
    assert (True, served.url) == (said["running"], said["url"])
    assert {"sent": 1, "purged": 1} == said["exports"]
    assert 'sealedbook_exports{state="sent"} 1.0' in told
    assert f"sealedbook_ledger_entries {said['entries']}.0" in told
    assert not any(served.said[part]["username"] in told + json.dumps(said) for part in PARTS)


def test_killed_broker_is_started_again_and_heard(served: Served, run: Run) -> None:
    """After a SIGKILL of the queue the worker's timer goes on: what comes next is signed by its sweep."""
    os.kill(served.pid_of("valkey"), signal.SIGKILL)
    served.wait_for_words("the broker was started again")
    nobody = {"username": "nobody", "password": "nothing", "totp": "000000"}
    assert 401 == httpx2.post(f"{served.url}/v1/sessions", json=nobody, trust_env=False).status_code
    deadline = time.monotonic() + PATIENCE_SECONDS
    # To ask is an entry too, so the newest is never signed when somebody looks.
    entries = status_of(served, run)["entries"]
    while status_of(served, run)["signed"]["entries"] < entries:
        assert time.monotonic() < deadline
        time.sleep(0.2)


@pytest.mark.parametrize(
    ("word", "name"), [("vault.server", "vault"), ("worker.main", "worker"), ("api.main", "api")]
)
def test_killed_child_is_started_again(served: Served, word: str, name: str) -> None:
    """SIGKILL of each child is noticed, said and healed."""
    os.kill(served.pid_of(word), signal.SIGKILL)
    served.wait_for_words(f"the {name} was started again")


def test_killed_watchdog_is_started_again(served: Served) -> None:
    """What would end everything after a crash of the server is itself looked after."""
    os.kill(served.pid_of("watchdog"), signal.SIGKILL)
    served.wait_for_words("the watchdog ended by itself and was started again")


@pytest.mark.usefixtures("served")
def test_house_works_after_all_that(agent: AgentClient) -> None:
    """The same session goes on, and a new book is sent."""
    assert "sent" == send(agent)["state"]


def test_after_a_kill_of_everything_it_goes_on(served: Served, agent: AgentClient) -> None:
    """Killed whole and started again: the same people, the same session, the same history."""
    before = served.said
    served.kill_everything()
    assert read_serving(served.data) is None
    served.start()
    assert before == served.said
    shown = httpx2.get(f"{served.url}/v1/exports", cookies=agent.cookies(), trust_env=False).json()
    assert ["sent", "sent"] == [each["state"] for each in shown["items"]]


def test_sigterm_ends_it_within_ten_seconds(served: Served, agent: AgentClient) -> None:
    """With a hanging worker and an open event stream it ends with 0 in time, and nothing is left."""
    worker = served.pid_of("worker.main")
    os.killpg(worker, signal.SIGSTOP)
    export = agent.request_export()["id"]
    with httpx2.stream(
        "GET",
        f"{served.url}/v1/exports/{export}/events",
        cookies=agent.cookies(),
        trust_env=False,
        timeout=30,
    ) as events:
        assert "event: state" in next(events.iter_text())
        pids = set(served.pids())
        assert served.stop() < 10
    assert served.process is not None
    assert 0 == served.process.returncode
    assert [] == [pid for pid in pids if is_running(pid)]
    assert {} == served.pids()
    assert served.errors.read_text().endswith("Stopped, and so is every process that was started.\n")
    assert read_serving(served.data) is None


def test_live_settings_have_to_be_whole(served: Served, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without `--demo` the mail server's settings are asked for, all at once, and nothing is started."""
    for name in ("HOST", "PORT", "SENDER", "CA"):
        monkeypatch.delenv(f"SEALEDBOOK_MAIL_{name}", raising=False)
    said = str(run("serve", "--data", served.data).exception)
    assert all(f"SEALEDBOOK_MAIL_{name}" in said for name in ("HOST", "PORT", "SENDER"))
    assert {} == served.pids()


def test_folder_without_installation_is_told(run: Run, tmp_path: Path) -> None:
    """Without `--demo` an empty folder is an error that says how to make an installation."""
    assert "sealedbook init" in str(run("serve", "--data", tmp_path).exception)
    assert [] == list(tmp_path.iterdir())
