"""People who call the application: with a cookie, a CSRF token and codes of their own."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import count
from typing import Any

import pyotp
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import update

from api.app import make_app
from audit.entry import Entry, Resource
from exports.states import State
from house.passwords import Passwords, Strength
from house.wiring import House
from identity.people import Papers, Role
from policies.actions import Action
from policies.gate import Ask
from runtime.clock import HouseClock
from runtime.database import writing
from snapshot.published import newest_published
from store.exports import claim_export, move_export, release_claim
from store.people import person_by_licence
from store.sessions import new_token, start_session
from store.tables import people
from tests.backends import refuse_entries, take_entries
from tests.installation import Enrolled, Installation, take_down, take_papers
from worker.service import SERVICE

LIGHT = Strength(passes=1, memory_kib=8, lanes=1)
BOOK_DIGEST = "b0" * 32
PURPOSE = "service-delegated-consumers"
ASKED = {"purpose": PURPOSE, "channel": "email", "acknowledged": True}
_numbers = count(1)


class MovableClock(HouseClock):
    """The installation's clock, until a test moves it."""

    def advance(self, **duration: float) -> None:
        """Move on by a `timedelta`, given by its parts."""
        self.offset += timedelta(**duration)


@dataclass(frozen=True)
class MovableHouse(House):
    """The API's house with a clock that a test may move."""

    @cached_property
    def clock(self) -> MovableClock:
        """The clock."""
        return MovableClock(self.settings.clock().offset)


@dataclass
class Caller:
    """Somebody before the door, with their own cookies."""

    client: TestClient
    csrf: str = ""
    person: str = ""

    def get(self, path: str) -> Response:
        """Ask for something."""
        return self.client.get(path)

    def post(self, path: str, body: Any = None, **headers: str) -> Response:
        """Do something, with the CSRF token if there is one."""
        return self.client.post(path, json=body, headers=self._headers(headers))

    def delete(self, path: str, **headers: str) -> Response:
        """End something."""
        return self.client.delete(path, headers=self._headers(headers))

    def _headers(self, headers: dict[str, str]) -> dict[str, str]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return ({"X-CSRF-Token": self.csrf} if self.csrf else {}) | named


@dataclass
class Desk:
    """An application in front of an installation."""

    home: Installation
    house: MovableHouse
    client: TestClient
    _used: dict[str, int] = field(default_factory=dict)

    def caller(self) -> Caller:
        """Return somebody who isn't signed in."""
        return Caller(TestClient(self.client.app, base_url="http://testserver"))

    def an_agent(self, **papers: Any) -> Enrolled:
        """Return a fresh agent in good standing, with a password and a second factor."""
        licence = f"0Z{next(_numbers):05d}"
        take_papers(self.house, [some_papers(licence, **papers)])
        return self.home.enrol(licence)

    def code(self, enrolled: Enrolled) -> str:
        """Return a code of a person that wasn't used yet; two at most within half a minute."""
        now = int(datetime.now(UTC).timestamp()) // 30
        step = max(now, self._used.get(enrolled.totp_secret, 0) + 1)
        self._used[enrolled.totp_secret] = step
        return pyotp.TOTP(enrolled.totp_secret).at(step * 30)

    def sign_in(self, enrolled: Enrolled, **changed: str) -> tuple[Caller, Response]:
        """Sign in over HTTP, with a good name, password and code unless said otherwise."""
        caller = self.caller()
        good = {"username": enrolled.person.username, "password": enrolled.password}
        totp = changed.get("totp") or self.code(enrolled)
        answer = caller.post("/v1/sessions", good | {"totp": totp} | changed)
        if answer.status_code == 201:
            caller.csrf = answer.json()["csrf"]
            caller.person = answer.json()["person"]
        return caller, answer

    def with_session(self, licence: str) -> Caller:
        """Return somebody signed in, without the work of a password."""
        token = new_token()
        with writing(self.house.engine) as connection:
            person = person_by_licence(connection, licence)
            session, _ended = start_session(connection, person.id, token, self.house.clock.now())
        caller = self.caller()
        caller.client.cookies.set("session", token)
        caller.csrf, caller.person = session.csrf, person.id
        return caller

    def entries(self) -> list[Entry]:
        """Return the whole ledger."""
        reader = self.house.reader
        return [Entry.decode(data) for data in reader.entries(0, reader.head().size)]

    def entry(self, index: int) -> Entry:
        """Return one entry."""
        return Entry.decode(next(self.house.reader.entries(index, index + 1)))

    def a_sent_export(self, caller: Caller, passphrase: str) -> str:
        """Put a mailed export together, as the worker leaves it, with its passphrase in the vault."""
        export: str = caller.post("/v1/exports", ASKED).json()["id"]
        worker = House(self.home.settings, "worker")
        resource = Resource(kind="export", id=export)
        with worker.gate.transaction(SERVICE) as tx:
            claim = claim_export(tx.connection, export, "a-worker", tx.now, 60)
            published = newest_published(tx.connection)
            assert claim is not None
            assert published is not None
            ask = Ask(action=Action.BUILD_BOOK, resource=resource, claims={"fencing": claim.fencing})
            permit = tx.decide(ask)
        worker.vault.build_book(
            permit.grant().index, published=published.published_entry, passphrase=passphrase
        )
        ref = published.ref
        with writing(worker.engine) as connection:
            built = {
                "built_fencing": claim.fencing,
                "book_digest": BOOK_DIGEST,
                "rows": 3,
                "withheld": 1,
                "columns": 60,
                "bytes": 12345,
                "snapshot_as_of": ref.as_of,
                "snapshot_revision": ref.revision,
                "snapshot_digest": ref.digest,
            }
            move_export(connection, claim, State.ACCEPTED, State.BUILT, **built)
            move_export(connection, claim, State.BUILT, State.SENDING)
            move_export(connection, claim, State.SENDING, State.SENT)
            release_claim(connection, claim)
        worker.close()
        return export

    def replace_vault(self, vault: object) -> None:
        """Put another vault before this application, e.g. one that fails."""
        self.house.__dict__["vault"] = vault

    @contextmanager
    def with_full_disk(self) -> Iterator[None]:
        """Let the database refuse every new entry, as it does when the disk is full."""
        refuse_entries(self.house.engine)
        try:
            yield
        finally:
            take_entries(self.house.engine)


@contextmanager
def a_desk(home: Installation) -> Iterator[Desk]:
    """Put an application in front of an installation."""
    house = MovableHouse(home.settings, "api")
    with TestClient(make_app(house, Passwords(LIGHT), beat_seconds=0.01)) as client:
        yield Desk(home, house, client)


def some_papers(licence: str, **changed: Any) -> Papers:
    """Return the papers of an agent in good standing on 21 November 2026."""
    good = Papers(
        licence=licence,
        npn="1234567",
        name="Some Agent",
        email=f"{licence.lower()}@agents.example",
        agency_id="",
        agency_name="",
        role=Role.AGENT,
        title="Licensed Insurance Agent",
        business_address="1 Main Street, Sacramento, CA",
        licence_status="active",
        licence_expires_on=date(2028, 1, 1),
        certification_status="active",
        certified_on=date(2026, 6, 1),
        agreement_version="2026-01",
        agreement_signed_on=date(2026, 3, 1),
        training_completed_on=date(2026, 6, 1),
        attested_on=date(2026, 6, 1),
        email_changed_on=date(2025, 1, 1),
    )
    return dataclasses.replace(good, **changed)


def disable(desk: Desk, enrolled: Enrolled) -> None:
    """Close a person's account."""
    with writing(desk.house.engine) as connection:
        connection.execute(update(people).where(people.c.id == enrolled.person.id).values(disabled=True))
    take_down(desk.house, enrolled.person.id)


def a_licence(desk: Desk, **papers: Any) -> str:
    """Return the licence of a fresh agent."""
    return desk.an_agent(**papers).person.papers.licence
