"""Joining by an invitation: once, in its time, after a second person approved it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from audit.events import Event, Outcome
from identity.invitations import digest_of_code
from identity.people import Role
from runtime.clock import parse_rfc3339, rfc3339
from runtime.database import reading, writing
from store.invitations import invitation_by_digest
from store.people import person_by_id
from store.tables import invitations
from tests.api.joiners import PASSWORD, Joiners, code_of
from vault.client import VaultClient

WRONG = "0000-" * 12 + "0000"


def sign_in_status(joiners: Joiners, username: str, password: str, totp: str) -> int:
    """Return how a sign-in over HTTP is answered."""
    body = {"username": username, "password": password, "totp": totp}
    return joiners.desk.caller().post("/v1/sessions", body).status_code


def test_the_founders_join_without_another_approval(joiners: Joiners) -> None:
    """A founding code opens the account of its role; the address signs in, in any case of letters."""
    code = joiners.founders[Role.OPERATOR].code
    joined = joiners.join(code)

    _caller, answer = joiners.desk.sign_in(joined, username="OMAR@exchange.example")

    assert (201, "operator") == (answer.status_code, answer.json()["role"])
    entry = joiners.desk.entries()
    (told,) = [one for one in entry if one.event is Event.PERSON_JOINED and one.actor.id == joined.person.id]
    assert told.because is not None
    assert Event.FACTOR_REQUESTED is joiners.desk.entry(told.because).event


def test_an_authenticator_reads_the_factor(joiners: Joiners) -> None:
    """The URI names issuer, exchange and person, and has the same secret as the text."""
    code = joiners.invited()
    factor = joiners.accept(code).json()

    uri = urlsplit(factor["otpauth_uri"])

    query = parse_qs(uri.query)
    assert ("otpauth", "totp") == (uri.scheme, uri.netloc)
    assert ([factor["totp_secret"]], ["Sealed Book (Test Exchange)"]) == (query["secret"], query["issuer"])
    assert (["6"], ["30"]) == (query["digits"], query["period"])


@pytest.mark.parametrize("typed", [str.lower, lambda code: code.replace("-", " "), lambda code: f" {code}\n"])
def test_a_code_may_be_typed_loosely(joiners: Joiners, typed: object) -> None:
    """Small letters, spaces for dashes and blanks around a code mean the same code."""
    assert callable(typed)
    assert 200 == joiners.accept(typed(joiners.invited())).status_code


def test_nothing_opens_before_a_second_person_approved(joiners: Joiners) -> None:
    """The mailed code is refused by R12, recorded as the person's try, until it is approved."""
    joiners.invite()
    answer = joiners.accept(joiners.mailed_code())

    assert (403, "R12") == (answer.status_code, answer.json()["rule"])
    entry = joiners.desk.entry(answer.json()["decision"])
    assert (Event.FACTOR_REQUESTED, Outcome.REFUSE, "person") == (
        entry.event,
        entry.outcome,
        entry.actor.kind,
    )


def test_an_unknown_code_is_a_strangers_and_recorded_nowhere(joiners: Joiners) -> None:
    """Whatever isn't a code is refused alike, at both calls, and what was typed isn't kept."""
    typed = "my-passphrase-by-mistake"
    answers = [joiners.accept(typed), joiners.confirm(typed, "123456"), joiners.accept(WRONG)]

    assert [403, 403, 403] == [answer.status_code for answer in answers]
    entries = [joiners.desk.entry(answer.json()["decision"]) for answer in answers]
    assert {("stranger", "unknown")} == {(entry.actor.kind, entry.actor.id) for entry in entries}
    assert not any(b"passphrase-by" in entry.encode() for entry in entries)


def test_a_code_opens_an_account_once(joiners: Joiners) -> None:
    """After somebody joined, the code is refused, at both calls."""
    code = joiners.invited()
    joined = joiners.join(code)

    assert 403 == joiners.accept(code).status_code
    assert 403 == joiners.confirm(code, "123456").status_code
    assert 201 == joiners.desk.sign_in(joined)[1].status_code


def test_a_code_ends_after_three_days(joiners: Joiners) -> None:
    """An invitation is for 72 hours; after that it is refused, accepted before or not."""
    code = joiners.invited()
    factor = joiners.accept(code).json()
    with writing(joiners.desk.house.engine) as connection:
        made = invitation_by_digest(connection, digest_of_code(code))
        life = parse_rfc3339(made.expires_at) - parse_rfc3339(made.created_at)
        mine = invitations.c.id == made.id
        over = rfc3339(joiners.desk.house.clock.now())
        connection.execute(invitations.update().where(mine).values(expires_at=over))

    assert timedelta(hours=72) == life
    assert made.expires_at == factor["expires_at"]
    assert 403 == joiners.accept(code).status_code
    assert 403 == joiners.confirm(code, code_of(factor["totp_secret"])).status_code


def test_a_newer_invitation_withdraws_the_older(joiners: Joiners) -> None:
    """Who is invited again joins by the new code; the old one opens nothing."""
    old = joiners.invited()
    person = joiners.person_of(old)
    newcomer = joiners.newcomer()
    again = type(newcomer)(role=person.role, name=person.papers.name, email=person.papers.email)
    made = joiners.invite(again)
    joiners.member(Role.REVIEWER).post(f"/v1/invitations/{made.invitation.id}/approve")

    assert (403, 200) == (
        joiners.accept(old).status_code,
        joiners.accept(joiners.mailed_code()).status_code,
    )


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("elevenchars", "too_short"),
        ("x1y2z" * 60, "too_long"),
        ("Password2026!!", "common"),
        ("New Person 26!", "own_name"),
    ],
)
def test_a_weak_password_is_said_and_spends_nothing(joiners: Joiners, password: str, problem: str) -> None:
    """422 names the field and the reason as a code, never the password; the code still opens."""
    code = joiners.invited()
    answer = joiners.accept(code, password)

    assert 422 == answer.status_code
    assert [{"field": "body.password", "problem": problem}] == answer.json()["fields"]
    assert password not in answer.text
    assert 200 == joiners.accept(code).status_code


def test_the_same_password_gets_a_fresh_factor(joiners: Joiners) -> None:
    """Who closed the page accepts again; only the newest factor confirms, and its code once."""
    code = joiners.invited()
    first, second = (joiners.accept(code).json()["totp_secret"] for _ in range(2))

    wrong, right = joiners.confirm(code, code_of(first)), joiners.confirm(code, code_of(second))

    assert first != second
    assert (422, 200) == (wrong.status_code, right.status_code)
    assert "urn:sealedbook:problem:wrong-code" == wrong.json()["type"]


def test_another_password_finds_the_invitation_used(joiners: Joiners) -> None:
    """Who reads the mail after the person accepted gets nothing: 409."""
    code = joiners.invited()
    factor = joiners.accept(code).json()["totp_secret"]

    assert 409 == joiners.accept(code, "another long sentence").status_code
    assert 200 == joiners.confirm(code, code_of(factor)).status_code


def test_of_two_at_once_one_wins(joiners: Joiners) -> None:
    """Two accept one code with different passwords at the same moment: one gets a factor."""
    code = joiners.invited()
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda password: joiners.accept(code, password), (PASSWORD, PASSWORD[::-1])))

    assert [200, 409] == sorted(answer.status_code for answer in answers)
    (won,) = [answer for answer in answers if answer.status_code == 200]
    assert 200 == joiners.confirm(code, code_of(won.json()["totp_secret"])).status_code


def test_of_two_confirmations_one_joins(joiners: Joiners) -> None:
    """The same right code twice at the same moment joins once."""
    code = joiners.invited()
    totp = code_of(joiners.accept(code).json()["totp_secret"])
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: joiners.confirm(code, totp), range(2)))

    assert 1 == [answer.status_code for answer in answers].count(200)
    person = joiners.person_of(code).id
    joined = [
        entry
        for entry in joiners.desk.entries()
        if entry.event is Event.PERSON_JOINED and entry.actor.id == person and entry.outcome is Outcome.DONE
    ]
    assert 1 == len(joined)


def test_nobody_signs_in_before_the_factor_worked(joiners: Joiners) -> None:
    """Accepted and not confirmed is not joined; a wrong code is recorded as an error."""
    code = joiners.invited()
    secret = joiners.accept(code).json()["totp_secret"]
    person = joiners.person_of(code)

    assert 422 == joiners.confirm(code, "not a code").status_code
    assert 401 == sign_in_status(joiners, person.username, PASSWORD, code_of(secret))
    entry = [one for one in joiners.desk.entries() if one.event is Event.PERSON_JOINED][-1]
    assert (Outcome.ERROR, "wrong-code", person.id) == (entry.outcome, entry.reason, entry.actor.id)


def test_a_confirmation_before_an_acceptance_finds_nothing(joiners: Joiners) -> None:
    """An approved code that wasn't accepted has no factor to confirm."""
    assert 409 == joiners.confirm(joiners.invited(), "123456").status_code


def test_without_the_vault_accepting_can_be_repeated(joiners: Joiners, tmp_path: Path) -> None:
    """A vault that is away is 503; with the same password the invitation goes on afterwards."""
    code = joiners.invited()
    vault = joiners.desk.house.vault
    joiners.desk.replace_vault(VaultClient(tmp_path / "none", "", joiners.desk.house.reader))
    away = joiners.accept(code)
    joiners.desk.replace_vault(vault)

    assert 503 == away.status_code
    assert 201 == joiners.desk.sign_in(joiners.join(code))[1].status_code


def test_without_the_ledger_nobody_joins(joiners: Joiners) -> None:
    """When an entry can't be written, accepting changes nothing."""
    code = joiners.invited()
    with joiners.desk.with_full_disk():
        assert 503 == joiners.accept(code).status_code

    assert 200 == joiners.accept(code, "another long sentence").status_code


def test_an_address_alone_changes_nothing(joiners: Joiners) -> None:
    """The two calls are no GETs, and a code in an address is none."""
    code = joiners.invited()
    for path in ("accept", "confirm"):
        assert joiners.desk.caller().get(f"/v1/invitations/{path}?code={code}").status_code in {404, 405}
    assert joiners.person_of(code).password_hash is None
    assert 200 == joiners.accept(code).status_code


def test_a_joined_person_keeps_no_hash_with_the_invitation(joiners: Joiners) -> None:
    """The chosen password's hash moves to the person and stands nowhere else."""
    joined = joiners.join(joiners.invited())
    with reading(joiners.desk.house.engine) as connection:
        person = person_by_id(connection, joined.person.id)
    assert person.password_hash is not None
    assert person.joined_at is not None
    assert person.factors_reset_at is None
