"""Each check of the doctor says what is well, what isn't and what to do, and never breaks the others."""

from __future__ import annotations

import shutil
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from audit.entry import Resource
from audit.events import Event
from house.doctor import examination
from house.doctor.data import check_exports, check_roster, check_snapshot
from house.doctor.examination import CHECKS, examine
from house.doctor.findings import Finding, Verdict
from house.doctor.keys import check_files, check_vault
from house.doctor.ledger import check_clock, check_database, check_ledger
from house.doctor.people import check_people
from house.doctor.ways import check_broker, check_disk, check_mail
from house.wiring import House
from policies.actions import Action
from runtime.database import writing
from store.people import person_by_licence
from store.tables import exports, people
from tests.backends import a_broker, copy_database, put_back
from tests.installation import CONSOLE_WHO, Installation, a_published_installation, an_installation
from tests.mail_server import a_mail_server
from vault.client import VaultClient

DAY = 86400
Usage = namedtuple("Usage", ["free"])  # noqa: PYI024 - of the one number that is looked at


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation with a vault, a roster and a published snapshot, and nothing else running."""
    with a_published_installation(tmp_path_factory.mktemp("doctor")) as made:
        yield made


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Installation]:
    """An installation with a vault and nothing in it, to be damaged."""
    with an_installation(tmp_path) as made:
        yield made


@pytest.fixture(autouse=True)
def _without_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin without a mail server in the environment."""
    for name in ("HOST", "PORT", "SENDER", "CA"):
        monkeypatch.delenv(f"SEALEDBOOK_MAIL_{name}", raising=False)


def later(home: Installation, seconds: int) -> House:
    """Return the operator's house at another time."""
    offset = home.settings.clock_offset + seconds
    return House(home.settings.model_copy(update={"clock_offset": offset}), "operator")


def damage(home: Installation, *statements: str) -> None:
    """Change the database as who owns it can."""
    with writing(home.operator.engine) as connection:
        for statement in statements:
            connection.execute(text(statement))


def assert_failed(finding: Finding, words: str) -> None:
    """Check that something failed with these words, and that it says what to do."""
    assert (Verdict.FAIL, True) == (finding.verdict, words in finding.said), finding
    assert finding.advice


@pytest.mark.parametrize(
    "name",
    [
        "files",
        "database",
        "ledger",
        "vault",
        "clock",
        "snapshot",
        "roster",
        "people",
        "system-keys",
        "exports",
        "delegations",
        "policy",
        "review",
        "retention",
        "destruction",
        "holds",
    ],
)
def test_whole_house_is_well(home: Installation, name: str) -> None:
    """Of a whole installation every check is ok."""
    assert Verdict.OK == CHECKS[name](home.operator).verdict


def test_files_that_others_may_open_are_named(fresh: Installation) -> None:
    """A credential with a loose mode is a failure with the command that mends it."""
    path = fresh.settings.credential_path("api")
    path.chmod(0o644)
    finding = check_files(fresh.operator)
    assert_failed(finding, str(path))
    assert f"chmod go-rwx {path}" == finding.advice
    path.unlink()
    assert_failed(check_files(fresh.operator), f"{path} is missing")


def test_stopped_vault_is_a_failure(fresh: Installation) -> None:
    """A vault that doesn't answer is to be started."""
    fresh.stop_vault()
    assert_failed(check_vault(fresh.operator), "doesn't answer")


def test_exchanged_vault_is_a_failure(fresh: Installation) -> None:
    """A vault that signs by another key isn't the one that was founded with the folder."""
    vkey = fresh.data / "vkey"
    vkey.write_text(vkey.read_text().replace("a", "b").replace("+", "c"))
    assert_failed(check_vault(fresh.operator), "another key")


def test_rolled_back_ledger_is_a_failure(fresh: Installation) -> None:
    """The vault doesn't sign a ledger that ends before its head; afterwards its alarm is a warning."""
    early = copy_database(fresh.operator.engine, fresh.data)
    fresh.take_roster()
    fresh.enrol("0B65625")
    assert Verdict.OK == check_vault(fresh.operator).verdict
    late = copy_database(fresh.operator.engine, fresh.data)
    put_back(fresh.operator.engine, early)
    assert_failed(check_vault(fresh.operator), "rolled back")
    put_back(fresh.operator.engine, late)
    finding = check_vault(fresh.operator)
    assert (Verdict.WARN, True) == (finding.verdict, "rolled_back (1 times" in finding.said)


def test_old_shape_is_a_failure(fresh: Installation) -> None:
    """A database that lacks migrations names its shape and the newest."""
    damage(fresh, "UPDATE alembic_version SET version_num = '0003'")
    assert_failed(check_database(fresh.operator), "has shape 0003 instead of")


@pytest.mark.embedded
def test_missing_database_is_a_failure(fresh: Installation, tmp_path: Path) -> None:
    """A database that can't be opened is a finding without the driver's words."""
    url = f"sqlite:///{tmp_path / 'none' / 'house.db'}"
    elsewhere = House(fresh.settings.model_copy(update={"database_url": url}), "operator")
    assert_failed(check_database(elsewhere), "can't be used (OperationalError)")


@pytest.mark.embedded
@pytest.mark.parametrize(
    ("trigger", "statement", "words"),
    [
        ("ledger_entries_update", "UPDATE ledger_entries SET leaf = zeroblob(32)", "doesn't have its leaf"),
        ("ledger_entries_update", "UPDATE ledger_entries SET entry = x'7b7d'", "isn't an entry"),
        ("ledger_entries_delete", 'DELETE FROM ledger_entries WHERE "index" = 0', "aren't all there"),
        ("ledger_nodes_update", "UPDATE ledger_nodes SET hash = zeroblob(32)", "isn't made of those below"),
        ("ledger_head_update", "UPDATE ledger_head SET root = zeroblob(32)", "head's root"),
    ],
)
def test_rewritten_ledger_is_a_failure(fresh: Installation, trigger: str, statement: str, words: str) -> None:
    """Who goes around the triggers is found by computing anew what is stored."""
    fresh.take_roster()
    fresh.enrol("0B65625")
    damage(fresh, f"DROP TRIGGER {trigger}", statement)
    assert_failed(check_ledger(fresh.operator), words)


def test_clock_that_went_back_is_a_failure(home: Installation) -> None:
    """An entry from the future means that the clock isn't to be trusted."""
    assert_failed(check_clock(later(home, -3600)), "ahead of the clock")


@pytest.mark.parametrize(
    ("days", "verdict"), [(5, Verdict.OK), (7, Verdict.WARN), (10, Verdict.WARN), (24, Verdict.FAIL)]
)
def test_age_of_the_snapshot_is_judged_by_the_numbers(
    home: Installation, days: int, verdict: Verdict
) -> None:
    """Data warn once the next are late, and are a failure once exports have stopped."""
    assert verdict == check_snapshot(later(home, days * DAY)).verdict


@pytest.mark.parametrize(("days", "verdict"), [(7, Verdict.OK), (10, Verdict.FAIL)])
def test_age_of_the_roster_is_judged_by_the_numbers(home: Installation, days: int, verdict: Verdict) -> None:
    """A stale roster is a failure, since access has stopped."""
    assert verdict == check_roster(later(home, days * DAY)).verdict


def test_empty_house_is_warned(fresh: Installation) -> None:
    """Without snapshot and roster there is nothing wrong, and something to do."""
    found = [check_snapshot(fresh.operator), check_roster(fresh.operator)]
    assert [Verdict.WARN, Verdict.WARN] == [finding.verdict for finding in found]
    assert all(finding.advice for finding in found)


def test_lost_answer_waits_for_a_person(fresh: Installation) -> None:
    """An export in `unknown` is a warning that names the command."""
    fresh.take_roster()
    export = fresh.ask(fresh.sign_in(fresh.enrol("0B65625")))
    with writing(fresh.operator.engine) as connection:
        connection.execute(exports.update().where(exports.c.id == export).values(state="unknown"))
    assert_failed(check_exports(fresh.operator), "otherwise than the ledger tells")
    with fresh.operator.gate.transaction(CONSOLE_WHO) as tx:
        resource = Resource(kind="export", id=export)
        tx.record(Event.EXPORT_UNKNOWN, Action.SEND_BOOK, resource, export=export, state="unknown")
    finding = check_exports(fresh.operator)
    assert (Verdict.WARN, True) == (finding.verdict, "exports resolve" in finding.advice)


def test_broker_is_looked_for(home: Installation) -> None:
    """No broker is a failure, one without a worker a warning."""
    assert_failed(check_broker(home.operator), "doesn't answer")
    with a_broker(home.settings):
        assert Verdict.WARN == check_broker(home.operator).verdict


def set_mail(monkeypatch: pytest.MonkeyPatch, port: int, authorities: Path | None = None) -> None:
    """Name a mail server in the environment, as a worker's is named."""
    monkeypatch.setenv("SEALEDBOOK_MAIL_HOST", "localhost")
    monkeypatch.setenv("SEALEDBOOK_MAIL_PORT", str(port))
    monkeypatch.setenv("SEALEDBOOK_MAIL_SENDER", "books@sealedbook.example")
    if authorities is not None:
        monkeypatch.setenv("SEALEDBOOK_MAIL_CA", str(authorities))


def test_mail_server_has_to_take_tls(
    home: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """STARTTLS that verifies is well; none, an unknown authority and a dead port are failures."""
    with a_mail_server(tmp_path) as server:
        set_mail(monkeypatch, server.port)
        assert_failed(check_mail(home.operator), "mail-without-tls")
        set_mail(monkeypatch, server.port, server.authorities)
        assert Verdict.OK == check_mail(home.operator).verdict
        assert ([], []) == (server.mails, server.recipients)
    assert_failed(check_mail(home.operator), "mail-server-down")
    with a_mail_server(tmp_path, tls=False) as server:
        set_mail(monkeypatch, server.port)
        assert_failed(check_mail(home.operator), "mail-without-tls")


def test_mail_settings_have_to_be_whole(home: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting is a warning in a demo and a failure else; half of them say what is missing."""
    assert Verdict.WARN == check_mail(home.operator).verdict
    live = home.settings.model_copy(update={"mode": "live"})
    assert_failed(check_mail(House(live, "operator")), "no mail server")
    monkeypatch.setenv("SEALEDBOOK_MAIL_HOST", "localhost")
    assert_failed(check_mail(home.operator), "SEALEDBOOK_MAIL_PORT")
    set_mail(monkeypatch, 25, Path("/nowhere/ca.pem"))
    assert_failed(check_mail(home.operator), "SEALEDBOOK_MAIL_CA")


@pytest.mark.parametrize(
    ("mebibytes", "verdict"), [(10, Verdict.FAIL), (500, Verdict.WARN), (5000, Verdict.OK)]
)
def test_room_on_the_disk_is_judged(
    home: Installation, monkeypatch: pytest.MonkeyPatch, mebibytes: int, verdict: Verdict
) -> None:
    """Little room is a warning, next to none a failure."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(mebibytes * 1024 * 1024))
    assert verdict == check_disk(home.operator).verdict


def test_check_that_breaks_hides_no_other(home: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody foresaw is a finding with its place and without its message."""

    def broken(_house: Any) -> Finding:
        raise RuntimeError("Guadalupe")

    monkeypatch.setattr(examination, "CHECKS", {"files": broken, "clock": check_clock})
    first, second = examine(home.operator)
    assert_failed(first, "couldn't be checked (RuntimeError at test_doctor.py")
    assert "Guadalupe" not in first.said
    assert Verdict.OK == second.verdict


def test_vault_without_a_credential_is_found(home: Installation) -> None:
    """A vault that doesn't know the caller doesn't sign, and says why."""
    house = House(home.settings, "operator")
    house.__dict__["vault"] = VaultClient(home.settings.vault_socket, "nobody's", home.operator.reader)
    assert_failed(check_vault(house), "doesn't know this credential")


def test_a_record_that_was_changed_behind_the_ledger_is_found(fresh: Installation) -> None:
    """Whoever's row was edited is named by the id that stands in the ledger, and by nothing else."""
    fresh.take_roster()
    with writing(fresh.operator.engine) as connection:
        connection.execute(people.update().where(people.c.licence == "0B65625").values(agency_id="A1"))
        person = person_by_licence(connection, "0B65625")

    found = check_people(fresh.operator)

    assert Verdict.FAIL == found.verdict
    assert "1 of 24 records" in found.said
    assert person.id in found.said
    assert person.papers.name not in found.said
