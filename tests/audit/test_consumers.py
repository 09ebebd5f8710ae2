"""A consumer's place under an entry's root is proved to whoever has root, salt and pseudonym."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.consumers import prove_consumer
from audit.entry import consumers_root, new_salt
from audit.proofs import verify_inclusion

NAMES = st.sets(st.integers(0, 10**6).map(lambda number: f"2026:{number:032x}"), min_size=1, max_size=40)


@given(names=NAMES)
def test_every_consumer_of_an_entry_is_proved(names: set[str]) -> None:
    """The leaf stands under the root that the entry commits to."""
    salt = new_salt()
    root = consumers_root(salt, names)
    for name in names:
        proof = prove_consumer(salt, names, name)
        assert (root, len(names)) == (proof.root, proof.size)
        verify_inclusion(proof.leaf, proof.index, proof.size, proof.inclusion, root)


def test_nobody_else_is_proved() -> None:
    """A pseudonym that isn't among them has no proof."""
    with pytest.raises(ValueError, match="none of these"):
        prove_consumer(new_salt(), ["2026:aa"], "2026:bb")
