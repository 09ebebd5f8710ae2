"""Tests of the logs, on what a real process wrote to standard error and output."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from runtime.logs import ALLOWED_KEYS, UNNAMED, keep_allowed_keys, name_the_error

PLANTED = "Aurelia Montgomery-Fitzwilliam"

Line = dict[str, Any]


@pytest.fixture(scope="module")
def spoken() -> subprocess.CompletedProcess[str]:
    """Return what the speaker wrote, having been given the planted name."""
    command = [sys.executable, "-m", "tests.runtime.speaker"]
    return subprocess.run(command, input=PLANTED, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture(scope="module")
def lines(spoken: subprocess.CompletedProcess[str]) -> list[Line]:
    """Return the speaker's lines, each read as JSON."""
    return [json.loads(line) for line in spoken.stderr.splitlines()]


def named(lines: list[Line], event: str) -> Line:
    """Return the one line of an event."""
    (found,) = [line for line in lines if line["event"] == event]
    return found


def test_nothing_planted_comes_out(spoken: subprocess.CompletedProcess[str]) -> None:
    """No word of the planted name is logged, whichever way it came; the process said the rest."""
    written = spoken.stderr + spoken.stdout
    assert 1 == spoken.returncode
    assert [] == [word for word in PLANTED.replace("-", " ").split() if word in written]
    assert "" == spoken.stdout


def test_every_line_is_one_object_of_allowed_keys(lines: list[Line]) -> None:
    """Each line is a JSON object, and has allow-listed keys only."""
    assert set() == {key for line in lines for key in line} - ALLOWED_KEYS
    assert {True} == {"level" in line for line in lines}


def test_allowed_keys_stay(lines: list[Line]) -> None:
    """What is allow-listed is written as it was given, and the dropped keys are counted."""
    line = named(lines, "step.reached")
    assert ("0b6ab0b2", 2, "info") == (line["export"], line["count"], line["level"])
    assert 1 == named(lines, "step.bound")["count"]
    assert 1 == named(lines, "step.context")["count"]


def test_a_value_that_is_no_plain_one_is_dropped(lines: list[Line]) -> None:
    """An allow-listed key lets text and numbers through, no thing whose text may be anything."""
    line = named(lines, "step.thing")
    assert (2, 3) == (line["count"], line["rows"])
    assert [] == [key for key in ("reason", "state") if key in line]
    assert "error" not in named(lines, "error.value")


def test_an_error_is_its_class_and_place(lines: list[Line]) -> None:
    """Errors of libraries and of ours are logged as class, file, line and function."""
    for event, error, function in (
        ("library.broke", "ValueError", "break_down"),
        ("library.given", "ValueError", "break_down"),
        ("ours.broke", "OurError", "break_ours"),
    ):
        line = named(lines, event)
        assert error == line["error"]
        assert line["place"].startswith("speaker.py:")
        assert line["place"].endswith(f" in {function}")


def test_what_nobody_caught_is_logged_the_same_way(lines: list[Line]) -> None:
    """Errors that end a process or a thread, or break a clean-up, are named without their message."""
    for event in ("process.broke", "thread.broke", "clean-up.broke"):
        line = named(lines, event)
        assert ("ValueError", "critical") == (line["error"], line["level"])
        assert line["place"].startswith("speaker.py:")


def test_a_sentence_is_no_event(lines: list[Line]) -> None:
    """An event that is no name is replaced, for it may have been made with a value."""
    assert 2 == len([line for line in lines if line["event"] == UNNAMED])


def test_a_librarys_record_keeps_its_place_and_loses_its_text(lines: list[Line]) -> None:
    """Of a library is logged who spoke, how loud, and from where; below a warning nothing."""
    records = [
        line for line in lines if line["event"] == "library.spoke" and line["process"] == "some.library"
    ]
    assert ["error", "warning", "error"] == [line["level"] for line in records]
    assert ["ValueError", None, None] == [line.get("error") for line in records]
    assert {"speaker.py"} == {line["place"].partition(":")[0] for line in records}


def test_a_warning_is_a_librarys_record(lines: list[Line]) -> None:
    """Python's warnings, which quote values, go the way of libraries' records."""
    assert ["warning"] == [line["level"] for line in lines if line.get("process") == "py.warnings"]


def test_a_plain_line_is_left_alone() -> None:
    """A line of allow-listed plain values passes as it is, without a count."""
    line = {"event": "step.reached", "export": "a", "rows": 3, "reason": None, "seconds": 0.5}
    assert line == keep_allowed_keys(None, "info", dict(line))


def test_a_lines_own_count_is_kept() -> None:
    """Where a line counts something itself, the number of dropped keys doesn't replace it."""
    line = {"event": "step.reached", "count": 7, "name": PLANTED}
    assert {"event": "step.reached", "count": 7} == keep_allowed_keys(None, "info", line)


def test_an_error_without_a_trace_has_no_place() -> None:
    """An error that was never raised is named, and its place is unknown."""
    error = ValueError(PLANTED)
    assert {"error": "ValueError", "place": "unknown"} == name_the_error(None, "", {"exc_info": error})
    given = {"exc_info": (ValueError, error, None)}
    assert {"error": "ValueError", "place": "unknown"} == name_the_error(None, "", given)
    assert {} == name_the_error(None, "", {"exc_info": True})
