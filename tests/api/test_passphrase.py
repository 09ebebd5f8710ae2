"""Having a mailed book's passphrase shown: permitted, recorded, counted."""

from __future__ import annotations

import pytest
import structlog

from audit.events import Event, Outcome
from exports.states import State
from runtime.database import writing
from store.exports import move_unclaimed
from tests.api.callers import ASKED, BOOK_DIGEST, Caller, Desk
from tests.api.fakes import FailingVault, SlowVault
from tests.installation import Installation
from vault.errors import (
    Code,
    VaultError,
    VaultForkError,
    VaultLockedError,
    VaultRefusedError,
    VaultRolledBackError,
    VaultUnavailableError,
)

SECRET = "plum anvil forest quartz meadow lantern"

pytestmark = pytest.mark.usefixtures("published")


def reveal(caller: Caller, export: str) -> tuple[int, dict[str, object]]:
    """Ask for a passphrase; return status and body."""
    answer = caller.post(f"/v1/exports/{export}/passphrase")
    return answer.status_code, answer.json()


def test_a_passphrase_is_shown_after_it_was_recorded(desk: Desk) -> None:
    """Permit, `release.started` and `release.ended` stand in the ledger; the book counts as received."""
    caller = desk.with_session("0E54140")
    export = desk.a_sent_export(caller, SECRET)

    with structlog.testing.capture_logs() as logged:
        answer = caller.post(f"/v1/exports/{export}/passphrase")

    assert (200, {"passphrase": SECRET, "reveals_left": 4}) == (answer.status_code, answer.json())
    assert "no-store" == answer.headers["cache-control"]
    permit, started, ended = desk.entries()[-3:]
    assert (Event.REVEAL_REQUESTED, Outcome.PERMIT) == (permit.event, permit.outcome)
    assert (Event.RELEASE_STARTED, Event.RELEASE_ENDED) == (started.event, ended.event)
    assert len(desk.entries()) - 3 == started.because == ended.because
    assert ("0E54140", export, 1, "email", BOOK_DIGEST) == (
        started.agent,
        started.export,
        started.fencing,
        started.channel,
        started.book,
    )
    assert permit.recipient == started.recipient
    assert ("complete", caller.person) == (ended.state, ended.actor.id)
    shown = caller.get(f"/v1/exports/{export}").json()
    assert ("received", 1, 3) == (shown["state"], shown["reveals"], shown["rows"])
    assert {"as_of", "revision", "digest"} == shown["snapshot"].keys()
    assert SECRET not in repr(logged)
    assert SECRET.encode() not in b"".join(entry.encode() for entry in desk.entries())


def test_a_passphrase_is_shown_five_times(desk: Desk) -> None:
    """The sixth showing is 429 with R20, and recorded."""
    caller = desk.with_session("0E92697")
    export = desk.a_sent_export(caller, SECRET)
    left = [reveal(caller, export)[1]["reveals_left"] for _ in range(5)]

    status, body = reveal(caller, export)

    assert ([4, 3, 2, 1, 0], 429, "R20") == (left, status, body["rule"])
    assert 5 == caller.get(f"/v1/exports/{export}").json()["reveals"]


def test_anothers_passphrase_isnt_there_and_the_try_is_recorded(desk: Desk) -> None:
    """Another's export and none at all are one 404 with R13; each try is an entry."""
    owner = desk.with_session("0F11093")
    export = desk.a_sent_export(owner, SECRET)
    stranger = desk.with_session("0G66410")

    theirs = reveal(stranger, export)
    nobodys = reveal(stranger, "00000000-0000-4000-8000-000000000000")

    assert (404, 404, "R13") == (theirs[0], nobodys[0], theirs[1]["rule"])
    changing = {"request": "", "decision": 0}
    assert {**theirs[1], **changing} == {**nobodys[1], **changing}
    entry = desk.entry(int(str(theirs[1]["decision"])))
    assert (Event.REVEAL_REQUESTED, Outcome.REFUSE, export, "0F11093") == (
        entry.event,
        entry.outcome,
        entry.export,
        entry.agent,
    )
    assert (404, "sent") == (
        reveal(stranger, "nothing")[0],
        owner.get(f"/v1/exports/{export}").json()["state"],
    )


def test_an_unsent_book_has_no_passphrase_to_show(desk: Desk) -> None:
    """Before the book was mailed the passphrase is 409 with the state, and no permit is spent."""
    caller = desk.with_session(desk.an_agent().person.papers.licence)
    export = caller.post("/v1/exports", ASKED).json()["id"]
    before = len(desk.entries())

    status, body = reveal(caller, export)

    assert (409, "accepted", before) == (status, body["state"], len(desk.entries()))


def test_a_stale_second_factor_shows_nothing(desk: Desk) -> None:
    """After five minutes a passphrase needs a fresh code (R14)."""
    caller = desk.with_session("0G47517")
    export = desk.a_sent_export(caller, SECRET)
    desk.house.clock.advance(minutes=5, seconds=1)

    status, body = reveal(caller, export)

    assert (403, "R14") == (status, body["rule"])


def test_nothing_is_shown_when_the_export_moved_on(desk: Desk) -> None:
    """An export that is revoked between permit and showing is 409, and no release was started."""
    caller = desk.with_session("0G66410")
    export = desk.a_sent_export(caller, SECRET)

    def revoke() -> None:
        with writing(desk.house.engine) as connection:
            move_unclaimed(connection, export, State.SENT, State.REVOKED)

    desk.replace_vault(SlowVault(desk.house.vault, revoke))

    status, body = reveal(caller, export)

    assert (409, "urn:sealedbook:problem:overtaken") == (status, body["type"])
    assert SECRET not in repr(body)
    assert 0 == caller.get(f"/v1/exports/{export}").json()["reveals"]


def test_two_at_once_dont_share_the_last_showing(desk: Desk) -> None:
    """When another call shows the last one first, this one shows nothing."""
    caller = desk.with_session("0C94917")
    export = desk.a_sent_export(caller, SECRET)
    for _ in range(4):
        reveal(caller, export)
    vault, others = desk.house.vault, []

    def be_first() -> None:
        desk.replace_vault(vault)
        others.append(reveal(caller, export)[0])

    desk.replace_vault(SlowVault(vault, be_first))

    assert (409, [200]) == (reveal(caller, export)[0], others)
    assert 5 == caller.get(f"/v1/exports/{export}").json()["reveals"]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (VaultRolledBackError(Code.ROLLED_BACK), 503),
        (VaultForkError(Code.FORK), 503),
        (VaultLockedError(Code.BEHIND), 503),
        (VaultUnavailableError(Code.UNAVAILABLE), 503),
        (VaultRefusedError(Code.SPENT), 503),
        (VaultRefusedError(Code.DESTROYED), 409),
    ],
)
def test_a_vault_that_doesnt_open_shows_nothing(desk: Desk, error: VaultError, status: int) -> None:
    """What can't be proved is 503, what was destroyed 409; neither counts as shown."""
    caller = desk.with_session("0H41811")
    exports = caller.get("/v1/exports").json()["items"]
    export = exports[0]["id"] if exports else desk.a_sent_export(caller, SECRET)
    desk.replace_vault(FailingVault(error))

    answer = reveal(caller, export)

    assert (status, 0) == (answer[0], caller.get(f"/v1/exports/{export}").json()["reveals"])
    assert "passphrase" not in answer[1]


def test_without_the_ledger_no_passphrase_is_shown(desk: Desk, home: Installation) -> None:
    """When `release.started` can't be written, the passphrase that the vault gave isn't shown."""
    caller = desk.with_session("0D64081")
    export = desk.a_sent_export(caller, SECRET)
    full = desk.with_full_disk()
    desk.replace_vault(SlowVault(home.api.vault, full.__enter__))

    status, body = reveal(caller, export)

    full.__exit__(None, None, None)
    assert (503, "urn:sealedbook:problem:unrecordable") == (status, body["type"])
    assert SECRET not in repr(body)
