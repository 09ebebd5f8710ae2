"""Second factors at the keeper: once a step, counted, remembered through a restart."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from tests.vault.factories import House, a_house, destroy_permit, factor_permit, release_permit
from vault.errors import Code
from vault.keeper import Tries
from vault.messages import Answer, Request
from vault.table import Call, CallerKind
from vault.totp import code_at, step_of

API, WORKER, OPERATOR = CallerKind.API, CallerKind.WORKER, CallerKind.OPERATOR


@pytest.fixture
def house(tmp_path: Path) -> House:
    """Return a fresh vault."""
    return a_house(tmp_path)


def enrol(house: House, person: str = "P1") -> bytes:
    """Enrol a person and return the secret."""
    answer = house.ask(API, Call.ENROL_FACTOR, factor_permit(person))
    return base64.b32decode(answer.body["secret"])


def verify(house: House, code: str, person: str = "P1", kind: CallerKind = API) -> Answer:
    """Show a code."""
    request = Request(
        call=Call.VERIFY_TOTP,
        credential=house.founding.credentials[kind],
        texts={"person": person, "code": code},
    )
    return house.keeper.answer(request, Tries())


def is_right(house: House, code: str, person: str = "P1") -> bool:
    """Tell whether a code is taken."""
    return verify(house, code, person).body["is_right"] is True


def test_a_code_counts_once_also_after_a_restart(house: House) -> None:
    """The used step is remembered on disk; the next step's code is taken."""
    secret = enrol(house)
    here = step_of(house.machine.now())

    assert is_right(house, code_at(secret, here))
    house.store.close()
    house.open()
    assert not is_right(house, code_at(secret, here))
    house.machine.advance(seconds=30)
    assert is_right(house, code_at(secret, here + 1))


def test_the_machine_s_time_counts_and_not_the_house_s(house: House) -> None:
    """A demo's offset doesn't move second factors."""
    secret = enrol(house)
    house.clock.advance(days=300)

    assert is_right(house, code_at(secret, step_of(house.machine.now())))


def test_a_permit_releases_a_locked_person(house: House) -> None:
    """Wrong tries are forgotten under a recorded permit; a used code stays used."""
    secret = enrol(house)
    here = step_of(house.machine.now())
    assert is_right(house, code_at(secret, here))
    for _ in range(5):
        assert not is_right(house, "000000")
    assert verify(house, code_at(secret, here + 1)).code is Code.FACTOR_LOCKED

    assert house.ask(API, Call.RELEASE_FACTOR, release_permit()).code is Code.OPENED

    assert not is_right(house, code_at(secret, here))
    assert is_right(house, code_at(secret, here + 1))


def test_five_wrong_codes_lock_that_person_for_a_while(house: House) -> None:
    """While locked a right code isn't looked at; others go on; 15 minutes later it ends."""
    secret, other = enrol(house), enrol(house, "P2")
    here = step_of(house.machine.now())
    for _ in range(5):
        assert not is_right(house, "000000" if code_at(secret, here) != "000000" else "000001")

    assert verify(house, code_at(secret, here)).code is Code.FACTOR_LOCKED
    assert is_right(house, code_at(other, here), "P2")

    house.machine.advance(minutes=15)

    assert is_right(house, code_at(secret, step_of(house.machine.now())))


def test_only_the_api_asks_and_strangers_get_a_plain_no(house: House) -> None:
    """Workers and operators can't try codes; an unknown person is answered like a wrong code."""
    enrol(house)

    assert verify(house, "123456", kind=WORKER).code is Code.CALLER
    assert verify(house, "123456", kind=OPERATOR).code is Code.CALLER
    assert not is_right(house, "123456", "nobody")
    assert verify(house, "123456", "no body").code is Code.MISFIT


def test_a_new_enrolment_ends_the_old_secret(house: House) -> None:
    """Codes of the secret before are wrong from then on."""
    old, new = enrol(house), enrol(house)
    here = step_of(house.machine.now())

    assert old != new
    assert not is_right(house, code_at(old, here))
    assert is_right(house, code_at(new, here))


def test_a_destroyed_factor_verifies_nothing_until_it_is_enrolled_anew(house: House) -> None:
    """Destruction ends the factor; each of two destructions has its own record."""
    secret = enrol(house)
    first = house.ask(OPERATOR, Call.DESTROY, destroy_permit("factor:P1")).body["records"]

    assert not is_right(house, code_at(secret, step_of(house.machine.now())))

    secret = enrol(house)

    assert is_right(house, code_at(secret, step_of(house.machine.now())))
    assert first != house.ask(OPERATOR, Call.DESTROY, destroy_permit("factor:P1")).body["records"]
