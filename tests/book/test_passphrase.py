"""Passphrases are strong enough, and can be read aloud."""

from __future__ import annotations

import math
import re

from book.passphrase import ALPHABET, ENTROPY_BITS, generate_passphrase


def test_passphrase_carries_at_least_75_bits() -> None:
    """Sixteen independent symbols of 28 carry 76.9 bits."""
    symbols = generate_passphrase().replace("-", "")

    assert len(symbols) * math.log2(len(ALPHABET)) == ENTROPY_BITS
    assert ENTROPY_BITS >= 75
    assert len(set(ALPHABET)) == len(ALPHABET)


def test_passphrase_is_four_groups_of_four() -> None:
    """It is dictated group by group."""
    group = f"[{ALPHABET}]{{4}}"

    assert all(
        re.fullmatch(f"{group}(-{group}){{3}}", passphrase)
        for passphrase in (generate_passphrase() for _ in range(100))
    )


def test_alphabet_has_no_look_alikes() -> None:
    """Of symbols that look like each other, at most one is in the alphabet."""
    for alike in ("0o", "1il", "2z", "5s", "8b"):
        assert sum(symbol in ALPHABET for symbol in alike) <= 1
    assert ALPHABET.lower() == ALPHABET


def test_every_symbol_is_drawn_and_nothing_repeats() -> None:
    """Two thousand passphrases are distinct and use the whole alphabet in every place."""
    drawn = [generate_passphrase().replace("-", "") for _ in range(2000)]

    assert len(set(drawn)) == len(drawn)
    assert all({passphrase[place] for passphrase in drawn} == set(ALPHABET) for place in range(16))
