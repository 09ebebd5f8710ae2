"""Wrapping: bound to names, by either provider, and found out when a row is swapped."""

from __future__ import annotations

from pathlib import Path

import pkcs11
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pkcs11 import Attribute, ObjectClass

from tests.vault.factories import ORIGIN, a_house_with_a_book, book_permit
from tests.vault.tokens import MODULE, Token
from vault.ceremony import create_vault
from vault.errors import Code
from vault.file_keys import FileKeys
from vault.holdings import Holdings
from vault.home import HomeError
from vault.providers import provider_from
from vault.store import Store
from vault.store_file import CLEAR_VERSION
from vault.table import Call, CallerKind
from vault.token_keys import LABEL
from vault.wrapping import KeyProvider, ProviderError, WrapError, Wrapping, new_key_id


@pytest.fixture(params=["file", "pkcs11"])
def provider(request: pytest.FixtureRequest, tmp_path: Path) -> KeyProvider:
    """Each provider in turn, without a key."""
    if request.param == "file":
        return FileKeys(tmp_path / "keys")
    token: Token = request.getfixturevalue("token")
    return token.provider()


def test_a_secret_opens_under_its_own_name_and_key_alone(provider: KeyProvider) -> None:
    """Another name, another key, a flipped bit and a cut end are all found."""
    first, second = new_key_id(), new_key_id()
    provider.make(first)
    provider.make(second)
    wrapping, other = Wrapping(provider.key(first)), Wrapping(provider.key(second))
    wrapped = wrapping.wrap("key:X1.1", b"a secret")

    assert wrapping.unwrap("key:X1.1", wrapped) == b"a secret"
    assert wrapped != wrapping.wrap("key:X1.1", b"a secret")
    assert b"a secret" not in wrapped
    for tried, name, data in (
        (wrapping, "key:X1.2", wrapped),
        (other, "key:X1.1", wrapped),
        (wrapping, "key:X1.1", wrapped[:-1]),
        (wrapping, "key:X1.1", wrapped[:20]),
        (wrapping, "key:X1.1", bytes([*wrapped[:-1], wrapped[-1] ^ 1])),
        (wrapping, "key:X1.1", b"SBW2" + wrapped[4:]),
    ):
        with pytest.raises(WrapError):
            tried.unwrap(name, data)


def test_a_provider_keeps_takes_and_destroys_keys(provider: KeyProvider) -> None:
    """A key that was taken is the same key; a destroyed one is gone, and gone twice is no error."""
    made, taken = new_key_id(), new_key_id()
    provider.make(made)
    provider.take(taken, bytes(range(32)))
    wrapped = Wrapping(provider.key(taken)).wrap("n", b"s")

    assert sorted([made, taken]) == provider.ids()

    provider.destroy(taken)
    provider.destroy(taken)

    assert [made] == provider.ids()
    with pytest.raises(ProviderError, match="rebuild"):
        provider.key(taken)

    provider.take(taken, bytes(range(32)))

    assert Wrapping(provider.key(taken)).unwrap("n", wrapped) == b"s"


@given(name=st.text(max_size=40).filter(str.isascii), secret=st.binary(min_size=1, max_size=300))
def test_whatever_is_wrapped_is_unwrapped(
    name: str, secret: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Any secret under any name comes back."""
    keys, key_id = FileKeys(tmp_path_factory.mktemp("keys")), new_key_id()
    keys.make(key_id)
    wrapping = Wrapping(keys.key(key_id))

    assert wrapping.unwrap(name, wrapping.wrap(name, secret)) == secret


def test_a_key_in_the_token_can_t_be_read_out(token: Token) -> None:
    """Neither a made nor a taken key gives its value, and the token's files don't hold it."""
    provider = token.provider()
    provider.make(new_key_id())
    provider.take(new_key_id(), b"0123456789abcdef0123456789abcdef")
    label = token.environment["SEALEDBOOK_VAULT_PKCS11_TOKEN"]
    holder = pkcs11.lib(str(MODULE)).get_token(token_label=label)
    with holder.open() as reading:
        keys = list(reading.get_objects({Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.LABEL: LABEL}))

        assert 2 == len(keys)
        for key in keys:
            with pytest.raises(pkcs11.exceptions.AttributeSensitive):
                key[Attribute.VALUE]
    assert b"0123456789abcdef0123456789abcdef" not in token.raw()


def test_a_key_s_file_is_its_owner_s(tmp_path: Path) -> None:
    """The file is 0600; open to others, damaged or missing it is an error that says what to do."""
    keys, key_id = FileKeys(tmp_path), new_key_id()
    keys.make(key_id)
    (path,) = tmp_path.iterdir()

    assert path.stat().st_mode & 0o777 == 0o600

    path.chmod(0o640)
    with pytest.raises(ProviderError, match="600"):
        keys.key(key_id)
    path.chmod(0o600)
    path.write_text("nonsense")
    with pytest.raises(ProviderError, match="damaged"):
        keys.key(key_id)
    with pytest.raises(ProviderError, match="already"):
        keys.make(key_id)


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"SEALEDBOOK_VAULT_PROVIDER": "cloud"}, "`file` or `pkcs11`"),
        ({"SEALEDBOOK_VAULT_PROVIDER": "pkcs11"}, "PKCS11_MODULE is missing"),
        (
            {
                "SEALEDBOOK_VAULT_PROVIDER": "pkcs11",
                "SEALEDBOOK_VAULT_PKCS11_MODULE": "/nowhere/module.so",
                "SEALEDBOOK_VAULT_PKCS11_TOKEN": "none",
                "SEALEDBOOK_VAULT_PKCS11_PIN": "1",
            },
            "can't be opened",
        ),
    ],
)
def test_a_provider_that_can_t_be_is_named(environment: dict[str, str], says: str, tmp_path: Path) -> None:
    """A wrong or half setting is refused in words."""
    with pytest.raises(ProviderError, match=says):
        provider_from(environment, tmp_path)


def test_swapped_and_altered_rows_open_nothing(tmp_path: Path) -> None:
    """Two books' keys exchanged in the store: both are `damaged`, and nothing is handed out."""
    house = a_house_with_a_book(tmp_path)
    swap = "UPDATE secrets SET secret = (SELECT secret FROM secrets WHERE name = ?) WHERE name = ?"
    house.store.connection.execute(swap, ("snapshot:A1", "key:X1.1"))
    answer = house.ask(CallerKind.WORKER, Call.SEND_BOOK, book_permit(Call.SEND_BOOK))

    assert answer.code is Code.DAMAGED
    assert not answer.body
    house.store.close()


def test_a_store_with_clear_secrets_is_wrapped_at_its_first_start(tmp_path: Path) -> None:
    """A vault of the first version opens as ever, and none of its secrets lies clear any more."""
    home = tmp_path / "vault"
    create_vault(home, ORIGIN)
    store = Store(home)
    key, signing = b"k" * 32, store.secret_fact("signing_key")
    with store.change():
        store.put_fact("signing_key", signing)
        row = "INSERT INTO secrets (name, owner, secret) VALUES (?, '', ?)"
        store.connection.execute(row, ("snapshot:A1", key))
        store.connection.execute("DELETE FROM facts WHERE name = 'wrapping_key'")
        store.connection.execute(f"PRAGMA user_version={CLEAR_VERSION}")
    store.close()

    assert key in b"".join(path.read_bytes() for path in home.iterdir())

    store = Store(home)
    raw = b"".join(path.read_bytes() for path in home.iterdir())

    assert not store.is_behind
    assert Holdings(store).open("snapshot:A1") == key
    assert store.secret_fact("signing_key") == signing
    assert key not in raw
    assert signing not in raw
    store.close()
    Store(home).close()


def test_without_its_wrapping_key_a_vault_doesn_t_start(tmp_path: Path) -> None:
    """A store whose key is gone says how to get it back; with another's key nothing opens."""
    home = tmp_path / "vault"
    create_vault(home, ORIGIN)
    (path,) = home.glob("wrapping-*.key")
    text = path.read_text()
    path.unlink()
    with pytest.raises(ProviderError, match="vault rebuild"):
        Store(home)
    path.write_text("00" * 32 + "\n")
    path.chmod(0o600)
    store = Store(home)
    with pytest.raises(WrapError):
        store.secret_fact("signing_key")
    store.close()
    path.write_text(text)

    store = Store(home)

    assert store.secret_fact("signing_key")
    store.close()


def test_a_restored_copy_of_the_first_version_is_refused(tmp_path: Path) -> None:
    """A clear store that is behind its counter isn't brought to this version."""
    home = tmp_path / "vault"
    create_vault(home, ORIGIN)
    store = Store(home)
    with store.change():
        store.connection.execute(f"PRAGMA user_version={CLEAR_VERSION}")
        store.put_fact("probe", b"1")
    store.close()
    (home / "changes.counter").unlink()
    with pytest.raises(HomeError, match="restored copy"):
        Store(home)
