"""A lost wrapping key comes back from shares, to a file or to a fresh token."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.vault.factories import House, a_house_with_a_book, book_permit, rotation_permit
from tests.vault.tokens import Token
from vault.ceremony import create_vault
from vault.errors import Code
from vault.file_keys import FileKeys
from vault.home import HomeError
from vault.keeper import Keeper
from vault.rebuilding import rebuild_wrapping_key
from vault.shares import SharesError, new_recovery_key, public_half, split_key
from vault.store import Store
from vault.table import Call, CallerKind
from vault.wrapping import ProviderError

RECOVERY = new_recovery_key()
SHARES = split_key(RECOVERY, needed=2, holders=3)


@pytest.fixture
def house(tmp_path: Path) -> House:
    """Return a vault with a book after a ceremony, closed, whose wrapping key was lost since."""
    house = a_house_with_a_book(tmp_path)
    for key, material in (("recovery", (public_half(RECOVERY).hex(),)), ("wrapping", ())):
        lists = {"material": material}
        answer = house.ask(CallerKind.OPERATOR, Call.ROTATE_KEY, rotation_permit(key), lists=lists)
        assert answer.code is Code.OPENED
    house.store.close()
    for path in house.home.glob("wrapping-*.key"):
        path.unlink()
    with pytest.raises(ProviderError):
        Store(house.home)
    return house


def test_two_shares_bring_the_key_file_back(house: House) -> None:
    """The rebuilt key opens the book; a second rebuilding has nothing to do."""
    key_id = rebuild_wrapping_key(house.home, FileKeys(house.home), SHARES[1:])

    house.open()

    assert key_id == house.store.wrapping_key_id
    assert house.ask(CallerKind.WORKER, Call.SEND_BOOK, book_permit(Call.SEND_BOOK)).code is Code.OPENED
    with pytest.raises(HomeError, match="another process"):
        rebuild_wrapping_key(house.home, FileKeys(house.home), SHARES[1:])
    house.store.close()
    with pytest.raises(ProviderError, match="nothing to rebuild"):
        rebuild_wrapping_key(house.home, FileKeys(house.home), SHARES[1:])


def test_a_fresh_token_takes_the_key(house: House, token: Token) -> None:
    """What was held under a key file goes on in a token."""
    provider = token.provider()
    rebuild_wrapping_key(house.home, provider, SHARES[:2])
    house.store = Store(house.home, provider=provider)
    house.keeper = Keeper(house.store, house.clock, house.machine)

    assert house.ask(CallerKind.WORKER, Call.SEND_BOOK, book_permit(Call.SEND_BOOK)).code is Code.OPENED
    assert house.ask(CallerKind.API, Call.STATUS).body["provider"] == "pkcs11"
    house.store.close()


@pytest.mark.parametrize(
    ("shares", "says"),
    [
        (SHARES[:1], "2 shares are needed"),
        (split_key(new_recovery_key(), needed=2, holders=2), "another vault"),
        ([SHARES[0], "nonsense"], "share 2 is mistyped"),
    ],
)
def test_wrong_shares_leave_everything_as_it_is(house: House, shares: list[str], says: str) -> None:
    """No key is written, and the right shares still work."""
    with pytest.raises(SharesError, match=says):
        rebuild_wrapping_key(house.home, FileKeys(house.home), shares)

    assert not FileKeys(house.home).ids()
    assert rebuild_wrapping_key(house.home, FileKeys(house.home), SHARES)


def test_a_vault_without_a_ceremony_has_no_shares(tmp_path: Path) -> None:
    """It says so, and nothing is written."""
    create_vault(tmp_path / "vault", "sealedbook.test/ledger")
    with pytest.raises(HomeError, match="never had a ceremony"):
        rebuild_wrapping_key(tmp_path / "vault", FileKeys(tmp_path / "vault"), SHARES)
