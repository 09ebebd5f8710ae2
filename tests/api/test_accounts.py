"""One's own account: sign out everywhere, another password, what lapses, who looked."""

from __future__ import annotations

from datetime import date

from audit.events import Event, Outcome
from house.invitations import reset_person
from identity.people import Role
from tests.api.callers import ASKED, Desk, a_licence
from tests.api.joiners import PASSWORD, Joiners
from tests.installation import CONSOLE_WHO


def test_signing_out_everywhere_ends_every_session(desk: Desk) -> None:
    """The cookie opens nothing any more, and each ended session is an entry."""
    caller = desk.with_session(a_licence(desk))

    answer = caller.delete("/v1/sessions")

    assert (204, b"") == (answer.status_code, answer.content)
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert Event.SESSION_ENDED is desk.entries()[-1].event
    assert 401 == caller.get("/v1/me").status_code


def test_signing_out_everywhere_is_ones_own_doing(desk: Desk) -> None:
    """Without the CSRF token the session stays."""
    caller = desk.with_session(a_licence(desk))
    assert 403 == caller.client.delete("/v1/sessions").status_code
    assert 200 == caller.get("/v1/me").status_code


def test_a_new_password_replaces_the_old(joiners: Joiners) -> None:
    """With the old one and a code: sessions end, the entry says so, the new one signs in."""
    joined = joiners.join(joiners.invited())
    caller = joiners.with_session(joined.person.id)
    body = {"old": PASSWORD, "new": "eight loud bells ring", "totp": joiners.desk.code(joined)}

    answer = caller.post("/v1/account/password", body)

    assert 204 == answer.status_code
    assert 401 == caller.get("/v1/me").status_code
    events = [entry.event for entry in joiners.desk.entries()[-3:]]
    assert [Event.SESSION_REQUESTED, Event.PASSWORD_CHANGED, Event.SESSION_ENDED] == events
    used = {"username": joined.person.username, "totp": "000000"}
    for password in (PASSWORD, body["new"]):
        tried = joiners.desk.caller().post("/v1/sessions", used | {"password": password})
        assert 401 == tried.status_code
    asked = [one for one in joiners.desk.entries() if one.event is Event.SESSION_REQUESTED]
    assert [(), ("pwd",)] == [one.actor.amr for one in asked[-2:]]


def test_a_wrong_old_password_or_code_changes_nothing(joiners: Joiners) -> None:
    """Either is 401, recorded as a refusal, and the session goes on."""
    joined = joiners.join(joiners.invited())
    caller = joiners.with_session(joined.person.id)
    good = {"old": PASSWORD, "new": "eight loud bells ring", "totp": "000000"}

    for body in (good, good | {"old": "something else", "totp": joiners.desk.code(joined)}):
        answer = caller.post("/v1/account/password", body)
        assert 401 == answer.status_code
        assert Outcome.REFUSE is joiners.desk.entry(answer.json()["decision"]).outcome
    assert 200 == caller.get("/v1/me").status_code


def test_a_weak_new_password_is_said_before_anything_is_tried(joiners: Joiners) -> None:
    """422 with the reason; no code was used up for it."""
    joined = joiners.join(joiners.invited())
    caller = joiners.with_session(joined.person.id)
    answer = caller.post("/v1/account/password", {"old": PASSWORD, "new": "password1234", "totp": "000000"})

    assert (422, "common") == (answer.status_code, answer.json()["fields"][0]["problem"])
    assert 200 == caller.get("/v1/me").status_code


def test_me_says_what_lapses_within_sixty_days(desk: Desk) -> None:
    """Papers in good order are left out; those that lapse or did come soonest first."""
    licence = a_licence(desk, licence_expires_on=date(2026, 12, 1), attested_on=date(2025, 11, 1))
    me = desk.with_session(licence).get("/v1/me").json()

    found = [(one["through"], one["days_left"], one["standing"]) for one in me["lapsing"]]
    assert [("2026-11-01", -20, "lapsed"), ("2026-12-01", 10, "soon")] == found
    assert ("0*@*.example", None) == (me["address"], me["hold_until"])


def test_me_says_until_when_a_hold_runs(desk: Desk) -> None:
    """An address that changed yesterday holds until 72 hours after its day's end."""
    licence = a_licence(desk, email_changed_on=date(2026, 11, 20))
    me = desk.with_session(licence).get("/v1/me").json()
    assert "2026-11-24T07:59:59.000000Z" == me["hold_until"]


def test_a_member_has_no_papers_to_lapse(joiners: Joiners) -> None:
    """A reviewer's account names role and address, no licence and nothing that lapses or holds."""
    me = joiners.member(Role.REVIEWER).get("/v1/me").json()
    assert ("reviewer", None, None, [], None) == tuple(
        me[name] for name in ("role", "licence", "agency", "lapsing", "hold_until")
    )


def test_the_access_history_is_ones_own(desk: Desk) -> None:
    """It has what one did and what others did with one's book, newest first; nobody else's."""
    licence, other = a_licence(desk), a_licence(desk)
    desk.with_session(other).post("/v1/exports", ASKED)
    caller = desk.with_session(licence)
    caller.post("/v1/exports", ASKED)
    caller.post("/v1/exports", ASKED | {"acknowledged": False})

    items = caller.get("/v1/me/access").json()["items"]

    newest = [(item["event"], item["outcome"], item["by"]) for item in items[:2]]
    assert [("export.requested", "refuse", "you"), ("export.requested", "permit", "you")] == newest
    indices = [item["index"] for item in items]
    assert sorted(indices, reverse=True) == indices
    assert all(
        desk.entry(index).actor.id == caller.person or desk.entry(index).agent == licence for index in indices
    )


def test_a_reset_works_at_once_and_holds(joiners: Joiners) -> None:
    """Sessions end, the old password is gone, and after joining anew the hold runs for 72 hours."""
    joined = joiners.join(joiners.invited())
    caller = joiners.with_session(joined.person.id)
    before = joiners.desk.house.clock.now()

    made = reset_person(joiners.desk.home.operator, CONSOLE_WHO, joined.person.username, joiners.post)

    assert 401 == caller.get("/v1/me").status_code
    assert 401 == joiners.desk.sign_in(joined)[1].status_code
    events = {entry.event for entry in joiners.desk.entries()[-8:] if entry.resource.id == joined.person.id}
    assert {Event.PEOPLE_REQUESTED, Event.PERSON_RESET, Event.PERSON_INVITED} <= events
    code = joiners.mailed_code()
    assert 403 == joiners.accept(code).status_code
    joiners.member(Role.REVIEWER).post(f"/v1/invitations/{made.invitation.id}/approve")
    again = joiners.join(code, "eight loud bells ring")
    me = joiners.with_session(again.person.id).get("/v1/me").json()
    assert me["hold_until"] is not None
    assert me["hold_until"] > before.isoformat()
