"""Derived keys: no two meanings share one, and none gives away the key above it."""

from __future__ import annotations

from itertools import product

from vault.keys import Use, derive_key, new_key


def test_each_part_of_the_meaning_changes_the_key() -> None:
    """Use, attempt, agent and position all count; so does where one ends and the next begins."""
    root = bytes(32)
    meanings = product(Use, ("A1", "A"), ("1X", "X"), (0, 1))

    keys = {derive_key(root, use, attempt=a, agent=b, position=c) for use, a, b, c in meanings}

    assert len(keys) == 24
    assert all(len(key) == 32 for key in keys)
    assert root not in keys


def test_a_derivation_does_not_change() -> None:
    """The same meaning gives the same key as ever: stored shards depend on it."""
    key = derive_key(bytes(range(32)), Use.SHARD, attempt="A1", agent="0A00001")

    assert key.hex() == "545544f991acdc562cfea232bcad43d7c968522085250b55ad0c2305c195f45b"


def test_minted_keys_differ() -> None:
    """Two minted keys are not the same."""
    assert new_key() != new_key()
