"""What a demo is made of: given files or a sample, and the Saturday that its clock starts on."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.demo_data import SAMPLE_AS_OF, Given, as_of_moment, clear_files, given_files, saturday_after
from cli.desk import CommandError
from runtime.clock import PACIFIC
from snapshot.calendar import is_cutoff
from tests.installation import AS_OF, DATA


def a_given(extract: Path) -> Given:
    """Return given files with this extract."""
    return Given(extract=extract, roster=DATA / "roster.csv", agent="0B65625")


@pytest.mark.parametrize(
    ("as_of", "saturday"),
    [
        ((2026, 11, 20, 21), (2026, 11, 21, 10)),
        ((2026, 3, 6, 21), (2026, 3, 7, 10)),
        ((2026, 11, 21, 9), (2026, 11, 28, 10)),
    ],
)
def test_clock_starts_on_the_saturday_after(as_of: tuple[int, ...], saturday: tuple[int, ...]) -> None:
    """Ten o'clock in California on the first Saturday after the as-of moment's day."""
    expected = datetime(*saturday, tzinfo=PACIFIC)  # type: ignore[misc,arg-type]  # four numbers each
    moment = datetime(*as_of, tzinfo=PACIFIC)  # type: ignore[misc,arg-type]  # four numbers each
    assert expected == saturday_after(moment.astimezone(UTC))


def test_extract_says_its_own_moment() -> None:
    """The as-of moment of given files is read from the first record."""
    assert AS_OF == as_of_moment(a_given(DATA / "extract.csv"))


@pytest.mark.parametrize("content", ["", "snapshot_as_of\n", "snapshot_as_of\nsoon\n", "a\nb\n"])
def test_extract_without_a_moment_is_refused(tmp_path: Path, content: str) -> None:
    """A file that says no moment is an error that names the column and no value."""
    extract = tmp_path / "x.csv"
    extract.write_text(content)
    with pytest.raises(CommandError, match="says no moment in snapshot_as_of"):
        as_of_moment(a_given(extract))


def test_given_file_must_be_there(tmp_path: Path) -> None:
    """A file that isn't there is named before anything is made."""
    with pytest.raises(CommandError, match=r"missing\.csv is not a file"):
        given_files(tmp_path / "missing.csv", DATA / "roster.csv", "0B65625")


def test_given_agent_must_be_in_the_roster() -> None:
    """An agent whom the roster doesn't list is named before anything is made."""
    with pytest.raises(CommandError, match="lists no agent with licence 0Z00000"):
        given_files(DATA / "extract.csv", DATA / "roster.csv", "0Z00000")


def test_clear_sample_is_removed(tmp_path: Path) -> None:
    """The sample's clear files exist during the block only."""
    assert is_cutoff(SAMPLE_AS_OF)
    with clear_files(None, tmp_path) as material:
        assert material.extract.is_file()
    assert [] == list(tmp_path.iterdir())


def test_given_files_are_left_where_they_are(tmp_path: Path) -> None:
    """Files of the caller's are neither copied nor removed."""
    with clear_files(a_given(DATA / "extract.csv"), tmp_path) as material:
        assert [] == list(tmp_path.iterdir())
    assert material.extract.is_file()
