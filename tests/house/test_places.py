"""An installation whose folders and servers lie elsewhere, as in containers with a volume each."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from house.doctor.findings import Verdict
from house.doctor.keys import check_files
from house.founding import Charter, FoundingError, found_installation
from house.wiring import House
from runtime.database import writing
from runtime.settings import Settings, SettingsError, load_settings
from tests.backends import servers
from tests.factories import a_database
from tests.vault.process import a_vault_process
from vault.health import main as ask_health

DEMO = Charter(mode="demo", exchange="Test Exchange")
KINDS = ("api", "worker", "operator")


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty data folder beside volumes of its own for keys, objects and each credential."""
    for name in ("data", "keys", "objects", *(f"credentials/{kind}" for kind in KINDS)):
        (tmp_path / name).mkdir(parents=True)
    for name, folder in {"VAULT": "keys", "OBJECTS": "objects", "CREDENTIALS": "credentials"}.items():
        monkeypatch.setenv(f"SEALEDBOOK_{name}_FOLDER", str(tmp_path / folder))
    return tmp_path / "data"


def test_each_part_lies_in_its_volume(data: Path) -> None:
    """The data folder holds no key and no credential, and each credential is alone."""
    settings = found_installation(data, DEMO)

    assert {"installation.toml", "vkey"} <= {path.name for path in data.iterdir()}
    assert not {"vault", "credentials", "objects"} & {path.name for path in data.iterdir()}
    for kind in KINDS:
        files = sorted(path.name for path in (settings.credentials / kind).iterdir())
        assert ["credential", "records.key"] == files
    assert 3 == len({settings.credential(kind) for kind in KINDS})
    with a_vault_process(settings.vault_home) as process:
        assert 0 == ask_health(["--socket", str(process.socket)])


def test_a_process_that_lacks_a_credential_says_so(data: Path, tmp_path: Path) -> None:
    """A container without the volume can't be another's caller."""
    found_installation(data, DEMO)
    (tmp_path / "credentials" / "api" / "credential").unlink()

    with pytest.raises(SettingsError, match="the api has no credential"):
        load_settings(data, Settings).credential("api")


@pytest.mark.parametrize("volume", ["keys", "objects", "credentials/worker"])
def test_a_volume_that_holds_something_is_refused(data: Path, tmp_path: Path, volume: str) -> None:
    """What lies in a volume already is somebody's; nothing is made or removed."""
    (tmp_path / volume / "credential").write_text("somebody's")

    with pytest.raises(FoundingError, match="holds parts of an installation"):
        found_installation(data, DEMO)
    assert "somebody's" == (tmp_path / volume / "credential").read_text()
    assert [] == list(data.iterdir())


@pytest.mark.servers
def test_a_database_with_a_ledger_is_refused(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second installation in one database would fork its ledger; nothing is made."""
    monkeypatch.setenv("SEALEDBOOK_DATABASE_URL", servers().fresh_database())
    found_installation(data, DEMO)

    with pytest.raises(FoundingError, match="holds a ledger already"):
        found_installation(tmp_path / "other", DEMO)
    assert not (tmp_path / "other").exists()


@pytest.mark.servers
def test_an_unfit_database_is_refused(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that may lose a commit holds no ledger, and one that isn't there neither."""
    engine = a_database(tmp_path)
    with writing(engine) as connection:
        connection.execute(text(f"ALTER DATABASE {engine.url.database} SET synchronous_commit = off"))
    engine.dispose()
    for url, why in (
        (engine.url.render_as_string(hide_password=False), "synchronous_commit is off"),
        (servers().url("nowhere"), r"can't be used \(OperationalError\)"),
    ):
        monkeypatch.setenv("SEALEDBOOK_DATABASE_URL", url)
        with pytest.raises(FoundingError, match=why):
            found_installation(data, DEMO)
        assert [] == list(data.iterdir())


def test_the_doctor_misses_no_credential_that_isnt_the_operators(data: Path, tmp_path: Path) -> None:
    """In a container of its own the operator sees one credential, and that is well."""
    settings = found_installation(data, DEMO)
    for kind in ("api", "worker"):
        (tmp_path / "credentials" / kind / "credential").unlink()

    found = check_files(House(settings, "operator"))

    assert Verdict.OK == found.verdict
    assert found.said.startswith("the operator's credential")
