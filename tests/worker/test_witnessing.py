"""Heads are cosigned by a real witness on loopback, and bundles carry its line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from audit.cosignature import WitnessVerifier, verify_cosignature
from audit.entry import Entry
from audit.events import Event
from audit.verify import VerifyError, verify_bundle
from audit.witness_folder import WitnessFolder
from cli.evidence import make_bundle
from house.anchors import ledger_keys
from house.wiring import House, WorkerHouse
from house.witnesses import cosigned_now, read_witnesses
from runtime.settings import SettingsError, WorkerSettings
from tests.backends import copy_database, put_back
from tests.installation import CONSOLE_WHO, Installation, an_installation
from tests.mail_server import MailServer
from tests.witnesses import serving
from tests.worker.houses import a_worker
from worker.service import SERVICE
from worker.witnessing import Witnessing

NAME = "witness.example/compliance"
OWN = {Event.HEAD_COSIGNED, Event.ANCHOR_FAILED}


@dataclass
class Scene:
    """An installation with one witness, whose time a test moves."""

    home: Installation
    settings: WorkerSettings
    witness: WitnessFolder
    folder: Path
    seconds: int = 0

    @property
    def verifier(self) -> WitnessVerifier:
        """The witness's key."""
        return self.witness.key().verifier

    def ask(self, *, signs: bool = True) -> None:
        """Sign the newest head, and have the witness asked once."""
        if signs:
            self.home.operator.vault.sign()
        offset = self.settings.clock_offset + self.seconds
        house = WorkerHouse(self.settings.model_copy(update={"clock_offset": offset}))
        Witnessing(house).run()
        house.close()
        self.seconds += 700

    def told(self) -> list[tuple[Event, str | None]]:
        """Return what the ledger says of the witness."""
        reader = self.home.operator.reader
        entries = [Entry.decode(data) for data in reader.entries(0, reader.head().size)]
        return [(each.event, each.reason) for each in entries if each.event in OWN]

    def operator(self) -> House:
        """Return the operator's house with the witness in its settings."""
        return House(self.settings, "operator")


@pytest.fixture
def scene(tmp_path: Path, mail: MailServer) -> Iterator[Scene]:
    """An installation with a witness that is being served."""
    witness = WitnessFolder(tmp_path / "witness")
    vkey = witness.create(NAME)
    with an_installation(tmp_path) as home, serving(witness) as port:
        witness.trust((home.data / "vkey").read_text())
        listed = tmp_path / "witnesses"
        listed.write_text(f"# compliance\n{vkey} http://127.0.0.1:{port}\n")
        with a_worker(home, mail, witnesses_file=f'"{listed}"') as house:
            yield Scene(home, house.settings, witness, tmp_path)


def test_each_head_that_moved_is_cosigned(scene: Scene) -> None:
    """The witness follows the ledger, and its own entries ask for no further line."""
    scene.ask()
    scene.home.take_roster()
    for _ in range(3):
        scene.ask()
    assert [(Event.HEAD_COSIGNED, None)] * 2 == scene.told()
    keys = ledger_keys(scene.home.operator)
    seen = scene.witness.seen(keys)
    assert seen is not None
    assert scene.home.operator.reader.head().size == seen.size + 1


def test_a_bundle_carries_the_witnesss_line(scene: Scene) -> None:
    """Who demands the witness finds it; another witness's line isn't there."""
    bundle, house = scene.folder / "bundle", scene.operator()
    make_bundle(house, bundle)
    house.close()
    assert verify_cosignature((bundle / "checkpoint").read_text(), scene.verifier)
    vkey = (scene.home.data / "vkey").read_text()
    verify_bundle(bundle, vkey=vkey, witnesses=[scene.verifier.text()])
    other = WitnessFolder(scene.folder / "other").create("witness.example/other")
    with pytest.raises(VerifyError):
        verify_bundle(bundle, vkey=vkey, witnesses=[other])


def test_a_rolled_back_ledger_is_found_by_its_witness(scene: Scene) -> None:
    """The witness has seen more than the ledger holds: an entry says so, and nothing is cosigned."""
    scene.home.operator.vault.sign()
    early = copy_database(scene.home.operator.engine, scene.home.data)
    scene.home.take_roster()
    scene.ask()
    put_back(scene.home.operator.engine, early)
    scene.ask(signs=False)
    assert [(Event.ANCHOR_FAILED, "not-extended")] == scene.told()


def test_a_witness_behind_or_ahead_of_our_notes_is_no_alarm(scene: Scene) -> None:
    """Whoever asked it last, the witness names the size to go on from."""
    scene.ask()
    scene.home.take_roster()
    house = scene.operator()
    house.engine.dispose()
    assert verify_cosignature(cosigned_now(house, house.vault.sign(), CONSOLE_WHO, 5), scene.verifier)
    with house.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM outposts")
    scene.home.enrol("0B65625")
    assert verify_cosignature(cosigned_now(house, house.vault.sign(), SERVICE, 5), scene.verifier)
    house.close()
    assert {(Event.HEAD_COSIGNED, None)} == set(scene.told())


def test_a_witness_that_is_away_leaves_a_bundle_without_its_line(scene: Scene) -> None:
    """Evidence is handed out all the same, and the failure is told once."""
    listed = scene.settings.witnesses_file
    assert listed is not None
    listed.write_text(f"{scene.verifier.text()} http://127.0.0.1:9\n")
    for _ in range(2):
        scene.ask()
    assert [(Event.ANCHOR_FAILED, "unreachable")] == scene.told()
    house = scene.operator()
    make_bundle(house, scene.folder / "bundle")
    house.close()
    verify_bundle(scene.folder / "bundle")


@pytest.mark.parametrize("line", ["nonsense", "{vkey}", "{vkey} http://witness.example", "{vkey} ftp://x y"])
def test_a_line_that_names_no_witness_is_an_error(tmp_path: Path, line: str) -> None:
    """A vkey and an address are needed, and TLS beyond this machine."""
    vkey = WitnessFolder(tmp_path / "witness").create(NAME)
    path = tmp_path / "witnesses"
    path.write_text(line.format(vkey=vkey))
    with pytest.raises(SettingsError, match="vkey, space, address"):
        read_witnesses(path)
