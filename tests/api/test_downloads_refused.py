"""Downloads that don't start: another's book, no proof, too late, nothing to record it with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from fastapi import Request

from api.held_keys import held_keys_of
from audit.events import Event, Outcome
from exports.states import State
from house.wiring import WorkerHouse
from runtime.clock import rfc3339
from runtime.database import writing
from store.tables import sessions
from tests.api.callers import Desk
from tests.api.hanging_up import send_out
from tests.api.linked import Linked, a_link
from tests.api.test_downloads import a_download

pytestmark = pytest.mark.usefixtures("published")


def test_anothers_book_isnt_there_and_the_try_is_recorded(desk: Desk, worker: WorkerHouse) -> None:
    """Another's export is 404 with R13, like none at all, and an entry that names whose it is."""
    linked = a_link(desk, worker, "0G96486")
    stranger = desk.with_session("0C86404")

    theirs = stranger.post(f"{linked.path}/download")
    nobodys = stranger.post("/v1/exports/00000000-0000-4000-8000-000000000000/download")
    no_id = stranger.post("/v1/exports/nothing/download")

    assert (404, 404, 404, "R13") == (
        theirs.status_code,
        nobodys.status_code,
        no_id.status_code,
        theirs.json()["rule"],
    )
    entry = desk.entry(theirs.json()["decision"])
    assert (Outcome.REFUSE, linked.export, "0G96486") == (entry.outcome, entry.export, entry.agent)
    assert [] == linked.releases()


def test_a_get_or_a_stranger_changes_nothing(desk: Desk, worker: WorkerHouse) -> None:
    """GET is 405; without a session 401, without the token 403; nothing is recorded or spent."""
    linked = a_link(desk, worker, "0K50820")
    before = len(desk.entries())
    path = f"{linked.path}/download"
    form = {"Content-Type": "application/x-www-form-urlencoded"}

    got = linked.caller.get(path)
    unsigned = desk.caller().post(path)
    unproved = linked.caller.client.post(path, headers=form, content=b"a=b")

    assert (405, 401, 403) == (got.status_code, unsigned.status_code, unproved.status_code)
    assert (before, "sent") == (len(desk.entries()), linked.shown()["state"])


def test_a_mailed_book_isnt_downloaded(desk: Desk, worker: WorkerHouse) -> None:
    """R20: what went by mail is opened from the mailbox; refused with words, not as a quota."""
    linked = a_link(desk, worker, "0K50820", "email")

    answer = linked.download()

    assert (403, "R20") == (answer.status_code, answer.json()["rule"])
    assert "mailbox" in answer.json()["advice"]


def test_a_permit_needs_a_fresh_factor_and_a_held_key_does_not(desk: Desk, worker: WorkerHouse) -> None:
    """Further ranges under one permit need no fresh code; a new permit does (R14)."""
    linked = a_link(desk, worker, "0K70688")
    first = linked.download("bytes=0-9").status_code
    stale = rfc3339(desk.house.clock.now() - timedelta(minutes=5, seconds=1))
    with writing(desk.house.engine) as connection:
        mine = sessions.update().where(sessions.c.csrf == linked.caller.csrf)
        connection.execute(mine.values(mfa_at=stale))
    second = linked.download("bytes=10-19").status_code
    held_keys_of(Request({"type": "http", "app": desk.client.app})).drop(linked.export)

    third = linked.download("bytes=20-29")

    assert (206, 206, 403, "R14") == (first, second, third.status_code, third.json()["rule"])


def test_another_session_has_no_part_in_a_held_key(desk: Desk, worker: WorkerHouse) -> None:
    """A new sign-in asks for a permit of its own."""
    linked = a_link(desk, worker, "0E96936")
    linked.download("bytes=0-9")
    again = Linked(desk, desk.with_session("0E96936"), linked.export)

    again.download("bytes=10-19")

    assert 2 == len({entry.because for entry in linked.releases()})


@pytest.mark.parametrize(
    ("values", "state"),
    [
        ({"state": State.REVOKED.value}, "revoked"),
        ({"expires_at": rfc3339(datetime(2026, 11, 21, tzinfo=UTC))}, "expired"),
    ],
)
def test_what_is_over_is_not_served_to_a_held_key_either(
    desk: Desk, worker: WorkerHouse, values: dict[str, str], state: str
) -> None:
    """Revoked or past its end, a book is 409 and shown so, although its key is still in memory."""
    linked = a_link(desk, worker, "0I45691")
    linked.download("bytes=0-9")
    linked.change(**values)

    answer = linked.download("bytes=10-19")
    passphrase = linked.caller.post(f"{linked.path}/passphrase")

    assert (409, state) == (answer.status_code, answer.json()["state"])
    assert 409 == passphrase.status_code
    assert state == linked.caller.get(linked.path).json()["state"]


def test_without_the_ledger_no_byte_goes(desk: Desk, worker: WorkerHouse) -> None:
    """When `release.started` can't be written the answer is 503, also with a key in memory."""
    linked = a_link(desk, worker, "0K70688")
    linked.download("bytes=0-9")

    with desk.with_full_disk():
        answer = linked.download("bytes=10-19")

    assert (503, "urn:sealedbook:problem:unrecordable") == (answer.status_code, answer.json()["type"])


def test_an_end_that_cant_be_recorded_is_left_to_the_sweep(desk: Desk, worker: WorkerHouse) -> None:
    """The bytes went; the release stays open until the sweep ends it as unknown."""
    linked = a_link(desk, worker, "0K50820")
    release = a_download(linked)

    with desk.with_full_disk():
        send_out(release, 10)

    assert [Event.RELEASE_STARTED] == [entry.event for entry in linked.releases()]
    assert 0 == linked.shown()["downloads"]
