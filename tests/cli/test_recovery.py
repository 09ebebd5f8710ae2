"""Recovering and restoring on real backups: copied, gone on, put back."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pyotp
import pytest
from typer.testing import CliRunner, Result

from audit.bundle import write_bundle
from audit.entry import Draft, Entry
from audit.events import Event
from audit.ledger import Ledger
from audit.verify import VerifyError, verify_bundle
from cli.commands import commands
from cli.desk import CommandError
from cli.words import explain
from house.enrolment import enrol_member
from house.founding import VKEY_FILE
from house.invitations import add_member
from house.presence import PresenceError
from house.recovery import OPENED_FILE
from house.wiring import House
from identity.people import Newcomer, Role
from runtime.database import open_database, writing
from runtime.settings import Settings, load_settings
from store.destruction import RECORDS
from tests.backends import on_servers
from tests.cli.conftest import last_entries
from tests.installation import CONSOLE_WHO, Installation, an_installation, take_down
from tests.vault.factories import destroy_permit, import_permit
from vault.errors import Code, VaultLockedError, VaultRefusedError, VaultRolledBackError
from vault.home import COUNTER_NAME, STORE_NAME

AGENTS = ("0B65625", "0C86404")
RITA, OMAR = "rita@exchange.example", "omar@exchange.example"


@dataclass
class Desk:
    """An installation with a snapshot, and two people who can agree."""

    home: Installation
    secrets: dict[str, str]
    used: int = -2

    def run(self, *arguments: str, people: tuple[str, ...] = (RITA, OMAR)) -> Result:
        """Run a command with both present, each typing a code that wasn't used yet."""
        self.used += 1
        at = datetime.now(UTC) + timedelta(seconds=30 * self.used)
        codes = [pyotp.TOTP(self.secrets[one]).at(at) for one in people]
        present = [text for one in people for text in ("--present", one)]
        return CliRunner().invoke(
            commands, [*arguments, *present, "--data", str(self.home.data)], input="\n".join(codes) + "\n"
        )

    def enrol(self, licence: str) -> str:
        """Enrol an agent's factor, under a permit of now."""
        return self.home.enrol(licence).totp_secret


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Found it, and enrol the two."""
    with an_installation(tmp_path) as home:
        made = Desk(home, {})
        home.take_roster()
        for role, address in ((Role.REVIEWER, RITA), (Role.OPERATOR, OMAR)):
            with writing(home.operator.engine) as connection:
                newcomer = Newcomer(role=role, name=address, email=address)
                person = add_member(connection, newcomer, home.operator.clock.now())
            take_down(home.operator, person)
            made.secrets[address] = enrol_member(home.operator, CONSOLE_WHO, address).totp_secret
        yield made


def append(home: Installation, entry: Entry) -> int:
    """Append an entry as the gate does, and return its index."""
    said = {field.name: getattr(entry, field.name) for field in fields(Draft)}
    with writing(home.operator.engine) as connection:
        return Ledger(home.operator.clock).append(connection, [Draft(**said)])[0].index


def put_store_back(home: Installation, copy: Path) -> None:
    """Put a copied store back beside the counter that went on."""
    home.stop_vault()
    for path in home.settings.vault_home.glob(f"{STORE_NAME}*"):
        path.unlink()
    shutil.copy(copy / STORE_NAME, home.settings.vault_home)
    home.start_vault()


def test_a_copied_vault_recovers(desk: Desk, tmp_path: Path) -> None:
    """Locked at its start; after the command it opens, and what was destroyed since is destroyed."""
    home, copy = desk.home, tmp_path / "backup"
    now = home.operator.clock.now()
    permit = append(home, import_permit("attempt-1", now=now))
    home.operator.vault.import_snapshot(permit, attempt="attempt-1", agents=[])
    home.stop_vault()
    shutil.copytree(home.settings.vault_home, copy, ignore=shutil.ignore_patterns(COUNTER_NAME))
    home.start_vault()
    destroyed = "snapshot:attempt-1"
    (record,) = home.operator.vault.destroy(append(home, destroy_permit(destroyed, now=now)))
    home.operator.objects.put(f"{RECORDS}/{sha256(record.encode()).hexdigest()}", record.encode())
    put_store_back(home, copy)

    with pytest.raises(VaultLockedError):
        home.operator.vault.sign()

    done = desk.run("vault", "recover")

    assert done.exit_code == 0, done.exception
    assert f"destroyed again, by its record: {destroyed}" in done.stdout
    assert [Event.VAULT_RECOVERED] * 2 == [entry.event for entry in last_entries(home, 2)]
    assert 2 == len({entry.actor.id for entry in last_entries(home, 2)})
    assert home.operator.vault.status().locked is False
    assert desk.enrol(AGENTS[1])

    again = desk.run("vault", "recover")

    assert isinstance(again.exception, VaultRefusedError)
    assert again.exception.code is Code.WELL


@pytest.mark.parametrize("people", [(), (RITA,), (RITA, RITA), (RITA, "nobody@exchange.example")])
def test_it_takes_two_people(desk: Desk, people: tuple[str, ...]) -> None:
    """Nobody, one, the same twice, and a stranger are refused before the vault is asked."""
    arguments = [text for one in people for text in ("--present", one)]
    done = CliRunner().invoke(
        commands, ["vault", "recover", *arguments, "--data", str(desk.home.data)], input=""
    )

    assert isinstance(done.exception, PresenceError)
    assert str(done.exception) == explain(done.exception)


@pytest.mark.skipif(on_servers(), reason="the backup copied here is SQLite's file")
def test_a_restored_database_goes_on_under_a_new_origin(desk: Desk, tmp_path: Path) -> None:
    """Refused while it is behind; after the command it goes on, its bundle verifies, the gap is told."""
    home = desk.home
    early = home.operator.vault.sign()
    backup = tmp_path / "house.db"
    with open_database(home.settings.database).connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql(f"VACUUM INTO '{backup}'")
    lost = desk.enrol(AGENTS[0])
    late = home.operator.vault.sign()
    home.operator.engine.dispose()
    for path in home.data.glob("house.db*"):
        path.unlink()
    shutil.copy(backup, home.data / "house.db")
    origin = home.settings.origin

    assert lost
    with pytest.raises(VaultRolledBackError):
        House(home.settings, "operator").vault.sign()

    refused = desk.run("audit", "restore")
    done = desk.run("audit", "restore", "--new-origin")

    assert isinstance(refused.exception, CommandError)
    assert done.exit_code == 0, done.exception
    assert f"goes on as {origin}.r2" in done.stdout
    assert "1 of them opened something" in done.stdout
    assert (home.data / OPENED_FILE).read_bytes().count(b"\n") == 1
    fresh = House(load_settings(home.data, Settings), "operator")
    try:
        assert f"{origin}.r2" == fresh.settings.origin
        vkey = (home.data / VKEY_FILE).read_text().strip()
        write_bundle(fresh.reader, tmp_path / "bundle", vkey, fresh.vault.sign())
        verdict = verify_bundle(tmp_path / "bundle", vkey=vkey, since=early)

        assert any("restored" in line for line in verdict.lines())
        with pytest.raises(VerifyError, match="restored"):
            verify_bundle(tmp_path / "bundle", vkey=vkey, since=late)
    finally:
        fresh.close()
