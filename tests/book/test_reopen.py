"""Our own reader opens sound files, ours and others', and says which way a file is wrong."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from book.agile import encrypt_package
from book.container import write_container
from book.encryption_info import MAX_SPIN_COUNT, write_info
from book.errors import SealBrokenError, WrongPassphraseError
from book.reopen import reopen, reopen_minted
from book.seal import seal
from book.workbook import write_workbook
from tests.book.makers import a_minted_key, a_notice, a_table, the_catalogue
from tests.book.readers import encrypt_with_msoffcrypto

CLEAR = b"words of a book " * 600
SEALED = seal(CLEAR, a_minted_key())


def test_the_passphrase_opens_the_book() -> None:
    """With the passphrase alone, as the agent has it."""
    assert reopen(SEALED, a_minted_key().passphrase) == CLEAR


def test_the_minted_key_opens_the_book_without_a_spin() -> None:
    """The check before a book counts needs no second derivation."""
    assert reopen_minted(SEALED, a_minted_key()) == CLEAR


def test_a_file_of_another_writer_opens() -> None:
    """What msoffcrypto-tool sealed is sound to our reader, non-ASCII passphrase and all."""
    table = a_table()
    clear = write_workbook(table, a_notice(table), the_catalogue())

    assert reopen(encrypt_with_msoffcrypto(clear, "pässwörd"), "pässwörd") == clear


@pytest.mark.parametrize("passphrase", ["", "wrong", "x" * 300, "\ud800"])
def test_a_wrong_passphrase_is_told_apart(passphrase: str) -> None:
    """A sound file and a wrong passphrase are WrongPassphraseError, whatever was typed."""
    with pytest.raises(WrongPassphraseError):
        reopen(SEALED, passphrase)


def test_another_salt_or_spin_count_is_broken() -> None:
    """A file that doesn't say how its key was derived would not open for its reader."""
    info, package = encrypt_package(CLEAR, a_minted_key())
    for change in ({"key_salt": bytes(16)}, {"spin_count": 99_999}):
        sealed = write_container(write_info(dataclasses.replace(info, **change)), package)
        with pytest.raises(SealBrokenError):
            reopen_minted(sealed, a_minted_key())


def test_a_huge_spin_count_is_refused_before_any_spin() -> None:
    """A crafted count beyond the format's limit hangs nobody."""
    info, package = encrypt_package(CLEAR, a_minted_key())
    crafted = dataclasses.replace(info, spin_count=MAX_SPIN_COUNT + 1)

    with pytest.raises(SealBrokenError, match="spinCount"):
        reopen(write_container(write_info(crafted), package), a_minted_key().passphrase)


@settings(max_examples=200)
@given(at=st.integers(0, len(SEALED) - 1), bit=st.integers(0, 7))
def test_any_flipped_bit_is_an_error_or_changes_nothing(at: int, bit: int) -> None:
    """No bit of a sealed file can be turned so that other bytes come out."""
    changed = bytearray(SEALED)
    changed[at] ^= 1 << bit
    try:
        opened = reopen_minted(bytes(changed), a_minted_key())
    except (SealBrokenError, WrongPassphraseError):
        return

    assert opened == CLEAR


@pytest.mark.parametrize("size", [0, 100, 512, 1024, 5000, len(SEALED) - 512])
def test_a_truncated_file_is_broken(size: int) -> None:
    """However much of the end is missing."""
    with pytest.raises(SealBrokenError):
        reopen_minted(SEALED[:size], a_minted_key())
