"""Limits hold however many ask at once: fifty requests together get what one after another would."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from audit.counts import count_entries
from audit.entry import Actor, Resource
from audit.events import Event, Outcome
from policies.actions import Action
from policies.gate import Ask, RefusedError, Who
from runtime.database import reading
from tests.installation import Installation, a_published_installation

AT_ONCE = 50


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation with a published snapshot."""
    folder: Path = tmp_path_factory.mktemp("limits")
    with a_published_installation(folder) as made:
        yield made


def all_at_once(task: Callable[[int], str]) -> Counter[str]:
    """Run a task in fifty threads that begin together; count what it said."""
    gate = Barrier(AT_ONCE)

    def wait_and_run(number: int) -> str:
        gate.wait()
        return task(number)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return Counter(pool.map(wait_and_run, range(AT_ONCE)))


def outcome_of(try_it: Callable[[], object]) -> str:
    """Return `permit`, or the ids of the rules that refused."""
    try:
        try_it()
    except RefusedError as refused:
        return " ".join(rule.id for rule in refused.rules)
    return "permit"


def test_ten_exports_a_day_are_ten_of_fifty(home: Installation) -> None:
    """Of fifty requests of one agent at once, ten are permitted and forty refused by R09; all are entries."""
    who = home.sign_in(home.enrol("0B65625"))

    said = all_at_once(lambda _number: outcome_of(lambda: home.ask(who)))

    assert {"permit": 10, "R09": 40} == said
    with reading(home.api.engine) as connection:
        for outcome, count in ((Outcome.PERMIT, 10), (Outcome.REFUSE, 40)):
            asked = count_entries(
                connection, event=Event.EXPORT_REQUESTED, outcome=outcome, actor=who.actor.id
            )
            assert count == asked


def test_a_managers_and_an_agents_requests_share_the_agents_ten(home: Installation) -> None:
    """The quota is the agent's, whoever asks: fifty of both together are ten."""
    agent, manager = home.sign_in(home.enrol("0G96486")), home.sign_in(home.enrol("0C86404"))
    with reading(home.api.engine) as connection:
        before = count_entries(
            connection, event=Event.EXPORT_REQUESTED, outcome=Outcome.PERMIT, agent="0G96486"
        )
    assert 0 == before

    def ask(number: int) -> str:
        who = manager if number % 2 else agent
        claims = {
            "agent": "0G96486",
            "purpose": "agency-oversight" if number % 2 else "service-delegated-consumers",
            "channel": "link",
            "acknowledged": True,
        }
        resource = Resource(kind="export", id=f"asked-{number}")

        def decide() -> None:
            with home.api.gate.transaction(who) as tx:
                tx.decide(Ask(action=Action.REQUEST_EXPORT, resource=resource, claims=claims))

        return outcome_of(decide)

    said = all_at_once(ask)

    assert 10 >= said["permit"]
    with reading(home.api.engine) as connection:
        assert said["permit"] == count_entries(
            connection, event=Event.EXPORT_REQUESTED, outcome=Outcome.PERMIT, agent="0G96486"
        )


def test_failed_factors_lock_whoever_tries_at_once(home: Installation) -> None:
    """Fifty wrong codes are fifty entries; a right one after five of them opens nothing."""
    person = home.enrol("0H41811").person.id
    who = Who(actor=Actor(kind="person", id=person, role="agent"), client="127.0.0.1")

    def sign_in(*, is_right: bool) -> None:
        claims = {"password_ok": True, "second_factor_ok": is_right}
        resource = Resource(kind="person", id=person)
        with home.api.gate.transaction(who) as tx:
            tx.decide(Ask(action=Action.SIGN_IN, resource=resource, claims=claims))

    def guess(_number: int) -> str:
        assert "permit" != outcome_of(lambda: sign_in(is_right=False))
        return outcome_of(lambda: sign_in(is_right=True))

    said = all_at_once(guess)

    # Each right code comes after its own wrong one, so four at most come before the fifth wrong one.
    assert 4 >= said["permit"]
    assert "permit" != outcome_of(lambda: sign_in(is_right=True))
    with reading(home.api.engine) as connection:
        refused = count_entries(
            connection, event=Event.SESSION_REQUESTED, outcome=Outcome.REFUSE, actor=person
        )
    assert 2 * AT_ONCE + 1 - said["permit"] == refused
