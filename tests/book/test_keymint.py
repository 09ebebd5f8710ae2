"""KeyMint derives ahead of need, keeps to its limit, and hands each key out once."""

from __future__ import annotations

from book.keymint import KeyMint
from book.spinning import spin


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


def test_a_started_mint_derives_ahead_within_its_limit() -> None:
    """The thread fills up to the limit, each taken key is another, and its room is filled again."""
    mint = KeyMint(limit=2)
    mint.start()
    try:
        keys = [mint.mint() for _ in range(5)]
    finally:
        mint.close()

    assert len({key.passphrase for key in keys}) == 5
    assert keys[4].spun == spin(keys[4].passphrase, keys[4].key_salt)


def test_a_closed_mint_holds_nothing_and_still_mints() -> None:
    """What waited is overwritten and gone; a book that comes late pays for its key itself."""
    mint = KeyMint(limit=2)
    mint.prepare(2)
    waiting = list(mint._ready)

    mint.close()

    assert mint.ready == 0
    assert {bytes(19)} == {bytes(key.passphrase) for key in waiting}
    assert {bytes(64)} == {bytes(key.spun) for key in waiting}
    assert mint.mint().passphrase


def test_a_waiting_key_does_not_show_in_a_repr() -> None:
    """Neither passphrase nor derived key can slip into a log by way of a repr."""
    mint = KeyMint(limit=1)
    mint.prepare(1)

    assert repr(mint._ready[0]) == "_Waiting()"
