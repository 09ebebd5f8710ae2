"""`init` founds a live installation by two people, whose codes it tells once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cli.desk import CommandError
from identity.invitations import digest_of_code
from runtime.settings import Settings, load_settings
from tests.cli.conftest import Run

REVIEWER = "Rita Review <Rita@exchange.example>"
OPERATOR = "Omar Operate <omar@exchange.example>"
LIVE = ("--exchange", "Test Exchange", "--reviewer", REVIEWER, "--operator", OPERATOR)


def test_a_live_installation_tells_two_codes_once(run: Run, tmp_path: Path) -> None:
    """The codes are printed by `init` alone; afterwards the folder and the list hold none of them."""
    house = tmp_path / "house"
    done = run("init", *LIVE, "--data", house)
    codes = re.findall(r"(?:[0-9A-Z]{4}-){12}[0-9A-Z]{4}", done.stdout)
    settings = load_settings(house, Settings)
    listed = run("people", "invitations", "--data", house).stdout

    assert ("live", "Test Exchange", 0) == (settings.mode, settings.exchange, settings.clock_offset)
    assert 2 == len(set(codes))
    for code in codes:
        assert code not in listed
        assert not any(code.encode() in path.read_bytes() for path in house.rglob("*") if path.is_file())
        stored = b"".join(path.read_bytes() for path in house.glob("house.db*"))
        assert digest_of_code(code).encode() in stored
    assert {"reviewer rita@exchange.example", "operator omar@exchange.example"} == {
        line.rpartition("  ")[2] for line in listed.splitlines()
    }


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (LIVE[:4], "two people"),
        ((*LIVE, "--clock-start", "2026-11-21T10:00:00-08:00"), "for a demo"),
        ((*LIVE[:4], "--operator", "Rita <RITA@exchange.example>"), "an address each"),
        ((*LIVE[:4], "--operator", "Omar"), "no mail address"),
        ((*LIVE[:4], "--operator", "<omar@exchange.example>"), "one line of text"),
        (("--demo", "--reviewer", REVIEWER), "no founding people"),
    ],
)
def test_a_founding_that_is_not_whole_makes_nothing(
    run: Run, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    """What is missing or contradicts itself is said, and the folder stays as it was."""
    error = run("init", *arguments, "--data", tmp_path / "house").exception
    assert isinstance(error, CommandError)
    assert said in str(error)
    assert not (tmp_path / "house").exists()
