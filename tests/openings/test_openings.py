"""Whatever opens is watched on a whole day of a house, and each opening is matched with its one entry."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog
from typer.testing import CliRunner

from audit.entry import Entry
from cli.commands import commands
from house.wiring import WorkerHouse
from identity.people import Role
from tests.api.callers import Caller, Desk, a_desk
from tests.api.linked import Linked, a_link
from tests.api.reviewers import a_member
from tests.api.routes import every_route
from tests.api.test_every_route import call
from tests.backends import a_broker
from tests.installation import Installation, an_installation
from tests.mail_server import a_mail_server
from tests.openings.watching import ACTION_OF, CLOSED, READERS, Opening, unexplained, watched
from tests.worker.houses import a_worker
from vault.client import VaultClient
from worker.pipeline import Pipeline
from worker.sweep import Sweep

AGENT, OTHER, MANAGER = "0B65625", "0G96486", "0C86404"
LEAVES = ("sign-out", "sessions")


@dataclass
class Day:
    """A day of a house: what was opened, and what the ledger tells."""

    openings: list[Opening]
    entries: list[Entry]
    commands: dict[str, int]
    routes: int


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    """Live through a day: commands, both kinds of books, every route by everybody, sweeps."""
    folder: Path = tmp_path_factory.mktemp("openings")
    with ExitStack() as stack:
        stack.enter_context(structlog.testing.capture_logs())
        seen = stack.enter_context(watched())
        home = stack.enter_context(an_installation(folder))
        stack.enter_context(a_broker(home.settings))
        codes = issue_commands(home, folder)
        mail = stack.enter_context(a_mail_server(folder))
        worker = stack.enter_context(a_worker(home, mail))
        desk = stack.enter_context(a_desk(home))
        use_books(desk, worker)
        routes = try_every_route(desk, worker)
        Sweep(worker).run()
        house = desk.house
        entries = [Entry.decode(data) for data in house.reader.entries(0, house.reader.head().size)]
        yield Day(seen, entries, codes, routes)


def issue_commands(home: Installation, folder: Path) -> dict[str, int]:
    """Issue the operator's commands; return their exit codes by name."""
    issued = (
        ("people", "import", str(home.roster)),
        ("snapshot", "import", str(home.extract), "--as-of", "2026-11-20T21:00:00-08:00"),
        ("snapshot", "publish"),
        ("people", "enrol", "0H41811"),
        ("people", "invite", "--role", "agent", "--license", "0E96936"),
        ("people", "reset", "0H41811"),
        ("people", "invitations"),
        ("snapshot", "list"),
        ("status",),
        ("doctor",),
        ("audit", "bundle", str(folder / "bundle")),
    )
    codes = {}
    for words in issued:
        done = CliRunner().invoke(commands, [*words, "--data", str(home.data)])
        codes[" ".join(words[:2] if len(words) > 1 else words)] = done.exit_code
    return codes


def use_books(desk: Desk, worker: WorkerHouse) -> None:
    """Do what people do with books: by mail and by link, in ranges, revealed, listed, revoked."""
    mailed = a_link(desk, worker, OTHER, channel="email")
    assert 200 == mailed.caller.post(f"{mailed.path}/passphrase").status_code
    linked = a_link(desk, worker, AGENT)
    assert 206 == linked.download("bytes=0-99").status_code
    assert 206 == linked.download("bytes=100-").status_code
    assert 200 == linked.caller.post(f"{linked.path}/passphrase").status_code
    assert 200 == linked.caller.post("/v1/consumers/search", {}).status_code
    revoked = a_link(desk, worker, MANAGER)
    assert 200 == revoked.caller.post(f"{revoked.path}/revoke").status_code
    Sweep(worker).run()


def try_every_route(desk: Desk, worker: WorkerHouse) -> int:
    """Call every route as a stranger, the agent, another agent, a reviewer and an operator; count calls."""
    book = a_link(desk, worker, AGENT)
    members = [a_member(desk, role) for role in (Role.REVIEWER, Role.OPERATOR)]
    count = 0
    for route in every_route():
        for caller in (desk.caller(), desk.with_session(AGENT), desk.with_session(OTHER), *members):
            if any(word in route.path for word in LEAVES) and caller in members:
                continue
            if route.path.endswith("/events") or "/events" in route.path:
                continue
            call(caller, route, csrf=caller.csrf or "", export=book.export)
            count += 1
    carry_on(desk, worker, book)
    return count


def carry_on(desk: Desk, worker: WorkerHouse, book: Linked) -> None:
    """Let the worker take up whatever the calls asked for."""
    caller: Caller = desk.with_session(AGENT)
    listed = caller.get("/v1/exports").json()["items"]
    for export in listed:
        Pipeline(worker).advance(export["id"])
    assert book.export in {export["id"] for export in listed}


def test_each_opening_has_its_one_entry(day: Day) -> None:
    """Nothing opened without a permit, none opened twice, and each release has its start and its end."""
    assert [] == unexplained(day.openings, day.entries)


def test_the_day_opened_everything_that_there_is(day: Day) -> None:
    """Every reader and every call that a day needs was seen; commands worked and routes were called."""
    seen = {one.what for one in day.openings}
    # A bare demo has no locked factors, look-ups by reviewers, ended delegations, holds or rotated keys.
    rare = {"release_factor", "find_consumer", "end_delegations", "hold_snapshot", "rotate_key"}
    assert {*ACTION_OF, *READERS, "object"} - rare <= seen
    assert {0} == {code for name, code in day.commands.items() if name != "doctor"}, day.commands
    assert day.routes > len(every_route())


def test_every_call_of_the_vault_is_known() -> None:
    """A new call of the vault's client has to be put among those that open, or those that don't."""
    calls = {name for name in vars(VaultClient) if not name.startswith("_")}
    assert {*ACTION_OF, *CLOSED, "open_many"} == calls


@pytest.mark.parametrize("planted", ["object", "rows", "list", "mailed", "served", "reveal_passphrase"])
def test_a_planted_opening_is_found(day: Day, planted: str) -> None:
    """An opening under no permit, under a foreign entry, or twice under one permit is named."""
    assert f"{planted} was opened under no permit" in unexplained([Opening(planted, None)], [])
    (foreign,) = [number for number, entry in enumerate(day.entries[:1])]
    assert any(
        "is no permit for it" in words
        for words in unexplained([*day.openings, Opening(planted, foreign)], day.entries)
    )
    if planted not in {"object", "served"}:
        again = next(one for one in day.openings if one.what == planted)
        assert any("2 times" in words for words in unexplained([*day.openings, again], day.entries))


def test_a_release_that_is_not_told_of_is_found(day: Day) -> None:
    """Without its start or its end in the ledger, a release is named."""
    kept = [one for one in day.entries if one.event.value != "release.ended"]
    assert any("didn't end" in words for words in unexplained([], kept))
    assert any("which opened nothing" in words for words in unexplained([], day.entries))
