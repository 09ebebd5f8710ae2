"""Feeds of ended delegations: taken whole or refused whole, without a value in the refusal."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapshot.feed import MOST_LINES, EndedLine, FeedError, check_lines, read_feed

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
HEADER = "agent_license_number,consumer_id,ended_on\n"
SECRET = "C-secret-77"


def _refused(text: str) -> FeedError:
    with pytest.raises(FeedError) as caught:
        read_feed(text.encode(), NOW)
    assert SECRET not in str(caught.value)
    return caught.value


def test_a_day_counts_from_its_begin_in_pacific_time() -> None:
    """The 24th of November begins at 08:00 UTC; a moment is taken as it is, whatever its offset."""
    (line,) = read_feed(f"{HEADER}0B65625,{SECRET},2026-11-24\n".encode(), NOW)
    assert EndedLine(agent="0B65625", consumer=SECRET, ended_at=datetime(2026, 11, 24, 8, tzinfo=UTC)) == line
    moment = "consumer_id,ended_at,agent_license_number\nC1,2026-11-24T01:00:00-08:00,0B65625\n"
    assert datetime(2026, 11, 24, 9, tzinfo=UTC) == read_feed(moment.encode(), NOW)[0].ended_at


def test_a_line_keeps_the_consumers_id_out_of_its_repr() -> None:
    """What is logged of a line says the agent and the moment."""
    (line,) = read_feed(f"{HEADER}0B65625,{SECRET},2026-11-24\n".encode(), NOW)
    assert SECRET not in repr(line)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "header"),
        ("agent_license_number,consumer_id\n0B65625,C1\n", "header"),
        (f"{HEADER[:-1]},ended_at\n0B65625,C1,2026-11-24,\n", "header"),
        (f"{HEADER[:-1]},consumer_id\n0B65625,C1,2026-11-24,C1\n", "header"),
        (HEADER, "1 to"),
        (f"{HEADER}0B65625,{SECRET}\n", "record 2: 2 fields"),
        (f"{HEADER}0b65625,{SECRET},2026-11-24\n", "record 2, column agent_license_number"),
        (f"{HEADER}0B65625, {SECRET},2026-11-24\n", "record 2, column consumer_id"),
        (f"{HEADER}0B65625,,2026-11-24\n", "record 2, column consumer_id"),
        (f"{HEADER}0B65625,{SECRET},24.11.2026\n", "record 2, column ended_on"),
        (f"{HEADER}0B65625,{SECRET},20261124\n", "record 2, column ended_on"),
        (f"{HEADER}0B65625,{SECRET},2026-11-26\n", "is still to come"),
        (f'{HEADER}0B65625,"{SECRET}"x,2026-11-24\n', "not CSV"),
    ],
)
def test_a_bad_feed_is_refused_with_its_place(text: str, place: str) -> None:
    """Each fault is named by record and column."""
    assert place in str(_refused(text))


def test_a_moment_without_an_offset_is_none() -> None:
    """A local time could be any time."""
    with pytest.raises(FeedError, match="column ended_at"):
        check_lines(
            [{"agent_license_number": "0B65625", "consumer_id": "C1", "ended_at": "2026-11-24T01:00:00"}], NOW
        )


def test_what_is_not_text_is_refused() -> None:
    """UTF-16 is named by its first bad byte."""
    with pytest.raises(FeedError, match="byte 0: not UTF-8"):
        read_feed(HEADER.encode("utf-16"), NOW)


def test_a_feed_has_an_end() -> None:
    """More lines than the vault takes at once are sent in parts."""
    line = "0B65625,C1,2026-11-24\n"
    assert MOST_LINES == len(read_feed((HEADER + line * MOST_LINES).encode(), NOW))
    _refused(HEADER + line * (MOST_LINES + 1))


@given(st.text(max_size=80))
def test_any_text_is_a_feed_or_a_refusal(text: str) -> None:
    """Nothing else is raised."""
    with suppress(FeedError):
        read_feed((HEADER + text).encode("utf-8", "replace"), NOW)
