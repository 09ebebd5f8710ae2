"""Second factors: RFC 6238's own numbers, used steps, wrong tries."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyotp
import pytest

from vault.totp import code_at, is_locked, matching_step, new_secret, step_of, write_secret

RFC_SECRET = b"12345678901234567890"
NOW = datetime(2026, 11, 21, 12, 0, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (2000000000, "279037")],
)
def test_the_vectors_of_rfc_6238_hold(seconds: int, code: str) -> None:
    """Appendix B's codes, cut to six digits."""
    assert code == code_at(RFC_SECRET, seconds // 30)


def test_an_authenticator_shows_the_same_code() -> None:
    """An independent program makes the same code of our base32 text."""
    secret = new_secret()

    assert pyotp.TOTP(write_secret(secret)).at(NOW) == code_at(secret, step_of(NOW))


@pytest.mark.parametrize(("steps", "is_found"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_one_step_to_either_side_counts(steps: int, is_found: bool) -> None:
    """A code of the step before or after is taken, none from further away."""
    here = step_of(NOW)
    code = code_at(RFC_SECRET, here + steps)

    assert is_found == (matching_step(RFC_SECRET, code, NOW, -1) is not None)


def test_a_used_step_and_those_before_it_do_not_count() -> None:
    """What was used up to `last_step` is used."""
    here = step_of(NOW)

    assert matching_step(RFC_SECRET, code_at(RFC_SECRET, here), NOW, here) is None
    assert matching_step(RFC_SECRET, code_at(RFC_SECRET, here - 1), NOW, here) is None
    assert here + 1 == matching_step(RFC_SECRET, code_at(RFC_SECRET, here + 1), NOW, here)


@pytest.mark.parametrize("code", ["", "28708", "2870822", "٢٨٧٠٨٢", "abcdef"])
def test_what_is_no_code_matches_nothing(code: str) -> None:
    """Short, long, non-ASCII and wordy texts are wrong codes, not errors."""
    assert matching_step(RFC_SECRET, code, NOW, -1) is None


def test_five_wrong_tries_lock_for_fifteen_minutes() -> None:
    """The window rolls: the lock ends when the oldest of five is 15 minutes old."""
    wrong = [NOW + timedelta(minutes=minute) for minute in range(5)]

    assert not is_locked(wrong[:4], NOW + timedelta(minutes=4))
    assert is_locked(wrong, NOW + timedelta(minutes=14, seconds=59))
    assert not is_locked(wrong, NOW + timedelta(minutes=15))
