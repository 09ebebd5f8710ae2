"""Alive and ready."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.health import CHECKS, is_broker_well, is_database_well
from house.wiring import House
from tests.api.callers import Desk
from vault.client import VaultClient


def test_a_living_process_says_so(desk: Desk) -> None:
    """`/healthz` asks for nothing but the process."""
    answer = desk.client.get("/healthz")

    assert (200, {"status": "ok"}) == (answer.status_code, answer.json())


def test_a_whole_house_is_ready(desk: Desk) -> None:
    """With database, ledger, vault and broker `/readyz` is 200, and leaves no entry."""
    size = desk.house.reader.head().size

    answer = desk.client.get("/readyz")

    assert (200, {"status": "ok"}) == (answer.status_code, answer.json())
    assert size == desk.house.reader.head().size


def test_a_missing_vault_is_named(desk: Desk, tmp_path: Path) -> None:
    """What isn't ready is a code in `reasons`."""
    desk.replace_vault(VaultClient(tmp_path / "none", "", desk.house.reader))

    answer = desk.client.get("/readyz")

    assert (503, ["vault"]) == (answer.status_code, answer.json()["reasons"])
    assert "application/problem+json" == answer.headers["content-type"]


def test_a_ledger_that_cant_be_written_is_named(desk: Desk) -> None:
    """A full disk shows before anybody's access is refused."""
    with desk.with_full_disk():
        answer = desk.client.get("/readyz")

    assert (503, ["ledger"]) == (answer.status_code, answer.json()["reasons"])


def test_readiness_is_asked_once_a_second(desk: Desk, tmp_path: Path) -> None:
    """Asking often costs nothing: the answer of the last second stands."""
    first = desk.client.get("/readyz").status_code
    desk.replace_vault(VaultClient(tmp_path / "none", "", desk.house.reader))

    assert (200, 200) == (first, desk.client.get("/readyz").status_code)


@pytest.mark.embedded
def test_an_empty_folder_is_well_in_nothing_that_it_lacks(desk: Desk, tmp_path: Path) -> None:
    """Each check says no by itself and raises nothing."""
    elsewhere = desk.house.settings.model_copy(update={"data": tmp_path / "missing"})
    house = House(elsewhere, "api")

    assert not is_database_well(house)
    assert not is_broker_well(house)
    assert not CHECKS["ledger"](house)
