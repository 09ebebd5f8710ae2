"""A manager's export for an agent of the agency, from the request to the opened book; the agent is told."""

from __future__ import annotations

import email
import email.policy
import io
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from openpyxl import load_workbook

from audit.entry import Entry
from audit.events import Event, Outcome
from book.reopen import reopen
from exports.states import State
from house.wiring import WorkerHouse
from runtime.database import reading, writing
from store.oversight import begin_notice, due_notices
from store.tables import oversight_notices
from tests.api.callers import Caller, a_desk
from tests.installation import Installation, a_published_installation
from tests.mail_server import Faults, MailServer
from tests.worker.houses import a_worker, the_entries, the_export
from worker.oversight import tell_agents
from worker.pipeline import Pipeline

MANAGER = "0C86404"
AGENT = "0E54140"
OUTSIDER = "0B65625"
ASKED = {"purpose": "agency-oversight", "channel": "email", "acknowledged": True, "agent": AGENT}
MANAGERS_ADDRESS = "agent0001@agents.example"
AGENTS_ADDRESS = "agent0007@agents.example"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation with a published snapshot and its manager and agent enrolled."""
    with a_published_installation(tmp_path_factory.mktemp("oversight")) as made:
        for licence in (MANAGER, AGENT, OUTSIDER):
            made.enrol(licence)
        yield made


@pytest.fixture
def house(home: Installation, mail: MailServer) -> Iterator[WorkerHouse]:
    """The worker's house; no notice of another test is left to send."""
    with writing(home.api.engine) as connection:
        connection.execute(oversight_notices.delete())
    with a_worker(home, mail) as opened:
        yield opened


@pytest.fixture
def manager(home: Installation) -> Iterator[Caller]:
    """The agency's manager, signed in."""
    with a_desk(home) as desk:
        yield desk.with_session(MANAGER)


def ask(caller: Caller) -> str:
    """Ask for the agent's book; return the export's id."""
    answer = caller.post("/v1/exports", ASKED)
    assert 202 == answer.status_code, answer.text
    return str(answer.json()["id"])


def notices(home: Installation, export: str) -> list[Entry]:
    """Return the entries that tell how an export's notice went."""
    return [entry for entry in the_entries(home, export) if entry.event is Event.AGENT_NOTIFIED]


def test_a_manager_gets_the_masked_book_of_an_agencys_agent(
    home: Installation, house: WorkerHouse, mail: MailServer, manager: Caller
) -> None:
    """It is mailed to the manager alone, opens with the passphrase shown, and names nobody in full."""
    export = ask(manager)
    Pipeline(house).advance(export)

    shown = manager.post(f"/v1/exports/{export}/passphrase")

    assert ([MANAGERS_ADDRESS], 200) == (mail.recipients, shown.status_code)
    message: Any = email.message_from_bytes(mail.mails[0], policy=email.policy.default)
    (attached,) = message.iter_attachments()
    clear = reopen(attached.get_content(), shown.json()["passphrase"])
    sheet = load_workbook(io.BytesIO(clear))["Book of Business"]
    header, *rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    names = [row[header.index("Last Name")] for row in rows]
    assert 6 == len(rows)
    # An initial and a point; a name of one letter leaves a star.
    assert [] == [name for name in names if not re.fullmatch(r".\.|\*", str(name))]
    assert "Premium Gross" not in header
    assert State.RECEIVED is the_export(home, export).state
    entries = the_entries(home, export)
    assert {AGENT} == {entry.agent for entry in entries}
    assert "agency-oversight" == entries[0].purpose


def test_the_agent_is_told_once_without_a_name(
    home: Installation, house: WorkerHouse, mail: MailServer, manager: Caller
) -> None:
    """The agent's own address gets one mail with role, agency and moment, and an entry says so."""
    export = ask(manager)
    tell_agents(house)
    tell_agents(house)

    assert [AGENTS_ADDRESS] == mail.recipients
    text = mail.mails[0].decode()
    assert "A manager of your agency" in text
    assert "Callahan & Daughters Insurance" in text
    assert "Justin" not in text
    assert "Lynch" not in text
    (entry,) = notices(home, export)
    assert (Outcome.DONE, AGENT, None) == (entry.outcome, entry.agent, entry.reason)


def test_the_agent_sees_it_in_their_list_and_can_do_nothing_with_it(
    home: Installation, house: WorkerHouse, manager: Caller
) -> None:
    """The list names state and role; the export itself stays not found."""
    export = ask(manager)
    with a_desk(home) as desk:
        agent = desk.with_session(AGENT)
        others = agent.get("/v1/exports").json()["others"]
        look = agent.get(f"/v1/exports/{export}")
        reveal = agent.post(f"/v1/exports/{export}/passphrase")

    assert house.caller == "worker"
    assert ("accepted", "manager", "email") == tuple(
        others[0][name] for name in ("state", "requested_by", "channel")
    )
    assert export == others[0]["id"]
    assert [404, 404] == [look.status_code, reveal.status_code]
    assert [] == manager.get("/v1/exports").json()["others"]


def test_ones_own_book_tells_nobody(home: Installation, house: WorkerHouse, mail: MailServer) -> None:
    """An agent's own request, and a manager's for their own book, make no notice."""
    own = {"purpose": "service-delegated-consumers", "channel": "email", "acknowledged": True}
    with a_desk(home) as desk:
        for licence in (AGENT, MANAGER):
            assert 202 == desk.with_session(licence).post("/v1/exports", own).status_code

    tell_agents(house)

    assert [] == mail.recipients


@pytest.mark.parametrize(
    ("licence", "body", "status"),
    [
        (MANAGER, ASKED | {"agent": OUTSIDER}, 404),
        (OUTSIDER, ASKED, 404),
        (MANAGER, ASKED | {"purpose": "service-delegated-consumers"}, 403),
        (MANAGER, ASKED | {"agent": "0Z99999"}, 404),
    ],
)
def test_oversight_ends_at_the_agency(
    home: Installation, house: WorkerHouse, mail: MailServer, licence: str, body: dict[str, Any], status: int
) -> None:
    """Another agency's agent is not found, and no other purpose fits; no agent is told of it."""
    with a_desk(home) as desk:
        answer = desk.with_session(licence).post("/v1/exports", body)

    tell_agents(house)
    assert (status, []) == (answer.status_code, mail.recipients)


def test_a_busy_mail_server_is_asked_again_later(
    home: Installation, house: WorkerHouse, mail: MailServer, manager: Caller
) -> None:
    """Before or after the message, "not now" leaves the notice waiting five minutes."""
    export = ask(manager)
    for faults in (Faults(at_recipient="450 not now"), Faults(at_data="451 not now")):
        mail.faults = faults
        with writing(house.engine) as connection:
            connection.execute(oversight_notices.update().values(next_at=None))
        tell_agents(house)
        with reading(house.engine) as connection:
            now = house.clock.now()
            assert [] == due_notices(connection, now)
            assert [export] == [one.export for one in due_notices(connection, now + timedelta(minutes=6))]
    assert [] == notices(home, export)


@pytest.mark.parametrize(
    ("faults", "reason"),
    [
        (Faults(at_recipient="550 nobody"), "mail-refused"),
        (Faults(hang_up_after_data=True), "mail-answer-lost"),
    ],
)
def test_what_did_not_go_is_not_tried_again(
    home: Installation, house: WorkerHouse, mail: MailServer, manager: Caller, faults: Faults, reason: str
) -> None:
    """A refused address and a lost answer end the notice, and the entry says how."""
    export = ask(manager)
    mail.faults = faults
    tell_agents(house)
    mail.faults = Faults()
    tell_agents(house)

    (entry,) = notices(home, export)
    assert (Outcome.ERROR, reason) == (entry.outcome, entry.reason)
    assert len(mail.recipients) <= 1


def test_a_notice_is_begun_once(house: WorkerHouse, manager: Caller) -> None:
    """Of two rounds at the same time one takes the notice."""
    export = ask(manager)
    with writing(house.engine) as connection:
        now = house.clock.now()
        assert [True, False] == [begin_notice(connection, export, now) for _ in range(2)]
