"""Each command on a real installation: what it says, what it records, what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pyotp
import pytest

from audit.entry import Entry
from audit.events import Event, Outcome
from cli.desk import CommandError
from exports.errors import ExportNotFoundError, WrongStateError
from house.enrolment import EnrolledAlreadyError
from house.founding import FoundingError
from identity.roster import RosterError
from policies.gate import RefusedError
from runtime.database import writing
from runtime.settings import Settings, SettingsError, load_settings
from snapshot.report import ExtractRefusedError
from store.people import PersonNotFoundError
from store.tables import exports
from tests.cli.conftest import Run
from tests.installation import Installation

AS_OF = "2026-11-20T21:00:00-08:00"


def last_entries(home: Installation, count: int) -> list[Entry]:
    """Return the ledger's last entries."""
    size = home.operator.reader.head().size
    return [Entry.decode(data) for data in home.operator.reader.entries(size - count, size)]


def test_init_makes_a_demo_installation_at_a_chosen_time(run: Run, tmp_path: Path) -> None:
    """`init --demo --clock-start` fixes the clock's offset in the folder."""
    done = run("init", "--demo", "--clock-start", "2026-11-21T10:00:00-08:00", "--data", tmp_path / "house")
    assert 0 == done.exit_code, done.output
    settings = load_settings(tmp_path / "house", Settings)
    assert ("demo", "2026-11-21") == (settings.mode, f"{settings.clock().now():%Y-%m-%d}")


def test_init_without_demo_is_refused(run: Run, tmp_path: Path) -> None:
    """Only demo installations can be made for now, and the message says how."""
    assert "init --demo" in str(run("init", "--data", tmp_path / "house").exception)
    assert not (tmp_path / "house").exists()


def test_init_leaves_an_installation_alone(run: Run, home: Installation) -> None:
    """`init` on an installation is an error."""
    assert isinstance(run("init", "--demo", "--data", home.data).exception, FoundingError)


@pytest.mark.parametrize(
    "arguments", [("snapshot", "list"), ("snapshot", "publish"), ("people", "enrol", "0B65625")]
)
def test_commands_need_an_installation(run: Run, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """Without an installation every command says that `init` makes one."""
    error = run(*arguments, "--data", tmp_path).exception
    assert isinstance(error, SettingsError)
    assert "sealedbook init" in str(error)


def test_folder_comes_from_the_environment(
    run: Run, home: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SEALEDBOOK_DATA names the folder where --data doesn't."""
    monkeypatch.setenv("SEALEDBOOK_DATA", str(home.data))
    assert "published" in run("snapshot", "list").output


def test_extract_is_imported_published_and_listed(run: Run, home: Installation) -> None:
    """The same cut-off again is the next revision, and the list shows it."""
    imported = run("snapshot", "import", home.extract, "--as-of", AS_OF, "--data", home.data)
    assert "accepted" in imported.stdout, imported.exception
    published = run("snapshot", "publish", "--data", home.data)
    assert "revision 2" in published.stdout, published.exception
    listed = run("snapshot", "list", "--data", home.data)
    assert 2 <= listed.stdout.count("published")
    assert isinstance(run("snapshot", "publish", "--data", home.data).exception, CommandError)


def test_wrong_as_of_refuses_the_extract(run: Run, home: Installation) -> None:
    """An as-of that the column doesn't say refuses the file whole, and that is recorded."""
    wrong = "2026-11-13T21:00:00-08:00"
    error = run("snapshot", "import", home.extract, "--as-of", wrong, "--data", home.data).exception
    assert isinstance(error, ExtractRefusedError)
    assert Event.SNAPSHOT_REFUSED == last_entries(home, 1)[0].event


@pytest.mark.parametrize("moment", ["yesterday", "2026-11-20", "2026-11-20T21:00:00"])
def test_moment_needs_its_offset(run: Run, home: Installation, moment: str) -> None:
    """A moment without its offset from UTC is a usage error that shows the form."""
    done = run("snapshot", "import", home.extract, "--as-of", moment, "--data", home.data)
    assert 2 == done.exit_code
    assert "-08:00" in done.stderr


def test_roster_is_taken_over_under_a_permit(run: Run, home: Installation) -> None:
    """A roster's import is a decision and an entry that follows from it."""
    done = run("people", "import", home.roster, "--data", home.data)
    assert "24 known" in done.stdout, done.exception
    decision, imported = last_entries(home, 2)
    assert (Event.PEOPLE_REQUESTED, Outcome.PERMIT) == (decision.event, decision.outcome)
    assert (Event.ROSTER_IMPORTED, "operator") == (imported.event, imported.actor.kind)


def test_bad_roster_is_refused_whole(run: Run, home: Installation, tmp_path: Path) -> None:
    """A roster with a bad record changes nothing and records nothing."""
    size = home.operator.reader.head().size
    bad = tmp_path / "roster.csv"
    bad.write_text(home.roster.read_text().replace("2027-05-28", "soon", 1))
    assert isinstance(run("people", "import", bad, "--data", home.data).exception, RosterError)
    assert size == home.operator.reader.head().size


def test_enrolled_agent_can_be_verified(run: Run, home: Installation) -> None:
    """What `enrol` prints signs in: the vault knows the factor, and the entry says who was enrolled."""
    done = run("people", "enrol", "0C86404", "--json", "--data", home.data)
    made = json.loads(done.stdout)
    assert {"username", "password", "totp_secret"} == made.keys()
    entry = last_entries(home, 1)[0]
    assert Event.PERSON_ENROLLED == entry.event
    code = pyotp.TOTP(made["totp_secret"]).now()
    assert home.api.vault.verify_totp(entry.resource.id, code)


def test_second_enrolment_is_refused(run: Run, home: Installation) -> None:
    """Who can sign in keeps what they have."""
    arguments = ("people", "enrol", "0B65625", "--data", home.data)
    first = run(*arguments)
    assert "totp_secret: " in first.stdout, first.exception
    assert isinstance(run(*arguments).exception, EnrolledAlreadyError)


def test_unknown_agent_is_not_enrolled(run: Run, home: Installation) -> None:
    """A licence that the roster lacks is an error."""
    assert isinstance(run("people", "enrol", "0Z00000", "--data", home.data).exception, PersonNotFoundError)


def test_bundle_verifies_with_the_key_given(run: Run, home: Installation, tmp_path: Path) -> None:
    """A bundle verifies PINNED with the installation's key, and is written once."""
    done = run("audit", "bundle", tmp_path / "bundle", "--data", home.data)
    assert 0 == done.exit_code, done.exception
    verified = run("audit", "verify", tmp_path / "bundle", "--vkey", home.data / "vkey")
    assert " PINNED" in verified.stdout
    unpinned = run("audit", "verify", tmp_path / "bundle", "--since", tmp_path / "bundle" / "checkpoint")
    assert " UNPINNED" in unpinned.stdout
    assert 0 != run("audit", "bundle", tmp_path / "bundle", "--data", home.data).exit_code


def an_unknown_export(home: Installation) -> str:
    """Return an export whose mail server gave no answer."""
    export = home.ask(home.sign_in(home.enrol("0B65625")))
    lost = exports.update().where(exports.c.id == export)
    with writing(home.operator.engine) as connection:
        connection.execute(lost.values(state="unknown", reason="mail-answer-lost", built_fencing=1))
    return export


@pytest.mark.parametrize(
    ("to", "event"),
    [("sent", "export.sent"), ("built", "export.deferred"), ("failed", "export.failed")],
)
def test_lost_answer_is_resolved_by_a_person_once(run: Run, home: Installation, to: str, event: str) -> None:
    """An unknown export goes where a person says, by an entry of the operator's, and only once."""
    export = an_unknown_export(home)
    arguments = ("exports", "resolve", export, "--to", to, "--data", home.data)
    assert f"unknown → {to}" in run(*arguments).stdout
    entry = last_entries(home, 1)[0]
    assert (event, export, "operator") == (entry.event, entry.export, entry.actor.kind)
    assert isinstance(run(*arguments).exception, WrongStateError)


def test_unknown_id_is_not_resolved(run: Run, home: Installation) -> None:
    """An export that isn't there is an error, as is a state that isn't offered."""
    arguments = ("exports", "resolve", "no-such-export", "--data", home.data)
    assert isinstance(run(*arguments, "--to", "sent").exception, ExportNotFoundError)
    assert 2 == run(*arguments, "--to", "received").exit_code


def test_sample_imports_as_it_is(run: Run, tmp_path: Path) -> None:
    """`sample` writes three files and names them."""
    arguments = ("--agents", "3", "--consumers", "20", "--seed", "1", "--out", tmp_path)
    done = run("sample", *arguments, "--as-of", "2026-11-20")
    assert 0 == done.exit_code, done.exception
    assert ["extract.csv", "manifest.json", "roster.csv"] == sorted(path.name for path in tmp_path.iterdir())
    assert isinstance(run("sample", *arguments, "--as-of", "2026-11-19").exception, CommandError)


def test_demo_asks_for_all_three_files(run: Run, tmp_path: Path) -> None:
    """An extract alone is not enough to try it on one's own data."""
    error = run("demo", "--data", tmp_path / "house", "--extract", "x.csv").exception
    assert "belong together" in str(error)
    assert not (tmp_path / "house").exists()


def test_demo_leaves_an_installation_alone(run: Run, home: Installation) -> None:
    """`demo` on an installation is an error."""
    assert isinstance(run("demo", "--data", home.data).exception, FoundingError)


def test_refusals_are_raised_with_their_rules(run: Run, home: Installation) -> None:
    """What a rule refuses at the console carries the rule."""
    future = home.data.parent / "future.csv"
    future.write_text(home.extract.read_text().replace("2026-11-20T21:00:00", "2026-11-27T21:00:00"))
    error = run(
        "snapshot", "import", future, "--as-of", "2026-11-27T21:00:00-08:00", "--data", home.data
    ).exception
    assert isinstance(error, RefusedError)
    assert ("R35",) == tuple(rule.id for rule in error.rules)
