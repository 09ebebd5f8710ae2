"""One export's way by link: its notice, and what becomes of the book when the notice doesn't get on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from audit.events import Event
from exports.states import DOWNLOADABLE, Reason, State, Step
from house.wiring import WorkerHouse
from runtime.database import writing
from store.tables import exports
from tests.installation import Installation, a_published_installation
from tests.mail_server import Faults, MailServer
from tests.worker.houses import advance, the_entries, the_export
from worker.pipeline import MOST_CLAIMS

AGENT = "0B65625"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation with a published snapshot, for every test of this file."""
    with a_published_installation(tmp_path_factory.mktemp("notifying")) as made:
        yield made


@pytest.fixture
def export(home: Installation) -> str:
    """A fresh export by link."""
    return home.ask(home.sign_in(home.enrol(AGENT)), channel="link")


def test_a_book_by_link_is_sent_when_its_notice_was_taken(
    home: Installation, house: WorkerHouse, mail: MailServer, export: str
) -> None:
    """The notice passes every crossing but the vault's; one mail goes out, without a book."""
    steps = advance(house, export)

    assert [step for step in Step if step is not Step.UNLOCKED] == steps
    assert (State.SENT, 1) == (the_export(home, export).state, len(mail.mails))
    assert b"spreadsheet" not in mail.mails[0]


def test_a_notice_releases_nothing(home: Installation, house: WorkerHouse, export: str) -> None:
    """The story has no SendBook permit and no release; `sending` and `sent` say the channel."""
    advance(house, export)

    entries = the_entries(home, export)
    assert [
        Event.EXPORT_REQUESTED,
        Event.BOOK_REQUESTED,
        Event.EXPORT_BUILT,
        Event.EXPORT_SENDING,
        Event.EXPORT_SENT,
    ] == [entry.event for entry in entries]
    assert ["link", "link"] == [entry.channel for entry in entries[-2:]]
    assert entries[-2].because == entries[-1].because == entries[2].because


@pytest.mark.parametrize("answer", ["550 no such mailbox", "450 not now"])
def test_a_refused_notice_leaves_the_book_there(
    home: Installation, house: WorkerHouse, mail: MailServer, export: str, answer: str
) -> None:
    """Neither 4xx nor 5xx takes the book away; after 5xx nothing is tried before it expires."""
    mail.faults = Faults(at_recipient=answer)
    advance(house, export)

    found = the_export(home, export)
    assert State.BUILT == found.state
    assert (answer[0] == "5") == (found.next_at == found.expires_at)
    assert found.reason in {Reason.MAIL_REFUSED, Reason.MAIL_SERVER_BUSY}
    assert Event.EXPORT_DEFERRED == the_entries(home, export)[-1].event


def test_a_lost_answer_is_unknown_and_the_book_still_there(
    home: Installation, house: WorkerHouse, mail: MailServer, export: str
) -> None:
    """Whether the notice arrived nobody knows; it isn't sent again, and downloads go on."""
    mail.faults = Faults(hang_up_after_data=True)
    advance(house, export)

    assert State.UNKNOWN == the_export(home, export).state
    assert State.UNKNOWN in DOWNLOADABLE
    assert [] == advance(house, export)


def test_a_notice_that_never_gets_on_is_given_up_and_ends_nothing(
    home: Installation, house: WorkerHouse, mail: MailServer, export: str
) -> None:
    """After so many claims the book by link waits for its agent instead of failing."""
    mail.faults = Faults(at_recipient="450 not now")
    advance(house, export)
    with writing(home.api.engine) as connection:
        late = exports.update().where(exports.c.id == export)
        connection.execute(late.values(fencing=MOST_CLAIMS, next_at=None))
    advance(house, export)

    found = the_export(home, export)
    assert (State.BUILT, Reason.TOO_MANY_TRIES, found.expires_at) == (
        found.state,
        found.reason,
        found.next_at,
    )
