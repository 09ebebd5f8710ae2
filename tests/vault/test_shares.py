"""Recovery shares: enough of them give the key back, and whatever is wrong with them is named."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vault.shares import (
    SharesError,
    join_shares,
    new_recovery_key,
    open_copy,
    public_half,
    seal_copy,
    split_key,
)

KEY = new_recovery_key()
PUBLIC = public_half(KEY)
SHARES = split_key(KEY, needed=2, holders=3)


def test_any_two_of_three_in_any_order_are_enough() -> None:
    """Each pair gives the key back; so do all three, in capitals and over several lines."""
    for pair in permutations(SHARES, 2):
        assert KEY == join_shares(pair, PUBLIC)
    assert KEY == join_shares([one.upper().replace(" ", "\n  ") for one in SHARES], PUBLIC)


@settings(max_examples=10)
@given(needed=st.integers(2, 5), more=st.integers(0, 4))
def test_as_many_as_were_asked_for_are_enough(needed: int, more: int) -> None:
    """Any number of holders; one share less is too few."""
    shares = split_key(KEY, needed=needed, holders=needed + more)

    assert KEY == join_shares(shares[-needed:], PUBLIC)
    with pytest.raises(SharesError, match=r"shares are needed|no share"):
        join_shares(shares[1:needed], PUBLIC)


def mistyped(share: str) -> str:
    """Return a share with two neighbouring words exchanged."""
    words = share.split()
    place = next(at for at in range(8, 30) if words[at] != words[at + 1])
    words[place], words[place + 1] = words[place + 1], words[place]
    return " ".join(words)


FOREIGN = split_key(new_recovery_key(), needed=2, holders=3)


@pytest.mark.parametrize(
    ("shares", "says"),
    [
        ([], "no share"),
        (SHARES[:1], "2 shares are needed, 1 given"),
        ([SHARES[0], SHARES[0]], "share 2 was given before"),
        ([SHARES[0], FOREIGN[1]], "share 2 is of another ceremony"),
        (FOREIGN[:2], "another vault"),
        ([SHARES[0], mistyped(SHARES[1])], "share 2 is mistyped"),
        ([SHARES[0], SHARES[1].rsplit(" ", 1)[0]], "share 2 is mistyped"),
        ([SHARES[0] + " nonsense", SHARES[1]], "share 1 is mistyped"),
    ],
)
def test_wrong_few_and_foreign_shares_are_named(shares: list[str], says: str) -> None:
    """The message says which share and why, and repeats no word of it."""
    with pytest.raises(SharesError, match=says) as caught:
        join_shares(shares, PUBLIC)
    words = {word for share in shares for word in share.split() if len(word) > 6}
    assert not words & set(str(caught.value).split())


def test_a_copy_opens_for_its_own_key_id_alone() -> None:
    """Another id or another recovery key, and it's an error."""
    copy = seal_copy(PUBLIC, "a" * 16, b"w" * 32)

    assert b"w" * 32 == open_copy(KEY, "a" * 16, copy)
    assert b"w" * 32 not in copy
    for key, key_id in ((KEY, "b" * 16), (new_recovery_key(), "a" * 16)):
        with pytest.raises(SharesError):
            open_copy(key, key_id, copy)


@pytest.mark.parametrize(("needed", "holders"), [(1, 3), (3, 2), (2, 17)])
def test_a_split_that_makes_no_sense_is_refused(needed: int, holders: int) -> None:
    """One share that is enough alone is none; more than sixteen SLIP-39 doesn't know."""
    with pytest.raises(SharesError):
        split_key(KEY, needed=needed, holders=holders)
