"""Consumers with confidential communications: their contact data don't reach what is stored."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from snapshot.manifest import read_manifest
from snapshot.shards import open_rows
from tests.snapshot.extracts import CATALOGUE, DATA, data_rows
from tests.snapshot.fakes import Room, a_grant

_CONTACT = [column.name for column in CATALOGUE.columns if column.group == "Contact"]


def test_contact_data_are_masked_before_they_are_stored(tmp_path: Path) -> None:
    """The flagged consumer's contact columns are masked in the shard, everybody else's are whole."""
    flagged = next(row for row in data_rows() if row["delegation_status"] == "active" and row["email"])
    manifest = read_manifest(
        json.dumps(
            {
                "v": 1,
                "as_of": "2026-11-20T21:00:00-08:00",
                "files": {
                    "extract.csv": {
                        "sha256": hashlib.sha256(DATA.read_bytes()).hexdigest(),
                        "rows": len(data_rows()),
                    }
                },
                "federal_tax_information": False,
                "confidential_communications": [flagged["consumer_id"], "not-in-the-extract"],
            }
        ),
        None,
    )
    room = Room(tmp_path)
    room.publish(room.bring_in(manifest=manifest).attempt)
    newest, agent = room.newest(), flagged["agent_license_number"]
    keys = room.vault.keys_of(newest.attempt, agent)
    stored = open_rows(a_grant(newest.ref, agent), keys, room.objects, newest).to_pylist()
    told = {row["consumer_id"]: row for row in data_rows() if row["agent_license_number"] == agent}
    for row in stored:
        before = told[row["consumer_id"]]
        same = [name for name in _CONTACT if (row[name] or "") == before[name]]
        if row["consumer_id"] == flagged["consumer_id"]:
            shown = [name for name in same if before[name]]
            assert [] == shown
            assert flagged["last_name"] == row["last_name"]
        elif len([each for each in stored if each["consumer_id"] == row["consumer_id"]]) == 1:
            assert _CONTACT == same
