"""KeyMint derives ahead of need, keeps to its limit, and hands each key out once."""

from __future__ import annotations

from book.agile import spin
from book.keymint import KeyMint


def test_a_key_is_derived_from_its_own_passphrase_and_salt() -> None:
    """Whoever has the passphrase and the file's salt derives the same."""
    key = KeyMint().mint()

    assert len(key.key_salt) == 16
    assert key.spun == spin(key.passphrase, key.key_salt)


def test_prepared_keys_are_handed_out_once_and_never_beyond_the_limit() -> None:
    """Two places are filled, emptied in turn, and a third key is derived on the spot."""
    mint = KeyMint(limit=2)

    assert mint.prepare(5) == 2
    assert mint.prepare(5) == 0
    assert mint.ready == 2
    keys = [mint.mint() for _ in range(3)]
    assert mint.ready == 0
    assert len({key.passphrase for key in keys}) == 3
    assert len({key.key_salt for key in keys}) == 3
