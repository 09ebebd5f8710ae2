"""The page of a consumer's disclosures: asked by form, told in words, taken along as JSON, kept by nobody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import structlog

from api.disclosures import DisclosuresTold
from api.pages.disclosures import HANDED_OVER
from audit.events import Event
from audit.tables import ledger_shown
from house.wiring import WorkerHouse
from identity.people import Papers, Role
from runtime.clock import PACIFIC
from runtime.database import reading, writing
from store.people import person_by_licence
from store.tables import people
from tests.api.callers import Desk
from tests.api.fakes import FailingVault
from tests.api.listed import AGENT, PLANTED, some_extract
from tests.api.reviewers import a_member
from tests.api.surfing import Surfer, a_surfer, signed_in_surfer
from tests.installation import Installation, an_installation
from tests.leaks import leaking_files
from tests.mail_server import a_mail_server
from tests.worker.houses import a_worker
from vault.errors import Code, VaultRefusedError
from worker.pipeline import Pipeline

PAGE, FILE = "/disclosures", "/disclosures/file"
CONSUMER, OTHER = "9999999999", "9000000001"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation whose snapshot holds many rows of one agent; the clear extract is gone."""
    folder = tmp_path_factory.mktemp("disclosures")
    with an_installation(folder) as installation:
        installation.take_roster()
        installation.publish(some_extract(folder / "extract.csv"))
        (folder / "extract.csv").unlink()
        yield installation


@pytest.fixture(scope="module")
def worker(home: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerHouse]:
    """The worker's house."""
    with a_mail_server(tmp_path_factory.mktemp("mail")) as mail, a_worker(home, mail) as opened:
        yield opened


def a_reviewing_surfer(desk: Desk) -> Surfer:
    """Return a reviewer before the empty form."""
    surfer = Surfer(desk, a_member(desk).client)
    surfer.open("/desk")
    surfer.open(surfer.page.links["Disclosures"])
    return surfer


def test_a_page_and_a_book_are_told_in_words(desk: Desk, home: Installation, worker: WorkerHouse) -> None:
    """Who could have had them, what, to whom, why, of which data, how handed over, and that it is proved."""
    desk.with_session(AGENT).post("/v1/consumers/search", {"query": PLANTED})
    export = home.ask(home.sign_in(home.enrol(AGENT)))
    Pipeline(worker).advance(export)
    surfer = a_reviewing_surfer(desk)
    assert "What was disclosed" not in surfer.page.text

    page = surfer.send(PAGE, consumer=f" {CONSUMER} ")

    assert (200, PAGE) == (surfer.status, surfer.path)
    papers = person_papers(desk)
    told = (
        f"Consumer {CONSUMER}", "Still delegated in the newest data", papers.name, papers.title,
        papers.business_address, "Page of the list Active Consumers", "Shown on the screen",
        "To serve the consumers who have delegated me", "Sent by e-mail", "Proved",
        "70 columns of the profile “agent”", "Consumer ID", "Revision 1", "Download as JSON",
    )  # fmt: skip
    assert [] == [words for words in told if words not in page.text]
    assert f"/desk/exports/{export}" == page.links["Book of Business"]
    assert "Not proved" not in page.text
    assert CONSUMER == page.form(PAGE).fields["consumer"]


def person_papers(desk: Desk) -> Papers:
    """Return the agent's papers."""
    with reading(desk.house.engine) as connection:
        return person_by_licence(connection, AGENT).papers


def test_what_is_not_proved_says_so(desk: Desk) -> None:
    """A page whose list is lost stands there as one that may have held the consumer."""
    desk.with_session(AGENT).post("/v1/consumers/search", {"query": PLANTED})
    with writing(desk.house.engine) as connection:
        connection.execute(ledger_shown.delete())

    page = a_reviewing_surfer(desk).send(PAGE, consumer=CONSUMER)

    assert "Not proved" in page.text
    assert "The list of whom this page showed is missing or was changed." in page.text


def test_papers_that_changed_are_not_shown_as_those_of_then(desk: Desk) -> None:
    """The agent's present name stands there, and that what it was has changed; the new address doesn't."""
    desk.with_session(AGENT).post("/v1/consumers/search", {"query": PLANTED})
    mine = people.c.licence == AGENT
    with writing(desk.house.engine) as connection:
        before = connection.execute(people.select().where(mine)).mappings().one()["business_address"]
        connection.execute(people.update().where(mine).values(business_address="1 New Street"))
    try:
        page = a_reviewing_surfer(desk).send(PAGE, consumer=CONSUMER)
    finally:
        with writing(desk.house.engine) as connection:
            connection.execute(people.update().where(mine).values(business_address=before))

    assert "Name, title or address changed since" in page.text
    assert "1 New Street" not in page.text


def test_an_empty_answer_says_why(desk: Desk) -> None:
    """Nobody knows the id; or nothing was disclosed in those days; or no data of before them held it."""
    surfer = a_reviewing_surfer(desk)
    assert "one wrong character finds nobody" in surfer.send(PAGE, consumer="C-nobody-77").text
    today = desk.house.clock.now().astimezone(PACIFIC).date()
    later = (today + timedelta(days=2)).isoformat()

    page = surfer.send(PAGE, consumer=OTHER, **{"from": later, "to": later})
    assert "Nothing in those days. Agents could have received the data" in page.text
    assert "Still delegated" in page.text

    page = surfer.send(PAGE, consumer=OTHER, **{"from": "", "to": "2020-01-01"})
    assert "In no data published for those days was this consumer delegated" in page.text
    assert "Nothing. Nobody could have received the data." in page.text


def test_the_answer_is_taken_along_as_json(desk: Desk) -> None:
    """The file is the JSON call's body; its name says nothing, and it is a look-up of its own."""
    desk.with_session(AGENT).post("/v1/consumers/search", {"query": PLANTED})
    surfer = a_reviewing_surfer(desk)
    surfer.send(PAGE, consumer=CONSUMER, to="2030-01-01")
    assert "counts as another look-up" in surfer.page.text
    before = len(desk.entries())

    answer = surfer.post(FILE, surfer.page.form(FILE).fields)

    assert 200 == answer.status_code
    assert 'attachment; filename="disclosures.json"' == answer.headers["content-disposition"]
    assert "application/json" == answer.headers["content-type"]
    assert "no-store" == answer.headers["cache-control"]
    told = DisclosuresTold.model_validate_json(answer.content)
    assert told.items
    assert {Event.LOOKUP_REQUESTED} == {entry.event for entry in desk.entries()[before:]}
    assert "/desk" not in surfer.open(FILE).text
    assert PAGE == surfer.path


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"consumer": ""}, "Enter the consumer’s id"),
        ({"consumer": "two words"}, "Enter the consumer’s id"),
        ({"consumer": "x" * 65}, "Enter the consumer’s id"),
        ({"consumer": OTHER, "from": "soon"}, "Enter a day as year-month-day"),
        ({"consumer": OTHER, "from": "2026-11-02", "to": "2026-11-01"}, "Enter a day that isn’t before"),
    ],
)
@pytest.mark.parametrize("action", [PAGE, FILE])
def test_what_cant_be_read_asks_for_nothing(
    desk: Desk, action: str, typed: dict[str, str], words: str
) -> None:
    """It is said on top and at its field, and no look-up is recorded or counted."""
    surfer = a_reviewing_surfer(desk)
    before = len(desk.entries())

    page = surfer._take(surfer.post(action, surfer.page.form(PAGE).fields | typed))

    assert 422 == surfer.status
    assert 2 <= page.text.count(words)
    assert before == len(desk.entries())


def test_what_came_through_a_sign_in_waits_for_the_button(desk: Desk) -> None:
    """The id is still in its field, and nothing was looked up."""
    surfer = a_reviewing_surfer(desk)
    before = len(desk.entries())
    for action in (PAGE, FILE):
        fields = surfer.page.form(PAGE).fields | {"consumer": OTHER, "draft": "yes"}
        page = surfer._take(surfer.post(action, fields))
        assert (200, OTHER) == (surfer.status, page.form(PAGE).fields["consumer"])
    assert before == len(desk.entries())


def test_only_reviewers_have_the_page(desk: Desk) -> None:
    """For agents, operators and strangers there is no such page; what they typed stands in no answer."""
    for surfer in (signed_in_surfer(desk, AGENT), Surfer(desk, a_member(desk, Role.OPERATOR).client)):
        surfer.open(PAGE)
        assert 404 == surfer.status
        csrf = surfer.open("/account").form("/sign-out").fields["csrf"]
        answer = surfer.post(PAGE, {"csrf": csrf, "consumer": "C-secret-77"})
        assert (404, False) == (answer.status_code, "C-secret-77" in answer.text)
    stranger = a_surfer(desk)
    stranger.open(PAGE)
    assert "/sign-in" == stranger.path


def test_a_forged_form_looks_nobody_up(desk: Desk) -> None:
    """Without its token neither page nor file answers, and no entry is made."""
    surfer = a_reviewing_surfer(desk)
    before = len(desk.entries())
    for path in (PAGE, FILE):
        assert 403 == surfer.post(path, {"csrf": "wrong", "consumer": OTHER}).status_code
    assert before == len(desk.entries())


@pytest.mark.parametrize("action", [PAGE, FILE])
def test_a_vault_that_refuses_is_the_house_refusal(desk: Desk, action: str) -> None:
    """Too many look-ups, or a vault that doesn't open: a page without the id, and nothing is shown."""
    surfer = a_reviewing_surfer(desk)
    fields = surfer.page.form(PAGE).fields | {"consumer": "C-secret-77"}
    desk.replace_vault(FailingVault(VaultRefusedError(Code.QUOTA)))

    page = surfer._take(surfer.post(action, fields))

    assert 503 == surfer.status
    assert "Not available just now" in page.text
    assert "C-secret-77" not in page.words


def test_the_id_stays_on_the_page(desk: Desk) -> None:
    """It stands in no entry, no line of the log, no file and no title."""
    surfer = a_reviewing_surfer(desk)
    with structlog.testing.capture_logs() as logged:
        answer = surfer.post(PAGE, surfer.page.form(PAGE).fields | {"consumer": CONSUMER})
        wrong = surfer.post(PAGE, surfer.page.form(PAGE).fields | {"consumer": f"{CONSUMER} x"})
    assert CONSUMER in answer.text
    for shown in (answer, wrong):
        assert CONSUMER not in shown.text.partition("</title>")[0]
        assert CONSUMER not in str(shown.url)
    assert CONSUMER not in repr(logged)
    assert [] == leaking_files([desk.home.data], {CONSUMER.encode()})


def test_every_way_of_handing_over_has_words() -> None:
    """What may release a book has its words here."""
    assert {"SendBook", "DownloadBook", "RevealPassphrase"} == set(HANDED_OVER)
