"""Tests of which passwords may be chosen."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.passwords import Weakness, WeakPasswordError, check_password

OWN = ("0B65625", "Christine Wells", "agent0000@agents.example")
LEAST, MOST = 12, 256


def check(password: str) -> Weakness | None:
    """Return why a password can't be chosen, None where it can."""
    try:
        check_password(password, least=LEAST, most=MOST, own=OWN)
    except WeakPasswordError as error:
        return error.weakness
    return None


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery",
        "four lizards in a teapot",
        "Ünïcödé geht ebenso",
        "x7!kPq2#mW9z",
        "wells of clear mountain water",
    ],
)
def test_what_is_long_and_not_known_may_be_chosen(password: str) -> None:
    """No classes of characters are asked for, and one's own word may be a part."""
    assert check(password) is None


@pytest.mark.parametrize(
    ("password", "weakness"),
    [
        ("short", Weakness.TOO_SHORT),
        ("x" * (MOST + 1), Weakness.TOO_LONG),
        ("passwordpassword", Weakness.COMMON),
        ("Password1234!!", Weakness.COMMON),
        ("aaaaaaaaaaaaaa", Weakness.COMMON),
        ("abcdefghijklmn", Weakness.COMMON),
        ("qwertyuiopasdf", Weakness.COMMON),
        ("christinewells1", Weakness.OWN_NAME),
        ("0b65625-0B65625", Weakness.OWN_NAME),
    ],
)
def test_what_everybody_would_try_first_may_not(password: str, weakness: Weakness) -> None:
    """Too short, too long, on everybody's list, a run of keys, or the person's own words."""
    assert weakness is check(password)


def test_length_is_counted_in_characters_as_they_are_meant() -> None:
    """A ligature counts as the letters that it stands for, as when it is compared."""
    assert check("ﬁve ﬁsh ﬂy") is None
    assert Weakness.TOO_SHORT is check("five fish f")


@given(st.text(max_size=400))
def test_length_decides_first_and_an_error_never_holds_the_password(password: str) -> None:
    """Whatever is tried ends in a choice or in one of four codes, by length before all else."""
    found = check(password)
    length = len(unicodedata.normalize("NFKC", password))

    assert found in {None, *Weakness}
    assert (length < LEAST) is (found is Weakness.TOO_SHORT)
    assert (length > MOST) is (found is Weakness.TOO_LONG)


def test_an_error_says_its_code_and_nothing_else() -> None:
    """The message is the code: a password never gets into a log by way of an error."""
    with pytest.raises(WeakPasswordError) as error:
        check_password("hunter2", least=LEAST, most=MOST, own=OWN)

    assert "too_short" == str(error.value)
