"""What is destroyed is gone from every byte of the vault's folder, whatever kind of secret it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.vault.factories import ORIGIN
from vault.ceremony import create_vault
from vault.factors import Factors
from vault.holdings import (
    Holdings,
    factor_name,
    key_name,
    passphrase_name,
    read_target,
    snapshot_name,
)
from vault.store import Store

KINDS = [
    (key_name("X1", 1), "key:X1.1"),
    (key_name("X1", 1), "book:X1.1"),
    (key_name("X1", 1), "export:X1"),
    (passphrase_name("X1", 1), "passphrase:X1.1"),
    (passphrase_name("X1", 1), "book:X1.1"),
    (passphrase_name("X1", 1), "export:X1"),
    (snapshot_name("A1"), "snapshot:A1"),
    (factor_name("P1"), "factor:P1"),
    ("year:2011", "year:2011"),
]


def stored(store: Store, name: str) -> bytes:
    """Return what lies in the store under a name, as it lies there."""
    row = store.connection.execute("SELECT secret FROM secrets WHERE name = ?", (name,)).fetchone()
    assert isinstance(row[0], bytes)
    return row[0]


def traces(home: Path, *secrets: bytes) -> list[str]:
    """Return which files hold any 16 bytes in a row of what is looked for."""
    pieces = [secret[at : at + 16] for secret in secrets for at in range(0, max(1, len(secret) - 15), 8)]
    read = {path.name: path.read_bytes() for path in sorted(home.iterdir())}
    return [name for name, data in read.items() if any(piece in data for piece in pieces)]


@pytest.mark.parametrize(("name", "object_id"), KINDS)
def test_a_destroyed_secret_is_in_no_file(tmp_path: Path, name: str, object_id: str) -> None:
    """Neither it nor its wrapped form is in store, log or counter, while its neighbours still are."""
    home = tmp_path / "vault"
    create_vault(home, ORIGIN)
    store = Store(home)
    holdings = Holdings(store)
    secret = bytes(range(100, 132))
    with store.change():
        holdings.keep(name, secret)
        holdings.mint(key_name("X2", 1))
    wrapped, neighbour = stored(store, name), stored(store, key_name("X2", 1))

    assert traces(home, wrapped)

    with store.change():
        holdings.shred_target(read_target(object_id))

    assert traces(home, secret, wrapped) == []
    assert traces(home, neighbour)
    store.close()
    assert traces(home, secret, wrapped) == []


def test_a_factor_made_anew_leaves_nothing_of_the_one_before(tmp_path: Path) -> None:
    """Enrolling again shreds the secret of before, wrapped form and all."""
    home = tmp_path / "vault"
    create_vault(home, ORIGIN)
    store = Store(home)
    factors = Factors(store, Holdings(store))
    with store.change():
        factors.enrol("P1")
    before = stored(store, factor_name("P1"))
    with store.change():
        factors.enrol("P1")

    assert traces(home, before) == []
    assert traces(home, stored(store, factor_name("P1")))
    store.close()
