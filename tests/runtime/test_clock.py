"""Tests of the one way to write a moment down."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from runtime.clock import PACIFIC, HouseClock, pacific_day, parse_rfc3339, rfc3339

# A day's distance from the ends of the calendar, where no zone is away from UTC any more.
MOMENTS = st.datetimes(
    min_value=datetime(1, 1, 2),  # noqa: DTZ001 - Hypothesis wants its bounds without a zone
    max_value=datetime(9999, 12, 30),  # noqa: DTZ001 - likewise
    timezones=st.sampled_from([UTC, PACIFIC]),
)


@given(MOMENTS)
@example(datetime(5, 1, 2, tzinfo=UTC))
def test_a_moment_comes_back(moment: datetime) -> None:
    """What is written of a moment reads as the same moment, in UTC."""
    read = parse_rfc3339(rfc3339(moment))
    assert moment.astimezone(UTC) == read
    assert UTC == read.tzinfo


@given(MOMENTS, MOMENTS)
def test_written_moments_sort_as_they_pass(one: datetime, other: datetime) -> None:
    """Text of moments compares as the moments do."""
    utc_one, utc_other = one.astimezone(UTC), other.astimezone(UTC)
    assert (utc_one < utc_other) == (rfc3339(one) < rfc3339(other))


@given(st.text(max_size=30) | st.from_regex(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", fullmatch=True))
def test_what_reads_is_what_would_be_written(text: str) -> None:
    """Only the exact form is read: whatever reads, writes as itself."""
    try:
        moment = parse_rfc3339(text)
    except ValueError:
        return
    assert text == rfc3339(moment)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-21T05:00:00Z",
        "2026-11-21T05:00:00.000Z",
        "2026-11-21T05:00:00.000000+00:00",
        "2026-11-21 05:00:00.000000Z",
        "2026-11-21T05:00:00.000000z",
        " 2026-11-21T05:00:00.000000Z",
        "2026-11-21T05:00:00.000000Z\n",
        "2026-02-29T05:00:00.000000Z",
        "2026-11-21T24:00:00.000000Z",
        "2026-11-21T05:00:60.000000Z",
        "0000-01-01T00:00:00.000000Z",
        "٢٠٢٦-11-21T05:00:00.000000Z",
    ],
)
def test_another_form_is_refused(text: str) -> None:
    """A moment in another form than ours is a ValueError."""
    with pytest.raises(ValueError, match=r".+"):
        parse_rfc3339(text)


def test_a_moment_without_a_zone_is_refused() -> None:
    """A naive moment isn't written."""
    with pytest.raises(ValueError, match="time zone"):
        rfc3339(datetime(2026, 11, 21, 5))  # noqa: DTZ001 - the naive one is the point


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-11-21T07:59:59.999999Z", date(2026, 11, 20)),
        ("2026-11-21T08:00:00.000000Z", date(2026, 11, 21)),
        ("2026-07-01T06:59:59.999999Z", date(2026, 6, 30)),
        ("2026-07-01T07:00:00.000000Z", date(2026, 7, 1)),
        ("2026-03-08T07:59:59.999999Z", date(2026, 3, 7)),
        ("2026-03-08T10:00:00.000000Z", date(2026, 3, 8)),
        ("2026-03-09T06:59:59.999999Z", date(2026, 3, 8)),
        ("2026-03-09T07:00:00.000000Z", date(2026, 3, 9)),
        ("2026-11-01T06:59:59.999999Z", date(2026, 10, 31)),
        ("2026-11-02T07:59:59.999999Z", date(2026, 11, 1)),
        ("2026-11-02T08:00:00.000000Z", date(2026, 11, 2)),
    ],
)
def test_a_day_is_californias(moment: str, day: date) -> None:
    """A day begins at midnight in California, in winter, in summer and where the clocks change."""
    assert day == pacific_day(parse_rfc3339(moment))


def test_the_house_stands_at_a_fixed_distance_from_the_machine() -> None:
    """The house's clock is the machine's plus the offset, aware and in UTC."""
    offset = timedelta(days=400)
    before = datetime.now(UTC)
    now = HouseClock(offset).now()
    after = datetime.now(UTC)
    assert before + offset <= now <= after + offset
    assert UTC == now.tzinfo
