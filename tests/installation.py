"""A real installation for tests: real vault process, real database, real files; no queue unless asked.

    with a_published_installation(tmp_path) as home:
        agent = home.enrol("0B65625")
        export = home.ask(agent)

Its clock stands on the Saturday after the test data's cut-off, by the installation's own
offset, as a demo's does.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from uuid import uuid4

import pyotp
import pytest
from argon2 import PasswordHasher

from audit.entry import Actor, Resource, SnapshotRef
from audit.events import Event
from cli.people import take_roster
from house.founding import CONSOLE, OPERATOR, Charter, found_installation
from house.importing import bring_in
from house.invitations import Invited
from house.wiring import House
from identity.people import AGENTS, Newcomer, Papers, Person, Role
from policies.actions import Action
from policies.gate import Ask, Who
from policies.rules import packaged_set
from runtime.clock import rfc3339
from runtime.database import reading
from runtime.settings import Settings, load_settings
from snapshot.publishing import publish
from snapshot.reasons import Correction
from store.exports import add_export
from store.people import agents_of_role, keep_password, keep_roster, keep_sign_in, person_by_licence
from store.sessions import digest_of, new_token, start_session
from tests.backends import on_servers, servers, settle_servers

DATA = Path(__file__).parent / "data"
AS_OF = datetime(2026, 11, 21, 5, 0, tzinfo=UTC)
SATURDAY = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
CHEAP_HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
CONSOLE_WHO = Who(actor=OPERATOR, client=CONSOLE)


@dataclass(frozen=True)
class Enrolled:
    """A person who can sign in."""

    person: Person
    password: str
    totp_secret: str

    def code(self) -> str:
        """Return the code of now."""
        return pyotp.TOTP(self.totp_secret).now()


@dataclass
class Installation:
    """An installation in a folder, with its vault running."""

    data: Path
    vault: subprocess.Popen[bytes] | None = None
    extract: Path = DATA / "extract.csv"
    roster: Path = DATA / "roster.csv"
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @cached_property
    def settings(self) -> Settings:
        """The installation's settings."""
        return load_settings(self.data, Settings)

    @cached_property
    def operator(self) -> House:
        """The house as the operator's console has it."""
        return House(self.settings, "operator")

    @cached_property
    def api(self) -> House:
        """The house as the API has it."""
        return House(self.settings, "api")

    def start_vault(self) -> None:
        """Start the vault's process and wait until it answers."""
        command = [sys.executable, "-m", "vault.server", "--home", str(self.settings.vault_home)]
        command += ["--socket", str(self.settings.vault_socket), "--parent-pid", str(os.getpid())]
        command += ["--clock-offset", str(self.settings.clock_offset)]
        self.vault = subprocess.Popen(command)
        deadline = time.monotonic() + 20
        while not self.settings.vault_socket.exists():
            if self.vault.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the vault didn't start")
            time.sleep(0.02)

    def stop_vault(self) -> None:
        """Stop the vault's process."""
        if self.vault is not None:
            self.vault.terminate()
            self.vault.wait(timeout=20)
            self.vault = None

    def take_roster(self) -> None:
        """Take the test roster over."""
        take_roster(self.operator, self.roster)

    def publish(self, extract: Path) -> SnapshotRef:
        """Import and publish an extract."""
        house = self.operator
        made = bring_in(house, CONSOLE_WHO, extract, AS_OF, reason=Correction.EXCHANGE_CORRECTION)
        return publish(made.attempt, who=CONSOLE_WHO, gate=house.gate, vault=house.vault)

    def enrol(self, licence: str, password: str = "correct horse battery staple") -> Enrolled:
        """Give a person of the roster a password and a second factor."""
        house = self.operator
        with reading(house.engine) as connection:
            person = person_by_licence(connection, licence)
        resource = Resource(kind="person", id=person.id)
        with house.gate.transaction(CONSOLE_WHO) as tx:
            permit = tx.decide(Ask(action=Action.ENROL_FACTOR, resource=resource))
            keep_password(tx.connection, person.id, CHEAP_HASHER.hash(password))
            record = house.records.of(tx.connection, person.id)
            tx.record(Event.PERSON_ENROLLED, Action.ENROL_FACTOR, resource, because=permit, record=record)
        secret = house.vault.enrol_factor(permit.grant().index)
        with reading(house.engine) as connection:
            return Enrolled(person_by_licence(connection, licence), password, secret)

    def sign_in(self, enrolled: Enrolled) -> Who:
        """Open a session for a person without going over HTTP."""
        token, role = new_token(), enrolled.person.role.value
        actor = Actor(
            kind="person", id=enrolled.person.id, role=role, session=digest_of(token), amr=("pwd", "otp")
        )
        who = Who(actor=actor, client="127.0.0.1")
        with self.api.gate.transaction(who) as tx:
            start_session(tx.connection, enrolled.person.id, token, tx.now)
            keep_sign_in(tx.connection, enrolled.person.id, tx.now)
            session = Resource(kind="session", id=digest_of(token))
            tx.record(Event.SESSION_STARTED, Action.SIGN_IN, session)
        return who

    def ask(self, who: Who, *, acknowledged: bool = True, channel: str = "email") -> str:
        """Ask for an export through the gate; return its id."""
        export = str(uuid4())
        claims = {
            "agent": None,
            "purpose": "service-delegated-consumers",
            "channel": channel,
            "acknowledged": acknowledged,
        }
        with self.api.gate.transaction(who) as tx:
            resource = Resource(kind="export", id=export)
            permit = tx.decide(Ask(action=Action.REQUEST_EXPORT, resource=resource, claims=claims))
            add_export(
                tx.connection,
                id=export,
                requester=who.actor.id,
                agent=permit.bound.agent,
                purpose=permit.bound.purpose,
                profile=permit.bound.profile,
                channel=channel,
                created_at=rfc3339(tx.now),
            )
        return export

    def adopt_policies(self, digest: str | None = None) -> None:
        """Bring a policy set (the packaged one) into force, as if both founding people had approved it."""
        resource = Resource(kind="policy", id=digest or packaged_set().digest)
        with self.operator.gate.transaction(CONSOLE_WHO) as tx:
            tx.record(Event.POLICY_ADOPTED, Action.APPROVE_POLICY, resource)
        for house in (self.operator, self.api):
            house.policies.look_again()

    def close(self) -> None:
        """Stop what runs."""
        for process in self.started:
            process.kill()
            process.wait()
        self.stop_vault()
        for house in ("operator", "api"):
            if house in self.__dict__:
                self.__dict__[house].close()
        sockets = self.settings.vault_socket.parent
        if sockets.parent != self.data:
            shutil.rmtree(sockets, ignore_errors=True)


def take_down(house: House, *persons: str) -> None:
    """Have the ledger take people's records down as they stand, as whoever changes them does."""
    with house.gate.transaction(CONSOLE_WHO) as tx:
        for person in persons:
            record = house.records.of(tx.connection, person)
            whose = Resource(kind="person", id=person)
            tx.record(Event.PERSON_RECORDED, Action.MANAGE_PEOPLE, whose, record=record)


def take_papers(house: House, roster: Sequence[Papers]) -> None:
    """Take a few more papers over, beside those of everybody listed, with their entries."""
    fresh = {papers.licence for papers in roster}
    with house.gate.transaction(CONSOLE_WHO) as tx:
        listed = [one for role in AGENTS for one in agents_of_role(tx.connection, role) if one.listed]
        others = [one.papers for one in listed if one.papers.licence not in fresh]
        taken = keep_roster(tx.connection, [*others, *roster], tx.now)
        tx.record(Event.ROSTER_IMPORTED, Action.MANAGE_PEOPLE, Resource(kind="roster", id="a-few"))
    take_down(house, *taken.changed)


def a_founding(
    data: Path, charter: Charter, tell: Callable[[list[Invited]], None] = lambda _invited: None
) -> Settings:
    """Found an installation on the backends of this run."""
    if not on_servers():
        return found_installation(data, charter, tell)
    database, broker = servers().fresh_database(), servers().fresh_broker()
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SEALEDBOOK_DATABASE_URL", database)
        environment.setenv("SEALEDBOOK_BROKER_URL", broker)
        settings = found_installation(data, charter, tell)
    settle_servers(data, database, broker)
    return settings


@contextmanager
def an_installation(folder: Path, *, at: datetime = SATURDAY) -> Iterator[Installation]:
    """Found an installation in a folder, start its vault, and stop it at the end."""
    offset = int((at - datetime.now(UTC)) / timedelta(seconds=1))
    data = folder / "house"
    a_founding(data, Charter(mode="demo", exchange="Test Exchange", clock_offset=offset))
    home = Installation(data)
    try:
        home.start_vault()
        yield home
    finally:
        home.close()


@contextmanager
def a_published_installation(folder: Path) -> Iterator[Installation]:
    """Have an installation that took the roster over and published the extract's snapshot."""
    with an_installation(folder) as home:
        home.take_roster()
        home.publish(home.extract)
        yield home


FOUNDERS = (
    Newcomer(role=Role.REVIEWER, name="Rita Review", email="rita@exchange.example"),
    Newcomer(role=Role.OPERATOR, name="Omar Operate", email="Omar@exchange.example"),
)


@contextmanager
def a_live_installation(folder: Path) -> Iterator[tuple[Installation, dict[Role, Invited]]]:
    """Found a live installation by two people, start its vault, and stop it at the end."""
    data = folder / "house"
    invited: list[Invited] = []
    charter = Charter(mode="live", exchange="Test Exchange", founders=FOUNDERS)
    a_founding(data, charter, invited.extend)
    home = Installation(data)
    try:
        home.start_vault()
        yield home, {one.person.role: one for one in invited}
    finally:
        home.close()
