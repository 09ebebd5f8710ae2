"""The passphrase of a book: generated, never chosen, read aloud over a phone.

Laws:
1. It comes from the operating system's randomness (`secrets`) and carries at least 75 bits.
   Sixteen symbols of a 28-symbol alphabet carry 76.9; no pattern is filtered out, so none are lost.
2. No symbol can be taken for another when read from paper or screen: neither 0 nor o, neither
   1, i nor l, and of each of the pairs 2/z, 5/s and 8/b only the letter.
3. Lower case only, in groups of four with hyphens, so that it can be dictated and typed.
   The hyphens belong to the passphrase.
"""

from __future__ import annotations

import math
import secrets

ALPHABET = "abcdefghjkmnpqrstuvwxyz34679"
GROUPS = 4
GROUP_LENGTH = 4
SEPARATOR = "-"

ENTROPY_BITS = GROUPS * GROUP_LENGTH * math.log2(len(ALPHABET))
"""Bits of randomness in one passphrase (76.9)."""


def generate_passphrase() -> str:
    """Draw a new passphrase such as `abcd-ef34-ghjk-mn79`."""
    return SEPARATOR.join(
        "".join(secrets.choice(ALPHABET) for _ in range(GROUP_LENGTH)) for _ in range(GROUPS)
    )
