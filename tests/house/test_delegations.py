"""A feed that ends delegations, on a real installation: rows withheld, books made anew or revoked."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from audit.entry import Entry
from audit.events import Event
from exports.states import Reason, State
from house.delegations import Fate, FeedTaken, end_delegations
from house.doctor.delegations import check_delegations
from house.doctor.findings import Verdict
from house.wiring import WorkerHouse
from policies.actions import Action
from policies.gate import Ask, RefusedError
from runtime.database import reading, writing
from snapshot.ended import ended_in
from snapshot.feed import EndedLine
from store.tables import exports
from tests.factories import stored_book
from tests.installation import AS_OF, CONSOLE_WHO, Installation
from tests.mail_server import MailServer
from tests.worker.houses import a_worker, the_entries, the_export
from worker.pipeline import Pipeline
from worker.service import resource_of
from worker.sweep import Sweep

AGENTS = ("0B65625", "0G96486")
SINCE = AS_OF + timedelta(hours=2)


@pytest.fixture
def house(home: Installation, mail: MailServer) -> Iterator[WorkerHouse]:
    """The worker's house."""
    with a_worker(home, mail) as opened:
        yield opened


def _consumers(home: Installation, agent: str) -> list[str]:
    """Return the consumers who are actively delegated to an agent, in the extract's order."""
    with home.extract.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["delegation_status"] == "active"]
    return list(dict.fromkeys(row["consumer_id"] for row in rows if row["agent_license_number"] == agent))


def _end(home: Installation, agent: str, *consumers: str, moment: datetime = SINCE) -> FeedTaken:
    lines = [EndedLine(agent=agent, consumer=one, ended_at=moment) for one in consumers]
    digest = hashlib.sha256("".join(consumers).encode()).hexdigest()
    return end_delegations(home.operator, CONSOLE_WHO, lines, digest)


def _entries(home: Installation, event: Event) -> list[Entry]:
    reader = home.api.reader
    entries = [Entry.decode(data) for data in reader.entries(0, reader.head().size)]
    return [entry for entry in entries if entry.event is event]


def test_a_book_that_is_not_built_yet_leaves_out_who_ended(home: Installation, house: WorkerHouse) -> None:
    """The Notice's count, the export and the entry agree, and the root is over the others."""
    agent = AGENTS[0]
    gone, *_ = everybody = _consumers(home, agent)
    taken = _end(home, agent, gone)
    assert (1, 1, ()) == (taken.lines, taken.ended, taken.books)
    export = home.ask(home.sign_in(home.enrol(agent)))
    Pipeline(house).advance(export)
    found = the_export(home, export)
    assert (State.SENT, 1) == (found.state, found.withheld)
    (built,) = (entry for entry in the_entries(home, export) if entry.event is Event.EXPORT_BUILT)
    assert built.consumers is not None
    assert (len(everybody) - 1, 1) == (built.consumers.count, built.consumers.withheld)
    (ended,) = _entries(home, Event.DELEGATION_ENDED)
    assert ended.consumers is not None
    assert (agent, 1, 0) == (ended.agent, ended.consumers.count, ended.consumers.withheld)


def test_the_same_feed_again_changes_nothing(home: Installation) -> None:
    """Its second try is a permit and no end."""
    gone, *_ = _consumers(home, AGENTS[0])
    assert 1 == _end(home, AGENTS[0], gone).ended
    assert 0 == _end(home, AGENTS[0], gone).ended
    assert 2 == len(_entries(home, Event.DELEGATION_REQUESTED))
    assert 1 == len(_entries(home, Event.DELEGATION_ENDED))


def test_an_unsent_book_is_made_anew_and_the_old_one_destroyed(
    home: Installation, house: WorkerHouse, mail: MailServer
) -> None:
    """Built, ended, accepted, built again without the consumer; the first key goes at the next sweep."""
    agent = AGENTS[0]
    gone, *_ = everybody = _consumers(home, agent)
    export = home.ask(home.sign_in(home.enrol(agent)))
    mail.faults.at_recipient = "451 later"
    Pipeline(house).advance(export)
    mail.faults.at_recipient = ""
    first = the_export(home, export)
    assert State.BUILT is first.state
    assert ((export, Fate.REBUILT),) == _end(home, agent, gone).books
    waiting = the_export(home, export)
    assert (State.ACCEPTED, Reason.DELEGATION_CHANGED) == (waiting.state, waiting.reason)
    Pipeline(house).advance(export)
    again = the_export(home, export)
    assert (State.SENT, 1) == (again.state, again.withheld)
    assert stored_book(first) in home.api.objects.names("books")
    Sweep(house).run()
    assert [stored_book(again)] == home.api.objects.names("books")
    roots = [entry.consumers for entry in the_entries(home, export) if entry.consumers is not None]
    assert [len(everybody), len(everybody) - 1] == [each.count for each in roots]


def test_a_sent_book_that_nobody_opened_is_revoked(home: Installation, house: WorkerHouse) -> None:
    """By mail without a reveal, by link without a download; another agent's book stays."""
    mine, others = AGENTS
    who = home.sign_in(home.enrol(mine))
    mailed, linked = home.ask(who), home.ask(who, channel="link")
    other = home.ask(home.sign_in(home.enrol(others)))
    for export in (mailed, linked, other):
        Pipeline(house).advance(export)
    taken = _end(home, mine, _consumers(home, mine)[0])
    assert {(mailed, Fate.REVOKED), (linked, Fate.REVOKED)} == set(taken.books)
    for export in (mailed, linked):
        found = the_export(home, export)
        assert (State.REVOKED, Reason.DELEGATION_CHANGED) == (found.state, found.reason)
        last = the_entries(home, export)[-1]
        assert (Event.EXPORT_REVOKED, "EndDelegations") == (last.event, last.action)
    assert State.SENT is the_export(home, other).state


def test_an_opened_book_is_left_and_nothing_more_of_it_is_shown(
    home: Installation, house: WorkerHouse
) -> None:
    """Rule R06 refuses another reveal; before the feed it is permitted."""
    agent = AGENTS[0]
    who = home.sign_in(home.enrol(agent))
    export = home.ask(who)
    Pipeline(house).advance(export)
    reveal = Ask(action=Action.REVEAL_PASSPHRASE, resource=resource_of(export))
    with home.api.gate.transaction(who) as tx:
        permit = tx.decide(reveal)
        tx.record(
            Event.RELEASE_STARTED,
            Action.REVEAL_PASSPHRASE,
            resource_of(export),
            because=permit,
            export=export,
        )
    assert ((export, Fate.OPENED),) == _end(home, agent, _consumers(home, agent)[0]).books
    assert State.SENT is the_export(home, export).state
    with pytest.raises(RefusedError) as refused, home.api.gate.transaction(who) as tx:
        tx.decide(reveal)
    assert ["R06"] == [rule.id for rule in refused.value.rules]


def test_a_feed_that_comes_while_a_book_is_built_wins(home: Installation, house: WorkerHouse) -> None:
    """What was read before the feed is not kept after it: the build is put off, and the next one is right."""
    agent = AGENTS[0]
    export = home.ask(home.sign_in(home.enrol(agent)))

    def reached(_export: str, step: str) -> None:
        if step == "sealed" and not _entries(home, Event.DELEGATION_ENDED):
            _end(home, agent, _consumers(home, agent)[0])

    Pipeline(house, reached).advance(export)
    put_off = the_export(home, export)
    assert (State.ACCEPTED, Reason.DELEGATION_CHANGED) == (put_off.state, put_off.reason)


def test_an_agent_of_whom_everybody_ended_gets_no_empty_book(home: Installation, house: WorkerHouse) -> None:
    """The export fails and says why."""
    agent = AGENTS[0]
    _end(home, agent, *_consumers(home, agent))
    export = home.ask(home.sign_in(home.enrol(agent)))
    Pipeline(house).advance(export)
    found = the_export(home, export)
    assert (State.FAILED, Reason.DELEGATION_CHANGED) == (found.state, found.reason)


def test_a_feed_of_strangers_is_kept_and_concerns_nothing(home: Installation) -> None:
    """A pair that no snapshot has holds nothing back."""
    assert 1 == _end(home, AGENTS[0], "C-nobody").ended
    with reading(home.api.engine) as connection:
        as_of = AS_OF.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        assert frozenset() == ended_in(connection, AGENTS[0], as_of, 1)


def test_the_doctor_tells_of_opened_books_and_of_what_is_still_held(
    home: Installation, house: WorkerHouse
) -> None:
    """First nothing; then an opened book; both by numbers and ids of ours."""
    assert Verdict.OK is check_delegations(home.operator).verdict
    agent = AGENTS[0]
    who = home.sign_in(home.enrol(agent))
    export = home.ask(who)
    Pipeline(house).advance(export)
    with home.api.gate.transaction(who) as tx:
        tx.record(Event.RELEASE_STARTED, Action.REVEAL_PASSPHRASE, resource_of(export), export=export)
    gone, other, *_ = _consumers(home, agent)
    _end(home, agent, other, moment=AS_OF - timedelta(hours=1))
    _end(home, agent, gone)
    finding = check_delegations(home.operator)
    assert Verdict.WARN is finding.verdict
    assert export in finding.said
    with writing(home.api.engine) as connection:
        connection.execute(exports.update().where(exports.c.id == export).values(state="purged"))
    finding = check_delegations(home.operator)
    assert Verdict.WARN is finding.verdict
    assert f"1 consumers who had ended the delegation, of {agent}" in finding.said
