"""`/metrics` tells numbers and codes, and nothing about anybody."""

from __future__ import annotations

from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from house.wiring import House
from tests.api.callers import Desk
from tests.installation import Installation
from vault.client import VaultClient

PLANTED = "Guadalupe-Montgomery-Ramirez"


def samples(desk: Desk) -> dict[tuple[str, ...], float]:
    """Return what `/metrics` tells, by name and labels."""
    answer = desk.client.get("/metrics")
    assert 200 == answer.status_code
    assert answer.headers["content-type"].startswith("text/plain")
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_house_tells_its_numbers(desk: Desk, published: Installation) -> None:
    """States, sizes, ages and the vault's standing are there, each state with a number."""
    told = samples(desk)

    assert 1 == told["sealedbook_readable",] == told["sealedbook_vault_up",]
    assert 0 == told["sealedbook_vault_locked",]
    assert {"accepted", "sent", "unknown"} <= {key[1] for key in told if key[0] == "sealedbook_exports"}
    assert published.operator.reader.head().size == told["sealedbook_ledger_entries",]
    assert told["sealedbook_snapshot_age_seconds",] > told["sealedbook_roster_age_seconds",] >= 0
    assert told["sealedbook_ledger_unsigned_entries",] <= told["sealedbook_ledger_entries",]


def test_requests_are_counted_by_template_and_status(desk: Desk) -> None:
    """What was typed into a path, a method or a body is no label; the door's own answers count too."""
    desk.client.get(f"/v1/exports/{PLANTED}")
    desk.client.request(PLANTED, f"/{PLANTED}")
    desk.client.post("/v1/sessions", content=b"x" * 100_000)
    told = samples(desk)

    assert 1 == told["sealedbook_requests_total", "GET", "/v1/exports/{export}", "401"]
    assert 1 == sum(value for key, value in told.items() if key[-1] == "413")
    assert 1 == told["sealedbook_request_seconds_count", "/v1/exports/{export}"]
    assert not any(PLANTED in part for key in told for part in key)


def test_dead_vault_is_a_number(desk: Desk, tmp_path: Path) -> None:
    """A vault that doesn't answer is 0, and the rest is told all the same."""
    desk.replace_vault(VaultClient(tmp_path / "none", "", desk.house.reader))
    told = samples(desk)

    assert (1, 0) == (told["sealedbook_readable",], told["sealedbook_vault_up",])
    assert ("sealedbook_vault_locked",) not in told


def test_broken_house_says_so(desk: Desk, tmp_path: Path) -> None:
    """Without a database the process still tells what it answered."""
    elsewhere = desk.house.settings.model_copy(update={"data": tmp_path, "database_url": ""})
    from api.metrics import _HouseCollector  # noqa: PLC0415 - the reader alone, over a house that isn't there

    told = {
        metric.name: metric.samples[0].value for metric in _HouseCollector(House(elsewhere, "api")).collect()
    }
    assert {"sealedbook_readable": 0} == told
