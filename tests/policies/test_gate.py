"""The gate: decides, records, and only then grants."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from audit.entry import Entry, Resource
from audit.events import Event, Outcome
from policies.actions import Action
from policies.gate import Ask, Gate, RefusedError, UnrecordableError, Who
from policies.rules import PolicySet
from runtime.database import reading
from store.census import exports_by_state
from tests.backends import refuse_entries
from tests.installation import Installation, an_installation

CLAIMS = {
    "agent": None,
    "purpose": "service-delegated-consumers",
    "channel": "email",
    "acknowledged": True,
}


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Installation]:
    """An installation with its roster; no snapshot is needed."""
    with an_installation(tmp_path) as made:
        made.take_roster()
        yield made


@pytest.fixture
def agent(home: Installation) -> Who:
    """An agent in good standing, signed in."""
    return home.sign_in(home.enrol("0B65625"))


def an_ask(**claims: object) -> Ask:
    """An export request with good claims, but for those that are given."""
    return Ask(
        action=Action.REQUEST_EXPORT,
        resource=Resource(kind="export", id=str(uuid4())),
        claims=CLAIMS | claims,
    )


def newest_entry(home: Installation) -> Entry:
    """Return the ledger's last entry."""
    size = home.api.reader.head().size
    return Entry.decode(next(home.api.reader.entries(size - 1, size)))


def exports_accepted(home: Installation) -> int:
    """Return how many exports the database holds."""
    with reading(home.api.engine) as connection:
        return sum(exports_by_state(connection).values())


def test_a_grant_exists_only_after_commit(home: Installation, agent: Who) -> None:
    """Inside the transaction a permit has no index and makes no Grant."""
    with home.api.gate.transaction(agent) as tx:
        pending = tx.decide(an_ask())
        with pytest.raises(UnrecordableError, match="before its transaction is committed"):
            pending.grant()

    assert home.api.reader.head().size - 1 == pending.grant().index


def test_a_permit_is_recorded_as_it_is_granted(home: Installation, agent: Who) -> None:
    """The entry names actor, action, agent, purpose, policy and expiry of the Grant."""
    with home.api.gate.transaction(agent) as tx:
        pending = tx.decide(an_ask())

    entry, grant = newest_entry(home), pending.grant()
    assert (Event.EXPORT_REQUESTED, Outcome.PERMIT) == (entry.event, entry.outcome)
    assert (grant.actor, grant.agent, grant.purpose) == (entry.actor, entry.agent, entry.purpose)
    assert home.api.policy.digest == entry.policy


def test_a_refusal_is_recorded_and_its_change_rolled_back(home: Installation, agent: Who) -> None:
    """A missing acknowledgement leaves an entry that cites R21, and no export."""
    with pytest.raises(RefusedError) as refused:
        home.ask(agent, acknowledged=False)

    assert ["R21"] == [rule.id for rule in refused.value.rules]
    assert (Outcome.REFUSE, ("R21",)) == (newest_entry(home).outcome, newest_entry(home).rules)
    assert home.api.reader.head().size - 1 == refused.value.decision
    assert exports_accepted(home) == 0


def test_when_the_ledger_cannot_record_nothing_happens(home: Installation, agent: Who) -> None:
    """A ledger that refuses entries refuses access, and the state change goes with it."""
    refuse_entries(home.api.engine)

    with pytest.raises(UnrecordableError):
        home.ask(agent)
    assert exports_accepted(home) == 0


def test_even_a_refusal_needs_the_ledger(home: Installation, agent: Who) -> None:
    """Where no entry can be written, a refusal is not told as one but as unrecordable."""
    refuse_entries(home.api.engine)

    with pytest.raises(UnrecordableError):
        home.ask(agent, acknowledged=False)


def test_an_error_in_the_block_leaves_no_entry(home: Installation, agent: Who) -> None:
    """What fails before the commit never happened."""
    before = home.api.reader.head()

    def decide_and_fail() -> None:
        with home.api.gate.transaction(agent) as tx:
            tx.decide(an_ask())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        decide_and_fail()
    assert before == home.api.reader.head()


def test_an_evaluation_error_is_refused_as_g00(home: Installation, agent: Who) -> None:
    """A rule that overflows while it is evaluated errs, and an error refuses (contract 5)."""
    folder = home.data / "policies"
    folder.mkdir()
    source = Path(__file__).parents[2] / "policies"
    for path in (*source.glob("*.cedar*"), *source.glob("*.toml")):
        (folder / path.name).write_bytes(path.read_bytes())
    broken = '\n@id("R99") @clause("c") @advice("a") forbid (principal, action == Action::"RequestExport", '
    broken += "resource) when { 9223372036854775807 + context.moment.now > 0 };\n"
    agreement = folder / "agreement.cedar"
    agreement.write_text(agreement.read_text() + broken)
    house = home.api
    gate = Gate(house.engine, house.clock, PolicySet.load(folder), house.gate.source)

    with pytest.raises(RefusedError) as refused, gate.transaction(agent) as tx:
        tx.decide(an_ask())
    assert ["G00"] == [rule.id for rule in refused.value.rules]
    assert Outcome.ERROR == newest_entry(home).outcome


def test_two_requests_never_both_see_one_less_than_the_limit(home: Installation, agent: Who) -> None:
    """Of many requests at once exactly as many pass as the quota has left."""
    limit = home.api.policy.numbers.exports_per_day
    outcomes: list[str] = []

    def ask() -> None:
        try:
            home.ask(agent)
            outcomes.append("permit")
        except RefusedError as refused:
            outcomes.append(refused.rules[0].id)

    threads = [threading.Thread(target=ask) for _ in range(limit + 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert limit == outcomes.count("permit") == exports_accepted(home)
    assert outcomes.count("R09") == 4
