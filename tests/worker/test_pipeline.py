"""One export's way by mail: what the mail server and the rules do to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from audit.events import Event, Outcome
from exports.states import Reason, State, Step
from house.wiring import WorkerHouse
from runtime.database import reading, writing
from snapshot.published import newest_published
from store.tables import export_fingerprints, exports
from tests.factories import stored_book
from tests.installation import Installation, a_published_installation
from tests.mail_server import Faults, MailServer
from tests.worker.houses import advance, change_papers, the_entries, the_export
from worker.pipeline import MOST_CLAIMS

AGENT = "0B65625"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation with a published snapshot, for every test of this file."""
    with a_published_installation(tmp_path_factory.mktemp("pipeline")) as made:
        yield made


@pytest.fixture
def export(home: Installation) -> str:
    """A fresh export; the quota of the day starts anew with it."""
    with writing(home.api.engine) as connection:
        connection.execute(export_fingerprints.delete())
        connection.execute(exports.delete())
    licence = next(_LICENCES)
    return home.ask(home.sign_in(home.enrol(licence)))


_LICENCES = iter(("0B65625", "0G96486", "0C86404", "0H41811", "0E96936", "0F11093", "0E54140", "0G66410",
                  "0F92622", "0I45691", "0D64081", "0E19721", "0K50820", "0K70688"))  # fmt: skip


def test_an_export_passes_every_crossing_in_order(
    home: Installation, house: WorkerHouse, mail: MailServer, export: str
) -> None:
    """A good day: permitted, opened, sealed, stored, built, addressed, sending, unlocked, answered, sent."""
    assert list(Step) == advance(house, export)
    assert State.SENT == the_export(home, export).state
    assert len(mail.mails) == 1


def test_the_story_of_a_sent_export_stands_in_the_ledger(
    home: Installation, house: WorkerHouse, export: str
) -> None:
    """Request, build and send are permits; the release starts before it ends."""
    advance(house, export)

    expected = [
        Event.EXPORT_REQUESTED,
        Event.BOOK_REQUESTED,
        Event.EXPORT_BUILT,
        Event.SEND_REQUESTED,
        Event.EXPORT_SENDING,
        Event.RELEASE_STARTED,
        Event.EXPORT_SENT,
        Event.RELEASE_ENDED,
    ]
    assert expected == [entry.event for entry in the_entries(home, export)]


@pytest.mark.parametrize(
    ("faults", "reason"),
    [
        (Faults(at_recipient="450 not now"), Reason.MAIL_SERVER_BUSY),
        (Faults(at_data="451 not now"), Reason.MAIL_SERVER_BUSY),
    ],
)
def test_a_busy_mail_server_leaves_the_export_waiting(
    home: Installation, house: WorkerHouse, mail: MailServer, export: str, faults: Faults, reason: Reason
) -> None:
    """4xx, before or after the message, leaves the book built, with the reason and the next try shown."""
    mail.faults = faults
    advance(house, export)

    found = the_export(home, export)
    assert (State.BUILT, reason, 1) == (found.state, found.reason, found.tries)
    assert found.next_at is not None
    assert Event.EXPORT_DEFERRED == the_entries(home, export)[-1].event


def test_a_mail_server_that_is_down_leaves_the_export_waiting(
    home: Installation, house: WorkerHouse, mail: MailServer, export: str
) -> None:
    """Nobody listening is a reason to wait, too; nothing is claimed before the next try."""
    house.road.port = 1
    advance(house, export)

    found = the_export(home, export)
    assert (State.BUILT, Reason.MAIL_SERVER_DOWN) == (found.state, found.reason)
    house.road.port = mail.port
    assert advance(house, export) == []


def test_a_waiting_export_is_sent_when_its_time_has_come(
    home: Installation, house: WorkerHouse, mail: MailServer, export: str
) -> None:
    """The next try needs no second build and sends one mail."""
    mail.faults = Faults(at_recipient="450 not now")
    advance(house, export)
    mail.faults = Faults()
    with writing(home.api.engine) as connection:
        connection.execute(exports.update().where(exports.c.id == export).values(next_at=None))

    assert Step.ADDRESSED == advance(house, export)[0]
    assert (State.SENT, 1) == (the_export(home, export).state, len(mail.mails))


def test_a_permanent_refusal_of_the_mail_server_ends_the_export(
    home: Installation, house: WorkerHouse, mail: MailServer, export: str
) -> None:
    """5xx fails the export with its reason; nothing is tried again."""
    mail.faults = Faults(at_recipient="550 no such mailbox")
    advance(house, export)

    found = the_export(home, export)
    assert (State.FAILED, Reason.MAIL_REFUSED) == (found.state, found.reason)


def test_a_lost_answer_is_unknown_and_is_never_sent_again(
    home: Installation, house: WorkerHouse, mail: MailServer, export: str
) -> None:
    """A server that takes the mail and hangs up leaves `unknown`; no worker takes it up again."""
    mail.faults = Faults(hang_up_after_data=True)
    advance(house, export)
    mail.faults = Faults()

    assert (State.UNKNOWN, []) == (the_export(home, export).state, advance(house, export))
    assert len(mail.mails) == 1
    assert ["unknown"] == [
        entry.state for entry in the_entries(home, export) if entry.event is Event.RELEASE_ENDED
    ]


def test_a_stored_book_that_does_not_open_is_not_sent(
    home: Installation, house: WorkerHouse, mail: MailServer, export: str
) -> None:
    """A damaged object ends the export as failed, since nothing was handed over."""
    mail.faults = Faults(at_recipient="450 not now")
    advance(house, export)
    path = home.settings.objects_root / stored_book(the_export(home, export))
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    mail.faults = Faults()
    with writing(home.api.engine) as connection:
        connection.execute(exports.update().where(exports.c.id == export).values(next_at=None))
    advance(house, export)

    found = the_export(home, export)
    assert (State.FAILED, Reason.BOOK_BROKEN, []) == (found.state, found.reason, mail.mails)


def test_data_that_fail_their_check_make_no_book(
    home: Installation, house: WorkerHouse, mail: MailServer, export: str
) -> None:
    """Altered shards end the export as failed, with an entry, and nothing is stored."""
    with reading(home.api.engine) as connection:
        newest = newest_published(connection)
    assert newest is not None
    path = home.settings.objects_root / f"snapshots/{newest.attempt}/shards"
    whole = path.read_bytes()
    path.write_bytes(bytes(byte ^ 1 for byte in whole))
    try:
        advance(house, export)
    finally:
        path.write_bytes(whole)

    found = the_export(home, export)
    assert (State.FAILED, Reason.SNAPSHOT_BROKEN, []) == (found.state, found.reason, mail.mails)
    last = the_entries(home, export)[-1]
    assert (Event.EXPORT_FAILED, "snapshot-broken") == (last.event, last.reason)
    assert found.built_fencing is None


def test_a_licence_that_lapsed_since_the_request_stops_the_build(
    home: Installation, house: WorkerHouse, export: str
) -> None:
    """The build asks for the facts of now, not of the request; the refusal names the rule."""
    agent = the_export(home, export).agent
    change_papers(home, agent, licence_status="expired")
    steps = advance(house, export)
    change_papers(home, agent, licence_status="active")

    refusal = the_entries(home, export)[-2]
    assert (Event.BOOK_REQUESTED, Outcome.REFUSE, ("R01",)) == (refusal.event, refusal.outcome, refusal.rules)
    assert (State.FAILED, Reason.REFUSED_BY_RULE) == (
        the_export(home, export).state,
        the_export(home, export).reason,
    )
    assert steps == []


def test_an_address_that_changed_since_the_request_stops_the_mail(
    home: Installation, house: WorkerHouse, mail: MailServer, export: str
) -> None:
    """A changed address is on hold (R38): the book is built and doesn't leave."""
    agent = the_export(home, export).agent
    change_papers(home, agent, email_changed_on="2026-11-20")
    advance(house, export)

    assert (State.FAILED, []) == (the_export(home, export).state, mail.mails)
    assert any(entry.rules == ("R38",) for entry in the_entries(home, export))


def test_an_export_that_kills_every_worker_ends(home: Installation, house: WorkerHouse, export: str) -> None:
    """After so many claims without an end, an export fails instead of going round for ever."""
    with writing(home.api.engine) as connection:
        connection.execute(exports.update().where(exports.c.id == export).values(fencing=MOST_CLAIMS))
    advance(house, export)

    found = the_export(home, export)
    assert (State.FAILED, Reason.TOO_MANY_TRIES) == (found.state, found.reason)
