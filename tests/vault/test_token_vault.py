"""The real vault's process on a real token (SoftHSM): founded, opened, rotated, and gone without it."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.vault.factories import (
    IMPORT_LISTS,
    ORIGIN,
    PASSPHRASE,
    book_permit,
    build_permit,
    factor_permit,
    import_permit,
    publication,
    rotation_permit,
)
from tests.vault.fakes import MemoryLedger
from tests.vault.process import PROJECT, a_vault_process
from tests.vault.tokens import Token
from vault.ceremony import create_vault
from vault.client import VaultClient
from vault.table import Call, CallerKind


@pytest.fixture
def home(tmp_path: Path, token: Token, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A vault's folder whose wrapping key is in a token, as the environment says from now on."""
    for name, value in token.environment.items():
        monkeypatch.setenv(name, value)
    return tmp_path / "vault"


def test_a_vault_lives_on_a_token(home: Path, token: Token) -> None:
    """Import, book, passphrase and factor open before and after a change of the token's key."""
    provider = token.provider()
    founding = create_vault(home, ORIGIN, provider=provider)
    (first,) = provider.ids()
    ledger, now = MemoryLedger(), datetime.now(UTC)
    with a_vault_process(home) as process:
        worker, api, operator = (
            VaultClient(process.socket, founding.credentials[kind], ledger)
            for kind in (CallerKind.WORKER, CallerKind.API, CallerKind.OPERATOR)
        )
        permit = ledger.append(import_permit(now=now))
        worker.import_snapshot(
            permit, attempt="A1", **{name: list(ids) for name, ids in IMPORT_LISTS.items()}
        )
        built = worker.build_book(
            ledger.append(build_permit(now=now)),
            published=ledger.append(publication()),
            passphrase=PASSPHRASE,
        )
        api.enrol_factor(ledger.append(factor_permit(now=now)))
        operator.rotate_key(ledger.append(rotation_permit("wrapping", now=now)))
        sent = worker.send_book(ledger.append(book_permit(Call.SEND_BOOK, now=now)))
        process.stop()
        process.start()
        shown = api.reveal_passphrase(ledger.append(book_permit(Call.REVEAL_PASSPHRASE, now=now)))
        status = api.status()
    raw = b"".join(path.read_bytes() for path in home.iterdir())

    assert built.book == sent
    assert shown == PASSPHRASE
    assert status.provider == "pkcs11"
    assert [status.wrapping_key] == provider.ids() != [first]
    assert not list(home.glob("wrapping-*"))
    for secret in (sent, PASSPHRASE.encode()):
        assert secret not in raw + token.raw()


def test_without_its_token_the_vault_says_so_and_doesn_t_start(home: Path, token: Token) -> None:
    """Another token, a wrong PIN, or another provider: exit code 1, and words that name no secret."""
    create_vault(home, ORIGIN, provider=token.provider())
    command = [sys.executable, "-m", "vault.server", "--home", str(home), "--socket", str(home / "s")]
    for changed, says in (
        ({"SEALEDBOOK_VAULT_PKCS11_TOKEN": "nowhere"}, "can't be opened"),
        ({"SEALEDBOOK_VAULT_PKCS11_PIN_FILE": "", "SEALEDBOOK_VAULT_PKCS11_PIN": "0000"}, "can't be opened"),
        ({"SEALEDBOOK_VAULT_PROVIDER": "file"}, "vault rebuild"),
    ):
        ended = subprocess.run(
            command,
            cwd=PROJECT,
            env={**os.environ, **changed},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

        assert ended.returncode == 1
        assert says in ended.stderr
        assert "Traceback" not in ended.stderr
        assert "0000" not in ended.stderr
    with a_vault_process(home) as process:
        assert process.process is not None
