"""A rolled-back or rewritten database opens nothing, and says why (contract 2)."""

from __future__ import annotations

import pytest

from house.wiring import House
from policies.actions import Action
from policies.gate import Ask
from policies.grant import Grant
from runtime.settings import load_settings
from snapshot.published import newest_published
from tests.backends import copy_database, put_back
from tests.installation import Installation
from vault.errors import Code, VaultError, VaultForkError, VaultRefusedError, VaultRolledBackError
from worker.service import SERVICE, resource_of


def a_copy(home: Installation) -> str:
    """Copy the database as a backup would."""
    home.api.engine.dispose()
    return copy_database(home.operator.engine, home.data)


def roll_back(home: Installation, copy: str) -> None:
    """Put a copy of the database in place of the present one."""
    home.api.engine.dispose()
    put_back(home.operator.engine, copy)


def a_build_permit(home: Installation, export: str, fencing: int = 1) -> tuple[Grant, int]:
    """Get a recorded BuildBook permit, and the index of the snapshot's publication."""
    with home.api.gate.transaction(SERVICE) as tx:
        ask = Ask(action=Action.BUILD_BOOK, resource=resource_of(export), claims={"fencing": fencing})
        pending = tx.decide(ask)
        published = newest_published(tx.connection)
    assert published is not None
    return pending.grant(), published.published_entry


def a_worker(home: Installation) -> House:
    """The house as the worker has it, without a mail server."""
    return House(load_settings(home.data, type(home.settings)), "worker")


def test_a_database_from_before_the_permit_opens_nothing(home: Installation) -> None:
    """Rolled back to before the last permit, the ledger doesn't reach the vault's head any more."""
    export = home.ask(home.sign_in(home.enrol("0B65625")))
    copy = a_copy(home)
    worker = a_worker(home)
    grant, published = a_build_permit(home, export)
    worker.vault.build_book(grant.index, published=published, passphrase="a-passphrase")
    worker.close()
    roll_back(home, copy)

    again = a_worker(home)
    with pytest.raises(VaultRolledBackError, match="rolled back"):
        again.vault.sign()
    again.close()


def test_a_rewritten_ledger_opens_nothing(home: Installation) -> None:
    """Rolled back and grown again past the vault's head, the ledger is a fork, and its permits are void."""
    export = home.ask(home.sign_in(home.enrol("0B65625")))
    copy = a_copy(home)
    home.api.vault.sign()
    a_build_permit(home, export)
    home.api.vault.sign()
    roll_back(home, copy)
    grants = [a_build_permit(home, export, fencing) for fencing in (2, 3, 4)]
    worker = a_worker(home)

    with pytest.raises(VaultForkError, match="rewritten or replaced"):
        worker.vault.build_book(grants[-1][0].index, published=grants[-1][1], passphrase="a-passphrase")
    worker.close()


def test_the_worker_cannot_get_a_passphrase_back(home: Installation) -> None:
    """The worker's credential keeps passphrases and is never shown one, whatever permit stands."""
    who = home.sign_in(home.enrol("0B65625"))
    worker = a_worker(home)
    grant, published = a_build_permit(home, home.ask(who))
    worker.vault.build_book(grant.index, published=published, passphrase="a-passphrase")

    with pytest.raises(VaultRefusedError) as refused:
        worker.vault.reveal_passphrase(grant.index)
    assert refused.value.code in {Code.CALLER, Code.MISFIT, Code.SPENT}
    worker.close()


def test_a_permit_opens_once(home: Installation) -> None:
    """A spent permit opens nothing, not even for the caller that spent it."""
    who = home.sign_in(home.enrol("0B65625"))
    worker = a_worker(home)
    grant, published = a_build_permit(home, home.ask(who))
    worker.vault.build_book(grant.index, published=published, passphrase="a-passphrase")

    with pytest.raises(VaultError) as refused:
        worker.vault.build_book(grant.index, published=published, passphrase="another-one")
    assert Code.SPENT == refused.value.code
    worker.close()
