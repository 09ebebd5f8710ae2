"""Keys changed by command on a real installation: files follow the vault, entries tell, callers go on."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from audit.bundle import write_bundle
from audit.entry import Entry
from audit.events import Event, Outcome
from audit.key_history import digest_of_key
from audit.note import VerifierKey
from audit.verify import verify_bundle
from house import keys
from house.doctor.keys import check_vault
from house.founding import VKEY_FILE
from house.keys import KeysError
from house.presence import PresenceError, two_present
from policies.gate import RefusedError
from runtime.database import writing
from store.people import keep_password
from tests.installation import (
    CHEAP_HASHER,
    CONSOLE_WHO,
    SATURDAY,
    Installation,
    a_live_installation,
    an_installation,
)
from vault.client import VaultClient
from vault.errors import Code, VaultRefusedError


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Installation]:
    """A fresh installation with its vault running."""
    with an_installation(tmp_path) as installation:
        yield installation


def entries(home: Installation) -> list[Entry]:
    """Return the whole ledger."""
    reader = home.operator.reader
    return [Entry.decode(encoded) for encoded in reader.entries(0, reader.head().size)]


def vkey(home: Installation) -> VerifierKey:
    """Return the key that the installation's file names."""
    return VerifierKey.parse((home.data / VKEY_FILE).read_text().strip())


def test_a_rotated_signing_key_is_followed_by_who_pinned_the_first(home: Installation) -> None:
    """Key file, entry and bundle name the new key; the bundle verifies under the founding one."""
    first = vkey(home)
    keys.rotate_checkpoint(home.operator, CONSOLE_WHO)
    rotated = [one for one in entries(home) if one.event is Event.KEY_ROTATED]
    note = home.operator.vault.sign()
    bundle = home.data.parent / "bundle"
    write_bundle(home.operator.reader, bundle, vkey(home).text(), note, keys=keys.key_history(home.operator))

    assert first != vkey(home)
    assert [digest_of_key(vkey(home))] == [one.vkey for one in rotated]
    assert [Event.KEY_DESTROYED] == [one.event for one in entries(home)[-1:]]
    for known in (first, vkey(home)):
        assert "keys: 2" in "\n".join(verify_bundle(bundle, vkey=known.text()).lines())


def test_a_rotation_that_died_before_its_files_is_settled_by_the_next(home: Installation) -> None:
    """The vault handed over and the file didn't follow: the next command writes and records it."""
    first = (home.data / VKEY_FILE).read_text()
    keys.rotate_checkpoint(home.operator, CONSOLE_WHO)
    second = vkey(home)
    (home.data / VKEY_FILE).write_text(first)
    home.settings.key_history.unlink()
    found = check_vault(home.operator)

    assert "follows" in found.said
    assert "vault settle" in found.advice

    keys.rotate_wrapping(home.operator, CONSOLE_WHO)

    assert "provider `file`" in check_vault(home.operator).said
    assert second == vkey(home)
    assert keys.key_history(home.operator) == home.operator.vault.status().history


def test_running_callers_go_on_with_fresh_credentials_and_old_ones_are_refused(home: Installation) -> None:
    """The API, which has been talking to the vault, signs on; who kept the old text is refused."""
    old = home.settings.credential("api")
    home.api.vault.sign()
    keys.rotate_credentials(home.operator, CONSOLE_WHO)
    thief = VaultClient(home.settings.vault_socket, old, home.operator.reader)
    with pytest.raises(VaultRefusedError) as caught:
        thief.sign()

    assert caught.value.code is Code.CREDENTIAL
    assert home.api.vault.sign()
    assert old != home.settings.credential("api")
    assert not list(home.settings.credentials.glob("*.next"))


@pytest.mark.parametrize("vault_knows", [True, False])
def test_credentials_left_half_changed_are_settled(home: Installation, *, vault_knows: bool) -> None:
    """Whether the vault had learnt of them or not, afterwards every caller has one that it knows."""
    folder = home.settings.credentials
    kept = home.data.parent / "kept"
    shutil.copytree(folder, kept)
    keys.rotate_credentials(home.operator, CONSOLE_WHO)
    for kind in ("api", "worker", "operator"):
        if vault_knows:
            (folder / kind).rename(folder / f"{kind}.next")
            shutil.copy(kept / kind, folder / kind)
        else:
            (folder / f"{kind}.next").write_text("f" * 64)
    keys.settle(home.operator, CONSOLE_WHO)

    assert not list(folder.glob("*.next"))
    assert home.operator.vault.sign()
    assert home.api.vault.sign()


def test_every_change_is_told_by_its_permit_and_entries(home: Installation) -> None:
    """key.requested, key.rotated and key.destroyed stand for each, the last two because of the first."""
    keys.rotate_wrapping(home.operator, CONSOLE_WHO)
    keys.rotate_credentials(home.operator, CONSOLE_WHO)
    told = [(one.event, one.resource.id, one.because) for one in entries(home) if one.resource.kind == "key"]

    assert [event for event, _id, _because in told] == [
        Event.KEY_REQUESTED,
        Event.KEY_ROTATED,
        Event.KEY_DESTROYED,
    ] * 2
    for at in (0, 3):
        assert {told[at][1]} == {one[1] for one in told[at : at + 3]}
        assert told[at + 1][2] == told[at + 2][2] is not None


def test_a_year_s_key_is_kept_until_its_term_is_over(home: Installation) -> None:
    """This year's and the tenth before are refused here and by the gate; nothing asks the vault."""
    year = home.operator.clock.now().year
    for kept in (year, year - 10, 1999):
        with pytest.raises(KeysError, match="kept until"):
            keys.destroy_year(home.operator, CONSOLE_WHO, kept)


def test_after_its_term_a_year_s_key_is_destroyed_with_a_record(tmp_path: Path) -> None:
    """In the eleventh year after, the record is returned and its digest stands in the ledger."""
    with an_installation(tmp_path, at=datetime(2037, 1, 2, tzinfo=UTC)) as home:
        try:
            record = keys.destroy_year(home.operator, CONSOLE_WHO, SATURDAY.year)
        except RefusedError as error:
            pytest.fail(f"refused by {error.rules}")

        assert "object year:2026\n" in record
        assert entries(home)[-1].event is Event.OBJECT_DESTROYED
        assert entries(home)[-1].objects == ("year:2026",)


def test_two_people_are_present_by_their_passwords(tmp_path: Path) -> None:
    """One alone, one twice, strangers and a wrong password are refused; right ones stand in the ledger."""
    with a_live_installation(tmp_path) as (home, invited):
        people = [one.person for one in invited.values()]
        with writing(home.operator.engine) as connection:
            for person in people:
                keep_password(connection, person.id, CHEAP_HASHER.hash(person.username))
        names = [person.username for person in people]
        for tried, says in (
            (names[:1], "two people"),
            (names[:1] * 2, "two people"),
            ([names[0], "nobody"], "no person nobody"),
        ):
            with pytest.raises(PresenceError, match=says):
                two_present(home.operator, tried, lambda person: person.username, "vault-ceremony")
        with pytest.raises(PresenceError, match="isn't the password"):
            two_present(home.operator, names, lambda _person: names[0], "vault-ceremony")
        present = two_present(home.operator, names, lambda person: person.username, "vault-ceremony")
        told = [(one.actor.id, one.outcome) for one in entries(home) if one.event is Event.COMMAND_ISSUED]

    first, second = (person.id for person in people)
    assert [person.id for person in present] == [first, second]
    assert told == [
        (first, Outcome.DONE),
        (second, Outcome.REFUSE),
        (first, Outcome.DONE),
        (second, Outcome.DONE),
    ]
