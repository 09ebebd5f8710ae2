"""Changing keys: what was held opens as before, what was destroyed is in no byte of any file."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from audit.checkpoint import VerifierKey, read_checkpoint
from audit.key_history import read_history, write_history
from tests.vault.factories import (
    ORIGIN,
    House,
    a_house_with_a_book,
    book_permit,
    rotation_permit,
)
from tests.vault.fakes import CrashError, DyingKeys, DyingStore
from vault.ceremony import create_vault
from vault.errors import Code
from vault.home import STORE_NAME
from vault.keeper import Keeper
from vault.shares import new_recovery_key, open_copy, public_half
from vault.store import Store
from vault.table import Call, CallerKind
from vault.wrapping import ProviderError

WORKER, OPERATOR, API = CallerKind.WORKER, CallerKind.OPERATOR, CallerKind.API


@pytest.fixture
def house(tmp_path: Path) -> House:
    """Return a vault that minted attempt A1 and book X1 with fencing token 1."""
    return a_house_with_a_book(tmp_path)


def rotate(house: House, key: str, *material: str, kind: CallerKind = OPERATOR) -> Code:
    """Change a key under a fresh permit; return the answer's code."""
    lists = {"material": material}
    return house.ask(kind, Call.ROTATE_KEY, rotation_permit(key), lists=lists).code


def raw(house: House) -> bytes:
    """Return every byte of the vault's folder: store, its log, counter, key files."""
    return b"".join(path.read_bytes() for path in house.home.iterdir())


def key_file(house: House) -> Path:
    """Return the one file of the wrapping key."""
    (path,) = house.home.glob("wrapping-*.key")
    return path


def test_a_fresh_wrapping_key_wraps_everything_anew(house: House) -> None:
    """Books open as before, after a restart too; old key and old rows are in no file."""
    old_file = key_file(house)
    old_key = bytes.fromhex(old_file.read_text())
    rows = house.store.connection.execute("SELECT secret FROM secrets WHERE secret IS NOT NULL")
    old_rows = [row[0] for row in rows.fetchall()]
    before = house.ask(WORKER, Call.SEND_BOOK, book_permit(Call.SEND_BOOK)).body

    assert rotate(house, "wrapping") is Code.OPENED

    house.store.close()
    house.open()
    after = house.ask(WORKER, Call.SEND_BOOK, book_permit(Call.SEND_BOOK)).body
    found = raw(house)

    assert before == after
    assert old_file != key_file(house)
    assert old_key not in found
    assert old_key.hex().encode() not in found
    assert not [row for row in old_rows if row in found]
    house.store.close()


@pytest.mark.parametrize("is_committed", [False, True])
def test_a_crash_while_wrapping_anew_leaves_all_secrets(house: House, *, is_committed: bool) -> None:
    """Dying before the commit the old key stays; dying after it the old key goes at the next start."""
    old = key_file(house)
    house.store.close()
    keys = DyingKeys(house.home)
    keys.dies = is_committed
    house.store = store = DyingStore(house.home, provider=keys)
    store.dies_before_commit = not is_committed
    house.keeper = Keeper(store, house.clock, house.machine)
    with pytest.raises(CrashError):
        rotate(house, "wrapping")
    store.close()

    assert 2 == len(list(house.home.glob("wrapping-*.key")))

    house.open()

    assert is_committed == (not old.exists())
    assert house.ask(WORKER, Call.SEND_BOOK, book_permit(Call.SEND_BOOK)).code is Code.OPENED
    house.store.close()


def test_a_backup_from_before_the_change_opens_nothing(house: House) -> None:
    """A store that was copied before the wrapping key changed has no key any more."""
    house.store.close()
    backup = (house.home / STORE_NAME).read_bytes()
    house.open()
    rotate(house, "wrapping")
    house.store.close()
    (house.home / STORE_NAME).write_bytes(backup)
    with pytest.raises(ProviderError):
        Store(house.home)


def test_a_fresh_signing_key_follows_the_one_before(house: House) -> None:
    """The history names both; heads are signed by the new key; the old one is in no file."""
    old = house.store.secret_fact("signing_key")
    wrapped = house.store.fact("signing_key")
    first = VerifierKey.parse(house.founding.vkey)
    for times in (1, 2):
        assert rotate(house, "checkpoint") is Code.OPENED

        body = house.ask(API, Call.STATUS).body
        history = read_history(str(body["history"]))
        note = house.ask(API, Call.SIGN).body["checkpoint"]

        assert first == history.first
        assert times == len(history.handovers)
        assert body["vkey"] == history.newest.text()
        assert house.keeper.head == history.heads[-1]
        assert (ORIGIN, house.keeper.head) == read_checkpoint(note, history.newest)
    found = raw(house)

    assert old not in found
    assert wrapped not in found
    house.store.close()
    house.open()

    assert house.ask(API, Call.STATUS).body["vkey"] == history.newest.text()
    house.store.close()


def test_a_whole_copy_from_before_a_handover_locks_itself(house: House) -> None:
    """Store, counter and key put back together: shown that its key handed over, the copy opens nothing."""
    house.store.close()
    copied = {path: path.read_bytes() for path in house.home.iterdir()}
    house.open()
    for _ in range(2):
        rotate(house, "checkpoint")
    history = str(house.ask(API, Call.STATUS).body["history"])

    assert house.ask(API, Call.SIGN, history=history).code is Code.OPENED

    house.store.close()
    for path, data in copied.items():
        path.write_bytes(data)
    house.open()
    other = write_history(VerifierKey.parse(create_vault(house.home.parent / "other", ORIGIN).vkey), ())
    for harmless in ("nonsense", other, history.split("\n\n", maxsplit=1)[0] + "\n"):
        assert house.ask(API, Call.SIGN, history=harmless).code is Code.OPENED
    assert house.ask(API, Call.SIGN, history=history).code is Code.BEHIND
    assert house.ask(API, Call.SIGN).code is Code.BEHIND
    house.store.close()


def test_old_credentials_are_refused_at_once(house: House) -> None:
    """From the answer on only the new ones are known, each as its own kind."""
    fresh = {kind: f"{kind.value}-fresh" for kind in CallerKind}
    material = [f"{kind.value}:{sha256(text.encode()).hexdigest()}" for kind, text in fresh.items()]

    assert rotate(house, "credentials", *material) is Code.OPENED
    for kind in CallerKind:
        assert house.ask(kind, Call.SIGN).code is Code.CREDENTIAL
        assert house.ask(kind, Call.SIGN, credential=fresh[kind]).code is Code.OPENED
    for text in house.founding.credentials.values():
        assert sha256(text.encode()).digest() not in raw(house)
    house.store.close()


@pytest.mark.parametrize(
    ("key", "material"),
    [
        ("everything", ()),
        ("wrapping", ("00" * 32,)),
        ("checkpoint", ("x",)),
        ("recovery", ()),
        ("recovery", ("00",)),
        ("credentials", ()),
        ("credentials", tuple(f"{kind.value}:{'00' * 32}" for kind in CallerKind)),
        ("credentials", tuple(f"{kind.value}:short{kind.value}" for kind in CallerKind)),
        ("credentials", (f"api:{'00' * 32}",)),
    ],
)
def test_what_makes_no_sense_changes_nothing(house: House, key: str, material: tuple[str, ...]) -> None:
    """Unknown keys, missing or odd material are misfits."""
    before = house.ask(API, Call.STATUS).body

    assert rotate(house, key, *material) is Code.MISFIT
    assert before == house.ask(API, Call.STATUS).body
    assert house.ask(API, Call.SIGN).code is Code.OPENED
    house.store.close()


def test_only_the_operator_changes_keys_and_once_a_permit(house: House) -> None:
    """Worker and API are refused; a spent permit changes nothing more."""
    assert rotate(house, "wrapping", kind=WORKER) is Code.CALLER
    assert rotate(house, "wrapping", kind=API) is Code.CALLER

    index = house.ledger.append(rotation_permit("wrapping"))
    lists: dict[str, tuple[str, ...]] = {"material": ()}
    assert house.ask(OPERATOR, Call.ROTATE_KEY, index, lists=lists).code is Code.OPENED
    key_id = house.store.wrapping_key_id

    assert house.ask(OPERATOR, Call.ROTATE_KEY, index, lists=lists).code is Code.SPENT
    assert key_id == house.store.wrapping_key_id
    house.store.close()


def test_a_recovery_key_opens_the_copy_of_each_wrapping_key_after_it(house: House) -> None:
    """Since the ceremony the vault keeps a copy for the recovery key, through later changes too."""
    recovery = new_recovery_key()

    assert house.ask(API, Call.STATUS).body["has_shares"] is False
    assert rotate(house, "recovery", public_half(recovery).hex()) is Code.OPENED

    for _ in range(2):
        copy = house.store.fact("recovery_copy")

        assert key_file(house).read_text().strip() == (
            open_copy(recovery, house.store.wrapping_key_id, copy).hex()
        )
        assert rotate(house, "wrapping") is Code.OPENED
    assert house.ask(API, Call.STATUS).body["has_shares"] is True
    assert recovery not in raw(house)
    house.store.close()
