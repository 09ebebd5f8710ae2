"""The slow hash, by every kernel that this processor has, is SHA-512's."""

from __future__ import annotations

import hashlib
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from book.native.kernel import Kernel
from book.spinning import spin, spin_together, spin_width

TURNS = 40
WIDTHS = (1, 4, 8, 16)


def _turned(digest: bytes, turns: int) -> bytes:
    for turn in range(turns):
        digest = hashlib.sha512(struct.pack("<I", turn) + digest).digest()
    return digest


@settings(deadline=None, max_examples=60)
@given(seed=st.binary(max_size=16), count=st.integers(0, 35), width=st.sampled_from(WIDTHS))
def test_each_lane_of_each_kernel_is_hashlibs(kernel: Kernel, seed: bytes, count: int, width: int) -> None:
    """Any number of digests, at any width that the processor has, comes out as hashlib turns it."""
    digests = [hashlib.sha512(seed + bytes([lane])).digest() for lane in range(count)]
    together = bytearray(b"".join(digests))

    kernel.spin(together, TURNS, width=min(width, kernel.width))

    assert b"".join(_turned(digest, TURNS) for digest in digests) == together


def test_a_whole_spin_is_hashlibs(kernel: Kernel) -> None:
    """All hundred thousand turns, where the counter fills more than two bytes."""
    digest = bytearray(hashlib.sha512(b"x").digest())
    expected = _turned(bytes(digest), 100_000)

    kernel.spin(digest, 100_000)

    assert expected == digest


def test_no_turns_leave_a_digest_as_it_is(kernel: Kernel) -> None:
    """Zero turns are none."""
    digests = bytearray(range(64))

    kernel.spin(digests, 0)

    assert bytes(range(64)) == digests


def test_what_is_no_digest_is_refused(kernel: Kernel) -> None:
    """Half a digest, or a width beyond the processor's, never reaches the kernel's loops."""
    with pytest.raises(ValueError, match="64 bytes"):
        kernel.spin(bytearray(65), 1)
    with pytest.raises(ValueError, match="wide"):
        kernel.spin(bytearray(64), 1, width=kernel.width + 1)


def test_python_and_kernel_agree() -> None:
    """With the kernel or without, a passphrase gives the same 64 bytes."""
    words, salts = ["abcd", "p\u00e4ss"], [b"s" * 16, b"t" * 16]

    assert spin_together(words, salts, 9, pure=True) == spin_together(words, salts, 9)
    assert spin("abcd", b"s" * 16, 9) == spin_together(words, salts, 9)[:64]
    assert spin_width() in {1, 4, 16}
