"""The vault's client over the real ledger in a real database."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from audit.entry import Draft, Entry
from audit.ledger import Ledger
from audit.reader import LedgerReader
from runtime.clock import HouseClock
from runtime.database import open_database, writing
from tests.backends import copy_database
from tests.factories import a_database
from tests.vault.factories import ORIGIN, factor_permit
from tests.vault.process import a_vault_process
from vault.ceremony import create_vault
from vault.client import VaultClient
from vault.errors import VaultRolledBackError
from vault.table import CallerKind


def append(engine: Engine, entry: Entry) -> int:
    """Append an entry as the gate does, and return its index."""
    said = {field.name: getattr(entry, field.name) for field in fields(Draft)}
    with writing(engine) as connection:
        return Ledger(HouseClock()).append(connection, [Draft(**said)])[0].index


def test_the_vault_follows_the_database_and_not_its_copy(tmp_path: Path) -> None:
    """Permits of the real ledger open, signatures are stored, and an earlier copy opens nothing."""
    engine = a_database(tmp_path)
    founding = create_vault(tmp_path / "vault", ORIGIN)
    with a_vault_process(tmp_path / "vault") as process:
        reader = LedgerReader(engine)
        api = VaultClient(process.socket, founding.credentials[CallerKind.API], reader)
        secrets = [api.enrol_factor(append(engine, factor_permit(now=datetime.now(UTC)))) for _ in range(3)]
        note = api.sign()

        assert len(set(secrets)) == 3
        assert note == reader.checkpoint()

        permit = append(engine, factor_permit(now=datetime.now(UTC)))
        copy = copy_database(engine, tmp_path)
        append(engine, factor_permit(now=datetime.now(UTC)))
        api.sign()
        copied = open_database(copy)
        late = VaultClient(process.socket, founding.credentials[CallerKind.API], LedgerReader(copied))

        with pytest.raises(VaultRolledBackError):
            late.enrol_factor(permit)
        copied.dispose()
        engine.dispose()
