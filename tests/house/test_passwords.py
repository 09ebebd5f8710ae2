"""Passwords: kept as argon2id, compared whole, and as slow for strangers."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from house.passwords import STRENGTH, Passwords
from tests.api.callers import LIGHT

PASSWORDS = Passwords(LIGHT)


@settings(max_examples=50)
@given(st.text(min_size=1, max_size=200), st.text(min_size=1, max_size=5))
def test_a_password_fits_its_own_hash_only(password: str, more: str) -> None:
    """Any text can be a password; nothing of it is cut off."""
    kept = PASSWORDS.hash(password)

    assert PASSWORDS.is_right(kept, password)
    assert not PASSWORDS.is_right(kept, password + "x" + more)


def test_two_spellings_of_one_letter_agree() -> None:
    """A composed and a decomposed letter are the same password."""
    assert PASSWORDS.is_right(PASSWORDS.hash("caf\u00e9"), "cafe\u0301")


def test_nobody_has_no_password() -> None:
    """Where there is no hash no password is right, and a damaged hash fits nothing."""
    assert not PASSWORDS.is_right(None, "anything")
    assert not PASSWORDS.is_right("damaged", "anything")


def test_the_house_hashes_with_argon2id_at_its_strength() -> None:
    """The hash names algorithm and cost, so that later costs can differ."""
    kept = Passwords().hash("a password")

    cost = f"m={STRENGTH.memory_kib},t={STRENGTH.passes},p={STRENGTH.lanes}"
    assert kept.startswith(f"$argon2id$v=19${cost}$")
