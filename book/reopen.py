"""Our own reader of sealed books: every book passes it before it counts.

Laws:
1. Order: container, EncryptionInfo, verifier, HMAC, and only then decryption.
2. A damaged or foreign file is a SealBrokenError; a sound one that this passphrase does not
   open is a WrongPassphraseError. Nothing else comes out of here, whatever goes in.
3. Work is bounded: by the file's size, and by the format's cap on the spin count.
"""

from __future__ import annotations

import hmac

from book.agile import MintedKey, decrypt_package, open_key
from book.container_reader import Streams, read_container
from book.encryption_info import SPIN_COUNT, EncryptionInfo, read_info
from book.errors import SealBrokenError, WrongPassphraseError
from book.spinning import spin

MAX_PASSPHRASE_CHARACTERS = 255
"""Office's own limit."""


def reopen(sealed: bytes, passphrase: str) -> bytes:
    """Open a sealed book as its reader will; returns the clear xlsx bytes.

    WrongPassphraseError or SealBrokenError. Costs one spin.
    """
    streams = read_container(sealed)
    info = read_info(streams.info)
    if len(passphrase) > MAX_PASSPHRASE_CHARACTERS or not _is_text(passphrase):
        raise WrongPassphraseError
    return bytes(_open(info, streams, spin(passphrase, info.key_salt, info.spin_count)))


def reopen_minted(sealed: bytes, minted: MintedKey) -> bytearray:
    """Open a book that was sealed with `minted`, without a second spin.

    SealBrokenError as well when the file does not say the salt and the spin count that the key
    was derived with: a reader with the passphrase alone would then derive something else.
    """
    streams = read_container(sealed)
    info = read_info(streams.info)
    if info.spin_count != SPIN_COUNT or not hmac.compare_digest(info.key_salt, minted.key_salt):
        raise SealBrokenError("the file does not say how its key was derived")
    return _open(info, streams, minted.spun)


def _open(info: EncryptionInfo, streams: Streams, spun: bytes) -> bytearray:
    return decrypt_package(info, open_key(info, spun), streams.package)


def _is_text(passphrase: str) -> bool:
    try:
        passphrase.encode("utf-16-le")
    except UnicodeEncodeError:
        return False
    return True
