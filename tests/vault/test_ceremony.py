"""The founding: once, for the owner alone, with nothing kept that opens."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit.checkpoint import NoteError, VerifierKey
from tests.vault.factories import ORIGIN
from vault.ceremony import create_vault
from vault.home import HomeError
from vault.table import CallerKind


def test_a_founding_gives_each_kind_its_credential_and_the_vkey(tmp_path: Path) -> None:
    """Credentials are 256 bits each and all different; the vkey bears the origin's name."""
    founding = create_vault(tmp_path / "vault", ORIGIN)

    assert set(CallerKind) == founding.credentials.keys()
    assert {64} == {len(text) for text in founding.credentials.values()}
    assert len(set(founding.credentials.values())) == 3
    assert VerifierKey.parse(founding.vkey).name == ORIGIN
    assert not [text for text in founding.credentials.values() if text in repr(founding)]


def test_the_folder_is_its_owner_s_and_holds_no_credential(tmp_path: Path) -> None:
    """The home is 0700, its store 0600, and no credential stands in any file."""
    home = tmp_path / "vault"
    founding = create_vault(home, ORIGIN)
    raw = b"".join(path.read_bytes() for path in home.iterdir())

    assert home.stat().st_mode & 0o777 == 0o700
    assert (home / "vault.db").stat().st_mode & 0o777 == 0o600
    assert not [text for text in founding.credentials.values() if text.encode() in raw]
    assert not [text for text in founding.credentials.values() if bytes.fromhex(text) in raw]


def test_a_vault_is_founded_once(tmp_path: Path) -> None:
    """A second founding in the same folder is refused; a bad origin leaves no vault."""
    create_vault(tmp_path / "vault", ORIGIN)
    with pytest.raises(HomeError):
        create_vault(tmp_path / "vault", ORIGIN)
    with pytest.raises(NoteError):
        create_vault(tmp_path / "other", "two words")

    assert not (tmp_path / "other").exists()
