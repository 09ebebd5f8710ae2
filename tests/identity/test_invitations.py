"""Tests of invitations and their codes."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.invitations import CONSOLE, Invitation, Kind, Standing, digest_of_code, new_code

BEFORE, NOW, LATER = (f"2026-11-2{day}T18:00:00.000000Z" for day in (0, 1, 2))
FRESH = Invitation(
    id="i1",
    person="p1",
    kind=Kind.JOIN,
    code_digest="ab" * 32,
    invited_by=CONSOLE,
    created_at=BEFORE,
    expires_at=LATER,
    approved_at=None,
    accepted_at=None,
    password_hash=None,
    joined_at=None,
    withdrawn_at=None,
)


@pytest.mark.parametrize(
    ("changes", "standing"),
    [
        ({}, Standing.WAITING),
        ({"approved_at": BEFORE}, Standing.OPEN),
        ({"approved_at": BEFORE, "accepted_at": NOW}, Standing.ACCEPTED),
        ({"approved_at": BEFORE, "accepted_at": NOW, "joined_at": NOW}, Standing.JOINED),
        ({"approved_at": BEFORE, "withdrawn_at": NOW}, Standing.WITHDRAWN),
        ({"approved_at": BEFORE, "expires_at": NOW}, Standing.EXPIRED),
        ({"approved_at": BEFORE, "accepted_at": BEFORE, "expires_at": NOW}, Standing.EXPIRED),
        (
            {"approved_at": BEFORE, "accepted_at": BEFORE, "expires_at": NOW, "joined_at": NOW},
            Standing.JOINED,
        ),
    ],
)
def test_an_invitation_stands_by_what_happened_to_it(changes: dict[str, str], standing: Standing) -> None:
    """Its end comes at its moment, unless somebody joined before or it was withdrawn."""
    assert standing is replace(FRESH, **changes).standing(NOW)  # type: ignore[arg-type]  # every change is text


def test_a_code_has_256_bits_and_is_typed_in_groups() -> None:
    """Thirteen groups of four out of 32 letters and digits, none of which looks like another."""
    code = new_code()
    assert re.fullmatch(r"(?:[0-9A-HJKMNP-TV-Z]{4}-){12}[0-9A-HJKMNP-TV-Z]{4}", code)
    assert math.log2(32) * 52 >= 256
    assert new_code() != code


@given(st.integers(0, 2**60))
def test_however_it_is_typed_a_code_is_one_code(choice: int) -> None:
    """Case, dashes, spaces, and the letters that look like digits don't matter."""
    code = new_code()
    typed = "".join(
        letter.lower() if choice >> place & 1 else letter for place, letter in enumerate(code)
    ).replace("-", ["", " ", "\u2013", "\n"][choice % 4])
    typed = typed.replace("0", "oO0"[choice % 3]).replace("1", "lIi1"[choice % 4])
    assert digest_of_code(code) == digest_of_code(typed)


@given(st.text(max_size=300))
def test_anything_typed_has_a_digest_and_no_codes(text: str) -> None:
    """Whatever somebody types, lone surrogates too, is 64 hex digits that no fresh code has."""
    assert re.fullmatch(r"[0-9a-f]{64}", digest_of_code(text))
    assert digest_of_code(new_code()) != digest_of_code(text)
