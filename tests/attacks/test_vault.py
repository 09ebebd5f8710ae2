"""Attacks on the vault by whoever has a credential: without a permit, with another's, with an old one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from policies.actions import LIFE_OF, Action
from tests.attacks.scene import Scene
from vault.errors import Code, VaultError


def test_ask_the_vault_without_a_permit(scene: Scene) -> None:
    """An entry that isn't a permit opens nothing, whichever it is."""
    _who, export = scene.ask()
    _grant, published = scene.permit(export)
    worker = scene.house("worker")

    for index in (0, 1, published.published_entry):
        with pytest.raises(VaultError) as refused:
            worker.vault.build_book(index, published=published.published_entry, passphrase="one")
        assert refused.value.code in {Code.NOT_A_PERMIT, Code.MISFIT}


def test_ask_the_vault_with_anothers_permit(scene: Scene) -> None:
    """A permit opens its own action for its own kind of caller, and for no other."""
    _who, export = scene.ask()
    grant, published = scene.permit(export)

    for caller in ("api", "operator"):
        with pytest.raises(VaultError) as refused:
            scene.house(caller).vault.build_book(
                grant.index, published=published.published_entry, passphrase="one"
            )
        assert Code.CALLER == refused.value.code
    with pytest.raises(VaultError) as refused:
        scene.house("worker").vault.send_book(grant.index)
    assert Code.MISFIT == refused.value.code


def test_ask_the_vault_with_an_old_permit(scene: Scene) -> None:
    """A permit opens once, and not after its end, whatever it is shown with."""
    _who, export = scene.ask()
    spent, published = scene.permit(export)
    late, _published = scene.permit(export, fencing=2)
    worker = scene.house("worker")
    worker.vault.build_book(spent.index, published=published.published_entry, passphrase="one")
    with pytest.raises(VaultError) as refused:
        worker.vault.build_book(spent.index, published=published.published_entry, passphrase="two")
    assert Code.SPENT == refused.value.code

    life = timedelta(seconds=LIFE_OF[Action.BUILD_BOOK])
    scene.restart_vault(later=int(life.total_seconds()) + 1)
    with pytest.raises(VaultError) as refused:
        scene.house("worker").vault.build_book(
            late.index, published=published.published_entry, passphrase="two"
        )
    assert Code.EXPIRED == refused.value.code
