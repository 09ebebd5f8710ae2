"""Attacks on what lies beside the ledger: objects, the vault's file, people's rows, exports' rows."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from audit.entry import Actor, Resource
from house.doctor.compliance import check_policy
from house.doctor.data import check_exports
from house.doctor.findings import Verdict
from house.doctor.people import check_people
from house.doctor.system_keys import check_system_keys
from house.policies import FOLDER as POLICIES
from house.policies import Stage, keep_set
from house.system_keys import issue_key, revoke_key
from house.wiring import House
from identity.people import Role
from policies.actions import Action
from policies.gate import Ask, OutOfForceError, RefusedError, Who
from policies.rules import NUMBERS, POLICIES_FOLDER
from runtime.database import reading
from snapshot.shards import ShardError, open_rows
from store.people import agents_of_role, person_by_licence
from tests.attacks.scene import AGENT, OTHER, Scene
from tests.installation import CONSOLE_WHO, a_live_installation
from vault.errors import VaultError


def test_swap_two_shards(scene: Scene) -> None:
    """An object with two agents' shards in each other's place opens for neither."""
    _who, export = scene.ask()
    grant, published = scene.permit(export)
    house = scene.house("worker")
    keys = house.vault.build_book(grant.index, published=published.published_entry, passphrase="one")
    assert open_rows(grant, keys, house.objects, published).num_rows

    (path,) = [each for each in scene.home.settings.objects_root.rglob("*shards*") if each.is_file()]
    held = path.read_bytes()
    path.chmod(0o600)
    path.write_bytes(held[len(held) // 2 :] + held[: len(held) // 2])

    with pytest.raises(ShardError):
        open_rows(grant, keys, house.objects, published)


def swap_secrets(home: Path) -> None:
    """Let every secret of the vault's file lie under the next one's name."""
    with closing(sqlite3.connect(home / "vault.db")) as store:
        rows = store.execute("SELECT id, secret FROM secrets WHERE secret IS NOT NULL ORDER BY id").fetchall()
        assert len(rows) > 1
        for (row, _), (_, secret) in zip(rows, [*rows[1:], rows[0]], strict=True):
            store.execute("UPDATE secrets SET secret = ? WHERE id = ?", (secret, row))
        store.commit()


def test_swap_two_vault_rows(scene: Scene) -> None:
    """A secret under another's name opens nothing: each is bound to its own."""
    _who, export = scene.ask()
    grant, published = scene.permit(export)
    scene.restart_vault(meanwhile=swap_secrets)

    with pytest.raises(VaultError):
        scene.house("worker").vault.build_book(
            grant.index, published=published.published_entry, passphrase="one"
        )


def test_edit_a_persons_row(scene: Scene) -> None:
    """A licence prolonged by SQL gives nothing: the gate refuses, and the doctor finds the person."""
    who, export = scene.ask()
    scene.sql("UPDATE people SET licence_expires_on = '2099-01-01' WHERE licence = :agent", agent=AGENT)
    house = scene.house("api")

    with pytest.raises(RefusedError) as refused:
        scene.permit(export)
    assert ["F03"] == [rule.id for rule in refused.value.rules]
    resource = Resource(kind="export", id=export)
    with pytest.raises(RefusedError) as refused, house.gate.transaction(who) as tx:
        tx.decide(Ask(action=Action.REVOKE_EXPORT, resource=resource))
    assert ["F03"] == [rule.id for rule in refused.value.rules]
    found = check_people(scene.house("operator"))
    assert (Verdict.FAIL, True) == (found.verdict, who.actor.id in found.said)


def test_edit_the_row_of_the_agent_whose_book_it_is(scene: Scene) -> None:
    """A manager doesn't get the book of an agent who was put into their agency by SQL."""
    manager = scene.home.sign_in(scene.home.enrol(OTHER))
    with reading(scene.home.api.engine) as connection:
        own = person_by_licence(connection, OTHER).papers.agency_id
        others = agents_of_role(connection, Role.AGENT)
        victim = next(one.papers.licence for one in others if one.papers.agency_id != own)
    scene.sql("UPDATE people SET agency_id = :own WHERE licence = :victim", own=own, victim=victim)
    claims = {
        "agent": victim,
        "purpose": "agency-oversight",
        "channel": "link",
        "acknowledged": True,
    }

    with pytest.raises(RefusedError) as refused, scene.house("api").gate.transaction(manager) as tx:
        tx.decide(
            Ask(action=Action.REQUEST_EXPORT, resource=Resource(kind="export", id="e-1"), claims=claims)
        )
    assert ["F03"] == [rule.id for rule in refused.value.rules]


def test_edit_a_systems_key(scene: Scene) -> None:
    """A key that was prolonged, widened, revived or put in by SQL ends nothing; the doctor names it."""
    manager = scene.home.sign_in(scene.home.enrol(OTHER))
    issued = issue_key(scene.house("api"), manager, "An agency's")
    revoke_key(scene.house("api"), manager, issued.key.id)
    digest = "ab" * 32
    actor = Actor(kind="system", id=issued.key.id, role="system", session=issued.key.digest)
    feed = Ask(
        action=Action.END_DELEGATIONS, resource=Resource(kind="feed", id="f"), claims={"agents": (OTHER,)}
    )
    for edited in (
        "UPDATE api_keys SET revoked_at = NULL WHERE id = :key",
        "UPDATE api_keys SET agency = NULL, issuer = 'console' WHERE id = :key",
        "UPDATE api_keys SET expires_at = '2099-01-01T00:00:00.000000Z' WHERE id = :key",
    ):
        scene.sql(edited, key=issued.key.id)
        assert ["F03"] == refused_rules(scene, actor, feed)
    scene.sql(
        "INSERT INTO api_keys SELECT 'ffffffffffffffff', :digest, label, 'console', NULL, issued_at,"
        " '2099-01-01T00:00:00.000000Z', NULL FROM api_keys WHERE id = :key",
        digest=digest,
        key=issued.key.id,
    )
    planted = Actor(kind="system", id="f" * 16, role="system", session=digest)
    assert ["F03"] == refused_rules(scene, planted, feed)
    found = check_system_keys(scene.house("operator"))
    assert (Verdict.FAIL, True) == (found.verdict, planted.id in found.said)


def refused_rules(scene: Scene, actor: Actor, ask: Ask) -> list[str]:
    """Return the rules that refuse an actor."""
    who = Who(actor=actor, client="local:test")
    with pytest.raises(RefusedError) as refused, scene.house("api").gate.transaction(who) as tx:
        tx.decide(ask)
    return [rule.id for rule in refused.value.rules]


def test_edit_an_exports_state(scene: Scene) -> None:
    """An export that was moved on by SQL has no key in the vault, and the doctor names it."""
    _who, export = scene.ask()
    assert Verdict.OK == check_exports(scene.home.operator).verdict
    scene.sql(
        "UPDATE exports SET state = 'built', built_fencing = 1, book_digest = :book WHERE id = :export",
        book="ab" * 32,
        export=export,
    )

    found = check_exports(scene.house("operator"))

    assert (Verdict.FAIL, True) == (found.verdict, export in found.said)


def test_edit_the_policy_set(tmp_path: Path) -> None:
    """Files that aren't what was approved are in force nowhere: nothing is decided by them."""
    source = tmp_path / "set"
    shutil.copytree(POLICIES_FOLDER, source)
    with (source / NUMBERS).open("a", encoding="utf-8") as file:
        file.write("# a set of this house's own\n")
    with a_live_installation(tmp_path) as (home, _founders):
        digest = keep_set(home.data, source).digest
        home.adopt_policies(digest)
        assert home.operator.policies.standing().stage is Stage.IN_FORCE
        numbers = home.data / POLICIES / digest / NUMBERS
        text = numbers.read_text(encoding="utf-8")
        numbers.write_text(text.replace("exports_per_day = 10 ", "exports_per_day = 99 "), encoding="utf-8")

        house = House(home.settings, "operator")
        ask = Ask(action=Action.MANAGE_PEOPLE, resource=Resource(kind="roster", id="new"))
        with pytest.raises(OutOfForceError), house.gate.transaction(CONSOLE_WHO) as tx:
            tx.decide(ask)
        assert Verdict.FAIL is check_policy(house).verdict
        house.close()
