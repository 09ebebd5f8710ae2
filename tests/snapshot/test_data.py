"""The committed test data: small, whole households, and every awkward value."""

from __future__ import annotations

import csv

from tests.make_data import AWKWARD, MAX_ROWS, awkward_values, cut
from tests.snapshot.extracts import DATA, NAMES, data_rows


def test_the_cut_is_small_and_stable() -> None:
    """The cut has at most 300 rows, and cutting it again changes nothing."""
    rows = data_rows()
    assert len(rows) <= MAX_ROWS
    assert rows == cut(rows)
    assert NAMES == list(rows[0])


def test_every_awkward_thing_is_in_the_cut() -> None:
    """Each kind of awkward value stands in some row, and so do many scripts."""
    rows = data_rows()
    shown = {name.split(": ")[1] for row in rows for name in awkward_values(row)}
    assert set(AWKWARD) == shown
    text = "".join(row["first_name"] + row["last_name"] for row in rows)
    assert all(
        any(first <= letter <= last for letter in text) for first, last in ("ԱՖ", "АЯ", "가힣", "一鿿", "ءي")
    )


def test_every_agent_of_the_cut_is_in_the_roster() -> None:
    """The roster beside the cut has all its agents."""
    with DATA.with_name("roster.csv").open(encoding="utf-8", newline="") as file:
        licences = {row["license_number"] for row in csv.DictReader(file)}
    assert {row["agent_license_number"] for row in data_rows()} <= licences
