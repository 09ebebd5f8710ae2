"""Systems' keys at the console: into a file of its own, or printed only where that is asked for."""

from __future__ import annotations

import json
import stat
from pathlib import Path

from audit.events import Event
from cli.desk import CommandError
from house.doctor.findings import Verdict
from house.doctor.system_keys import check_system_keys
from house.system_keys import UNSOUND
from policies.gate import RefusedError
from runtime.database import reading, writing
from store.api_keys import KeyNotFoundError, shown_key
from store.tables import api_keys
from tests.cli.conftest import Run, last_entries
from tests.installation import Installation, an_installation


def test_a_key_goes_into_a_file_and_nowhere_else(tmp_path: Path, run: Run, home: Installation) -> None:
    """The file is its owner's alone; what is printed names the key by its id; it is the exchange's."""
    out = tmp_path / "key"
    printed = run("keys", "issue", "Exchange nightly", "--out", out, "--data", home.data).stdout
    token = out.read_text("ascii").removesuffix("\n")
    assert 0o600 == stat.S_IMODE(out.stat().st_mode)
    assert token not in printed
    with reading(home.operator.engine) as connection:
        key = shown_key(connection, token)
    assert key is not None
    assert ("Exchange nightly", None, "console") == (key.label, key.agency, key.issuer)
    assert key.id in printed
    entries = last_entries(home, 2)
    assert [Event.APIKEY_REQUESTED, Event.APIKEY_ISSUED] == [entry.event for entry in entries]


def test_a_key_is_printed_where_json_asks_for_it(tmp_path: Path, run: Run, home: Installation) -> None:
    """With --out too the JSON leaves it out; without either nothing is issued."""
    told = json.loads(run("keys", "issue", "Printed", "--json", "--data", home.data).stdout)
    with reading(home.operator.engine) as connection:
        assert shown_key(connection, told["key"]) is not None
    out = tmp_path / "key"
    filed = json.loads(run("keys", "issue", "Filed", "--json", "--out", out, "--data", home.data).stdout)
    assert {"id", "label", "expires_at"} == filed.keys()
    size = home.operator.reader.head().size
    assert isinstance(run("keys", "issue", "Nowhere", "--data", home.data).exception, CommandError)
    assert isinstance(run("keys", "issue", "a/b", "--json", "--data", home.data).exception, CommandError)
    assert size == home.operator.reader.head().size


def test_a_file_that_is_there_stays_as_it_is(tmp_path: Path, run: Run, home: Installation) -> None:
    """No key is issued for it, and none is left without its file; one that fails leaves no file."""
    out = tmp_path / "key"
    out.write_text("mine")
    size = home.operator.reader.head().size
    again = run("keys", "issue", "Again", "--out", out, "--data", home.data)
    assert isinstance(again.exception, CommandError)
    assert ("mine", size) == (out.read_text(), home.operator.reader.head().size)
    lost = run("keys", "issue", "Lost", "--out", tmp_path / "lost", "--data", tmp_path / "no-house")
    assert 0 != lost.exit_code
    assert not (tmp_path / "lost").exists()


def test_keys_are_listed_and_revoked(run: Run, home: Installation) -> None:
    """By id; what nobody issued isn't there."""
    made = json.loads(run("keys", "issue", "To revoke", "--json", "--data", home.data).stdout)
    assert (
        f"active    {made['id']}  the exchange  To revoke" in run("keys", "list", "--data", home.data).stdout
    )
    assert "is revoked" in run("keys", "revoke", made["id"], "--data", home.data).stdout
    listed = json.loads(run("keys", "list", "--json", "--data", home.data).stdout)["keys"]
    assert ["revoked"] == [one["state"] for one in listed if one["id"] == made["id"]]
    assert made["key"] not in json.dumps(listed)
    assert isinstance(run("keys", "revoke", "0" * 16, "--data", home.data).exception, RefusedError)
    assert isinstance(run("keys", "revoke", "nothing", "--data", home.data).exception, KeyNotFoundError)


def test_a_key_changed_behind_the_service_is_told(tmp_path: Path, run: Run) -> None:
    """The list and the doctor name it by its id; before there are keys both say so."""
    with an_installation(tmp_path) as fresh:
        assert "no key was issued" in run("keys", "list", "--data", fresh.data).stdout
        made = json.loads(run("keys", "issue", "Changed", "--json", "--data", fresh.data).stdout)
        assert Verdict.OK == check_system_keys(fresh.operator).verdict
        with writing(fresh.operator.engine) as connection:
            connection.execute(api_keys.update().values(expires_at="2099-01-01T00:00:00.000000Z"))

        found = check_system_keys(fresh.operator)
        listed = json.loads(run("keys", "list", "--json", "--data", fresh.data).stdout)["keys"]

    assert (Verdict.FAIL, True) == (found.verdict, made["id"] in found.said)
    assert [UNSOUND] == [one["state"] for one in listed]
