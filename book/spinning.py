"""The slow hash that makes guessing a passphrase costly (MS-OFFCRYPTO 2.3.4.11), one or many at once.

Laws:
1. With the kernel and without it the results are SHA-512's; only the cost differs: a turn of one digest
   in Python about 0.4 us, in the kernel 0.16, and with AVX-512 sixteen together 0.023 each.
2. Nothing is kept between calls.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence

from book.encryption_info import SPIN_COUNT
from book.native.kernel import DIGEST_BYTES, kernel_or_none


def spin_width() -> int:
    """How many passphrases it pays to spin together here: 16, 4 or 1."""
    kernel = kernel_or_none()
    return 1 if kernel is None else kernel.width


def spin_together(
    passphrases: Sequence[str], key_salts: Sequence[bytes], turns: int = SPIN_COUNT, *, pure: bool = False
) -> bytearray:
    """Hash each passphrase under its salt `turns` times; returns 64 bytes each, in order.

    `pure` leaves the kernel out. The caller may overwrite what it gets.
    """
    digests = bytearray()
    for passphrase, salt in zip(passphrases, key_salts, strict=True):
        digests += hashlib.sha512(salt + passphrase.encode("utf-16-le")).digest()
    kernel = None if pure else kernel_or_none()
    if kernel is not None:
        kernel.spin(digests, turns)
        return digests
    for start in range(0, len(digests), DIGEST_BYTES):
        end = start + DIGEST_BYTES
        digests[start:end] = _turned(bytes(digests[start:end]), turns)
    return digests


def _turned(digest: bytes, turns: int) -> bytes:
    sha512, pack = hashlib.sha512, struct.Struct("<I").pack
    for turn in range(turns):
        digest = sha512(pack(turn) + digest).digest()
    return digest


def spin(passphrase: str, key_salt: bytes, turns: int = SPIN_COUNT) -> bytes:
    """Hash one passphrase; 64 bytes."""
    return bytes(spin_together([passphrase], [key_salt], turns))
