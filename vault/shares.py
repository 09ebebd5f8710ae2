"""Recovery shares: how a wrapping key comes back when its file or token is lost.

Laws:
1. A ceremony draws a recovery key (X25519) outside the vault and splits its private half by
   SLIP-39 into shares of 33 words, some of which are enough. The vault learns the public half.
2. From then on the vault keeps, beside its secrets, a copy of the wrapping key in force that only
   the recovery key opens (HPKE, RFC 9180: X25519, HKDF-SHA256, AES-256-GCM), bound to the key's
   id. A change of the wrapping key needs no new ceremony.
3. A share that is mistyped, given twice, or of another ceremony, and too few of them, are each
   named by their place. No message repeats a word of a share.
"""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from shamir_mnemonic import MnemonicError, combine_mnemonics, generate_mnemonics
from shamir_mnemonic.share import Share

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_INFO = b"sealed book recovery copy v1 "


class SharesError(Exception):
    """These shares don't give the recovery key back; the message says which and why, no word of them."""


def new_recovery_key() -> bytes:
    """Return the private half of a fresh recovery key, 32 bytes."""
    return X25519PrivateKey.generate().private_bytes_raw()


def public_half(recovery_key: bytes) -> bytes:
    """Return the public half, 32 bytes."""
    return X25519PrivateKey.from_private_bytes(recovery_key).public_key().public_bytes_raw()


def seal_copy(public: bytes, key_id: str, key: bytes) -> bytes:
    """Return a copy of a wrapping key that the recovery key alone opens."""
    return _SUITE.encrypt(key, X25519PublicKey.from_public_bytes(public), info=_INFO + key_id.encode())


def open_copy(recovery_key: bytes, key_id: str, sealed: bytes) -> bytes:
    """Return the wrapping key of a copy, or raise SharesError."""
    private = X25519PrivateKey.from_private_bytes(recovery_key)
    try:
        return _SUITE.decrypt(sealed, private, info=_INFO + key_id.encode())
    except (InvalidTag, ValueError):
        raise SharesError("the vault's copy of its wrapping key was altered; restore the store") from None


def split_key(recovery_key: bytes, *, needed: int, holders: int) -> list[str]:
    """Return one share for each holder, `needed` of which are enough (2 to 16)."""
    if not 2 <= needed <= holders <= 16:  # noqa: PLR2004 - SLIP-39's most, and one would be no sharing
        raise SharesError("shares are needed by 2 at least, and 16 are the most")
    return [str(words) for words in generate_mnemonics(1, [(needed, holders)], recovery_key)[0]]


def join_shares(shares: Sequence[str], public: bytes) -> bytes:
    """Return the recovery key whose public half the vault knows, or raise SharesError."""
    read = [_read(place, text) for place, text in enumerate(shares, start=1)]
    if not read:
        raise SharesError("no share was given")
    given: set[int] = set()
    for place, share in enumerate(read, start=1):
        if share.identifier != read[0].identifier or share.member_threshold != read[0].member_threshold:
            raise SharesError(f"share {place} is of another ceremony than share 1")
        if share.index in given:
            raise SharesError(f"share {place} was given before")
        given.add(share.index)
    needed = read[0].member_threshold
    if len(read) < needed:
        raise SharesError(f"{needed} shares are needed, {len(read)} given")
    try:
        key = bytes(combine_mnemonics([_words(text) for text in shares[:needed]]))
    except MnemonicError:
        raise SharesError("these shares don't belong together") from None
    if public_half(key) != public:
        raise SharesError("these shares are of another vault, or of a ceremony before its last one")
    return key


def _words(text: str) -> str:
    return " ".join(text.lower().split())


def _read(place: int, text: str) -> Share:
    try:
        return Share.from_mnemonic(_words(text))
    except MnemonicError:
        raise SharesError(f"share {place} is mistyped or incomplete: it has 33 words of the list") from None
