"""Attacks on the ledger: by whoever owns the database, and by whoever would be believed in its name."""

from __future__ import annotations

import secrets

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from audit.checkpoint import Head, SigningKey, sign_checkpoint
from audit.ledger import Ledger, LedgerBrokenError
from audit.recheck import recheck
from audit.verify import VerifyError
from runtime.database import reading, writing
from tests.attacks.scene import AGENT, OTHER, Scene
from vault.errors import VaultForkError, VaultRolledBackError

_ROOT = "don't have the root that the vault signed"
COPY = (
    "INSERT INTO ledger_entries"
    " SELECT CAST(:place AS BIGINT), leaf, entry, at, event, action, outcome, actor, agent, export, fencing"
    ' FROM ledger_entries WHERE "index" = :source'
)


def a_foreign_key(scene: Scene) -> SigningKey:
    """Return a key of the attacker's own, under the ledger's name."""
    return SigningKey(scene.home.settings.origin, Ed25519PrivateKey.generate())


def test_edit_an_entry(scene: Scene) -> None:
    """An entry whose bytes were changed doesn't lead to the signed root."""
    with reading(scene.home.operator.engine) as connection:
        query = text('SELECT entry FROM ledger_entries WHERE "index" = 2')
        entry = bytes(connection.execute(query).scalar_one())
    edited = entry.replace(b'"done"', b'"none"').replace(b'"permit"', b'"refuse"')
    assert entry != edited
    scene.sql('UPDATE ledger_entries SET entry = :edited WHERE "index" = 2', edited=edited)

    with pytest.raises(VerifyError, match=f"entry 2|{_ROOT}"):
        scene.verify_now()


def test_delete_an_entry(scene: Scene) -> None:
    """A gap is named."""
    scene.sql('DELETE FROM ledger_entries WHERE "index" = 3')

    with pytest.raises(VerifyError, match="entry 3 is missing"):
        scene.verify_now()


def test_blank_an_entry(scene: Scene) -> None:
    """An entry whose bytes were taken away as if it had been pruned is named."""
    scene.sql(
        'INSERT INTO ledger_prunings ("index", below) VALUES (4, 4)',
        'UPDATE ledger_entries SET entry = :nothing WHERE "index" = 3',
        nothing=b"",
    )

    with pytest.raises(VerifyError, match="entry 3 has no bytes"):
        scene.verify_now()


def test_insert_an_entry(scene: Scene) -> None:
    """One more among the others, all later ones moved on, is another ledger."""
    scene.sql(
        'UPDATE ledger_entries SET "index" = "index" + 100000 WHERE "index" >= 3',
        'UPDATE ledger_entries SET "index" = "index" - 99999 WHERE "index" >= 100003',
        COPY,
        "DELETE FROM ledger_records",
        "DELETE FROM ledger_rules",
        place=3,
        source=2,
    )

    with pytest.raises(VerifyError, match=f"look-ups|its time|because|{_ROOT}"):
        scene.verify_now()


def test_reorder_entries(scene: Scene) -> None:
    """Two entries that changed places are found."""
    scene.sql(
        'UPDATE ledger_entries SET "index" = -1 WHERE "index" = 3',
        'UPDATE ledger_entries SET "index" = 3 WHERE "index" = 4',
        'UPDATE ledger_entries SET "index" = 4 WHERE "index" = -1',
    )

    with pytest.raises(VerifyError, match=f"look-ups|its time|{_ROOT}"):
        scene.verify_now()


def test_truncate_the_ledger(scene: Scene) -> None:
    """A ledger that lost its end opens nothing, and doesn't reach the checkpoint that somebody kept."""
    note, copy = scene.home.operator.vault.sign(), scene.copy()
    with reading(scene.home.operator.engine) as connection:
        kept = scene.home.operator.reader.head(connection).size - 5
    scene.ask()
    scene.home.operator.vault.sign()
    scene.put_back(copy)
    scene.sql('DELETE FROM ledger_entries WHERE "index" >= :kept', kept=kept)

    with pytest.raises(VaultRolledBackError):
        scene.house("operator").vault.sign()
    with pytest.raises(VerifyError, match=f"ends after {kept} entries"):
        scene.verify_now(note=note)


def test_roll_back_to_a_copy(scene: Scene) -> None:
    """A database from before the head that the vault saw last is refused by the vault."""
    copy = scene.copy()
    scene.ask()
    note = scene.home.operator.vault.sign()
    scene.put_back(copy)

    with pytest.raises(VaultRolledBackError, match="rolled back"):
        scene.house("operator").vault.sign()
    with pytest.raises(VerifyError, match="ends after"):
        scene.verify_now(note=note)


def rewrite(scene: Scene) -> str:
    """Replace the ledger's end by another, tree and look-ups recomputed; return the true checkpoint."""
    agents = [scene.home.enrol(licence) for licence in (AGENT, OTHER)]
    copy = scene.copy()
    scene.home.ask(scene.home.sign_in(agents[0]))
    note = scene.home.operator.vault.sign()
    scene.put_back(copy)
    # The house's own writer makes the whole tree anew, as an attacker with its source would.
    for agent in (*agents, *agents):
        scene.home.sign_in(agent)
    return note


def test_rewrite_everything(scene: Scene) -> None:
    """A whole recomputed tree is a fork for the vault, and for whoever kept a checkpoint."""
    note = rewrite(scene)

    with pytest.raises(VaultForkError, match="rewritten or replaced"):
        scene.house("operator").vault.sign()
    with pytest.raises(VerifyError, match=f"look-ups|{_ROOT}"):
        scene.verify_now(note=note)


def test_swap_the_key(scene: Scene) -> None:
    """A rewritten ledger that another key signs isn't taken by whoever has the ledger's own key."""
    pinned, kept = scene.vkey, rewrite(scene)
    forged = a_foreign_key(scene)
    house = scene.house("operator")
    note = sign_checkpoint(scene.home.settings.origin, house.reader.head(), forged)

    with pytest.raises(VerifyError, match="isn't this installation's"):
        recheck(house.engine, note, forged.verifier.text(), pinned=pinned)
    with pytest.raises(VerifyError, match="the old checkpoint"):
        recheck(house.engine, note, forged.verifier.text(), since=kept)


def test_forge_a_checkpoint(scene: Scene) -> None:
    """A checkpoint that the vault didn't sign is no checkpoint, also where it lies among the others."""
    head = Head(size=scene.home.operator.reader.head().size + 9, root=secrets.token_bytes(32))
    note = sign_checkpoint(scene.home.settings.origin, head, a_foreign_key(scene))
    scene.home.operator.reader.keep_checkpoint(note, head)

    with pytest.raises(VerifyError, match="the checkpoint"):
        scene.verify_now(note=note)


def test_forge_a_permit(scene: Scene) -> None:
    """A permit that was written by SQL, beside the tree, is in no head that the vault takes."""
    _who, export = scene.ask()
    grant, published = scene.permit(export)
    worker = scene.house("worker")
    worker.vault.build_book(grant.index, published=published.published_entry, passphrase="one")
    size = scene.home.operator.reader.head().size
    scene.sql(COPY, "UPDATE ledger_head SET size = size + 1", place=size, source=grant.index)

    again = scene.house("worker")
    with pytest.raises((LedgerBrokenError, VaultForkError)):
        again.vault.build_book(size, published=published.published_entry, passphrase="two")


def test_the_scene_is_sound_without_an_attack(scene: Scene) -> None:
    """What the others break holds as long as nobody does anything."""
    scene.ask()
    assert scene.verify_now(pinned=scene.vkey).pinned
    with writing(scene.home.operator.engine) as connection:
        assert [] == Ledger(scene.home.operator.clock).append(connection, [])
