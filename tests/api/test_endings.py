"""Revoking an export: at once, for good, and with the truth about what had left before."""

from __future__ import annotations

from datetime import timedelta

import pytest

from audit.events import Event, Outcome
from exports.states import State
from house.wiring import WorkerHouse
from runtime.clock import rfc3339
from runtime.database import writing
from store.tables import sessions
from tests.api.callers import ASKED, Caller, Desk
from tests.api.linked import a_link
from tests.factories import stored_book
from worker.sweep import Sweep

pytestmark = pytest.mark.usefixtures("published")
BY_LINK = ASKED | {"channel": "link"}


def asked(desk: Desk) -> tuple[Caller, str]:
    """Return an agent and an export that no worker took up yet."""
    caller = desk.with_session(desk.an_agent().person.papers.licence)
    export: str = caller.post("/v1/exports", BY_LINK).json()["id"]
    return caller, f"/v1/exports/{export}"


def test_an_unopened_link_dies_at_once(desk: Desk, worker: WorkerHouse) -> None:
    """Revoked before anybody opened it: said so, by the ledger too, and nothing is served any more."""
    linked = a_link(desk, worker, "0G96486")

    answer = linked.caller.post(f"{linked.path}/revoke")

    body = answer.json()
    assert (200, "revoked", "revoked-unopened", False) == (
        answer.status_code,
        body["state"],
        body["reason"],
        body["opened"],
    )
    permit, revoked = desk.entries()[-2:]
    assert (Event.REVOCATION_REQUESTED, Outcome.PERMIT) == (permit.event, permit.outcome)
    assert (Event.EXPORT_REVOKED, "revoked-unopened", linked.export) == (
        revoked.event,
        revoked.reason,
        revoked.export,
    )
    assert (409, 409) == (
        linked.download().status_code,
        linked.caller.post(f"{linked.path}/passphrase").status_code,
    )


def test_an_opened_book_is_revoked_with_the_truth(desk: Desk, worker: WorkerHouse) -> None:
    """Any release that started counts as opened, if only of ten bytes."""
    linked = a_link(desk, worker, "0C86404")
    linked.download("bytes=0-9")

    body = linked.caller.post(f"{linked.path}/revoke").json()

    assert ("revoked-after-opening", True) == (body["reason"], body["opened"])
    assert 409 == linked.download("bytes=10-19").status_code


def test_a_revoked_book_is_purged_by_the_sweep(desk: Desk, worker: WorkerHouse) -> None:
    """Its keys and its object are destroyed, with an entry; the reason stays for its agent to read."""
    linked = a_link(desk, worker, "0E96936")
    stored = stored_book(linked.row())
    linked.caller.post(f"{linked.path}/revoke")

    Sweep(worker).run()

    assert ("purged", "revoked-unopened") == (linked.shown()["state"], linked.shown()["reason"])
    assert stored not in worker.objects.names("books/")
    events = [entry.event for entry in desk.entries() if entry.export == linked.export]
    assert [Event.EXPORT_PURGED, Event.OBJECT_DESTROYED] == events[-2:]


def test_revoking_again_changes_nothing(desk: Desk, worker: WorkerHouse) -> None:
    """The answer is the same, and the ledger has one revocation."""
    linked = a_link(desk, worker, "0E96936")

    bodies = [linked.caller.post(f"{linked.path}/revoke").json() for _ in range(3)]

    assert bodies[0] == bodies[1] == bodies[2]
    entries = [entry for entry in desk.entries() if entry.export == linked.export]
    assert [Event.EXPORT_REVOKED] == [one.event for one in entries if one.event is Event.EXPORT_REVOKED]


def test_before_a_book_is_built_an_export_is_cancelled(desk: Desk) -> None:
    """Nothing was there to be opened; no worker takes it up any more."""
    caller, path = asked(desk)

    body = caller.post(f"{path}/revoke").json()

    assert ("cancelled", "asked-by-person", False) == (body["state"], body["reason"], body["opened"])


def test_what_is_just_being_sent_cant_be_revoked(desk: Desk, worker: WorkerHouse) -> None:
    """Between `sending` and the answer nobody can say what left: 409, try again."""
    linked = a_link(desk, worker, "0I45691")
    linked.change(state=State.SENDING.value)

    answer = linked.caller.post(f"{linked.path}/revoke")

    assert (409, "sending") == (answer.status_code, answer.json()["state"])


def test_anothers_export_isnt_there_and_the_try_is_recorded(desk: Desk) -> None:
    """Another's and none at all are 404 with R13; an entry says who tried."""
    _caller, path = asked(desk)
    stranger = desk.with_session(desk.an_agent().person.papers.licence)

    theirs = stranger.post(f"{path}/revoke")
    nobodys = stranger.post("/v1/exports/00000000-0000-4000-8000-000000000000/revoke")

    assert (404, 404, "R13") == (theirs.status_code, nobodys.status_code, theirs.json()["rule"])
    entry = desk.entry(theirs.json()["decision"])
    assert (Event.REVOCATION_REQUESTED, Outcome.REFUSE, stranger.person) == (
        entry.event,
        entry.outcome,
        entry.actor.id,
    )


def test_revoking_needs_no_fresh_factor_and_no_papers(desk: Desk) -> None:
    """Whoever lost a licence or waited too long can still take back what they asked for."""
    caller, path = asked(desk)
    long_ago = rfc3339(desk.house.clock.now() - timedelta(hours=1))
    with writing(desk.house.engine) as connection:
        mine = sessions.update().where(sessions.c.csrf == caller.csrf)
        connection.execute(mine.values(mfa_at=long_ago))

    assert 200 == caller.post(f"{path}/revoke").status_code


def test_without_the_token_nothing_is_revoked(desk: Desk) -> None:
    """A form that another site submits changes nothing."""
    caller, path = asked(desk)

    answer = caller.client.post(f"{path}/revoke")

    assert (403, "accepted") == (answer.status_code, caller.get(path).json()["state"])


def test_without_the_ledger_nothing_is_revoked(desk: Desk) -> None:
    """What can't be recorded isn't done."""
    caller, path = asked(desk)
    with desk.with_full_disk():
        answer = caller.post(f"{path}/revoke")

    assert (503, "accepted") == (answer.status_code, caller.get(path).json()["state"])
