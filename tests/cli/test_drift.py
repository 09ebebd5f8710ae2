"""Data that moved too far wait for a person's word, at the console of a real installation."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from audit.events import Event
from policies.gate import RefusedError
from tests.cli.conftest import Run, last_entries
from tests.installation import AS_OF, Installation, an_installation
from tests.snapshot.extracts import data_rows, write_rows

NEXT = "2026-11-27T21:00:00-08:00"


@pytest.fixture
def later(tmp_path: Path) -> Iterator[Installation]:
    """An installation in the first night of the week after its published data."""
    with an_installation(tmp_path, at=AS_OF + timedelta(days=7, hours=4)) as made:
        made.publish(made.extract)
        yield made


def test_drift_is_published_with_a_reason_only(run: Run, later: Installation, tmp_path: Path) -> None:
    """Half the agents gone: checked, refused by R34, listed as late, then published by a person's word."""
    agents = sorted({row["agent_license_number"] for row in data_rows()})
    kept = {*agents[: len(agents) // 2]}
    rows = [row | {"snapshot_as_of": NEXT} for row in data_rows() if row["agent_license_number"] in kept]
    extract = write_rows(tmp_path / "half.csv", rows)
    place = ("--data", later.data)
    listed = run("snapshot", "list", *place).stdout
    assert listed.startswith("2026-11-27 21:00 PST  expected, late")
    imported = run("snapshot", "import", extract, "--as-of", NEXT, *place)
    assert "[agents-gone]" in imported.stdout, imported.exception
    assert "--despite-drift confirmed-by-exchange|" in imported.stdout
    refused = run("snapshot", "publish", *place).exception
    assert isinstance(refused, RefusedError)
    assert ["R34"] == [rule.id for rule in refused.rules]
    week = json.loads(run("snapshot", "list", "--json", *place).stdout)["week"]
    assert ("checked", True) == (week["state"], week["late"])
    published = run("snapshot", "publish", "--despite-drift", "agents-left", *place)
    assert "12 gone" in published.stdout, published.exception
    recorded = {entry.event: entry for entry in last_entries(later, 4)}
    assert "agents-left" == recorded[Event.PUBLICATION_REQUESTED].reason
    assert recorded[Event.SNAPSHOT_PUBLISHED].reason is None
    assert 2 == run("snapshot", "publish", "--despite-drift", "because", *place).exit_code
