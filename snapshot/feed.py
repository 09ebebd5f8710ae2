"""A feed of ended delegations: which agent's, of which consumer, since when.

CSV, UTF-8, a header of exactly `agent_license_number`, `consumer_id` and either `ended_on` (a day:
it counts from that day's begin in Pacific time) or `ended_at` (RFC 3339 with an offset). A bad feed
is refused whole; errors name records and columns and never a value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Final

from runtime.clock import PACIFIC
from runtime.csv_text import CsvTextError, read_records, wrong_length

MOST_LINES: Final = 5000
_AGENT, _CONSUMER, _ON, _AT = "agent_license_number", "consumer_id", "ended_on", "ended_at"
_HEADERS: Final = ({_AGENT, _CONSUMER, _ON}, {_AGENT, _CONSUMER, _AT})
_LICENCE = re.compile(r"[0-9A-Z]{4,16}", re.ASCII)
_ID = re.compile(r"[!-~]{1,64}", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


class FeedError(Exception):
    """The feed is refused; `places` says where, each without a value."""

    def __init__(self, places: list[str]) -> None:
        super().__init__("the feed is refused: " + "; ".join(places[:10]))
        self.places = places


@dataclass(frozen=True, kw_only=True)
class EndedLine:
    """A consumer's delegation to an agent ended at an aware moment."""

    agent: str
    consumer: str = field(repr=False)
    ended_at: datetime


def read_feed(data: bytes, now: datetime) -> list[EndedLine]:
    """Return a CSV feed's lines, in its order, or raise FeedError."""
    try:
        records = read_records(data)
    except CsvTextError as error:
        raise FeedError([error.place]) from None
    header = records[0] if records else []
    if set(header) not in _HEADERS or len(header) != len(set(header)):
        raise FeedError([f"header: exactly {_AGENT}, {_CONSUMER} and either {_ON} or {_AT} are needed"])
    looked_at = (wrong_length(number, record, header) for number, record in enumerate(records[1:], 2))
    if places := [place for place in looked_at if place]:
        raise FeedError(places)
    return check_lines([dict(zip(header, record, strict=True)) for record in records[1:]], now, first=2)


def check_lines(records: Sequence[Mapping[str, str]], now: datetime, *, first: int = 1) -> list[EndedLine]:
    """Return the lines of records that have a feed's columns, or raise FeedError; `first` is their number."""
    if not 0 < len(records) <= MOST_LINES:
        raise FeedError([f"a feed has 1 to {MOST_LINES} records; send more in parts"])
    places: list[str] = []
    lines = [_read(number, record, now, places) for number, record in enumerate(records, first)]
    if places:
        raise FeedError(places)
    return [line for line in lines if line is not None]


def _read(number: int, record: Mapping[str, str], now: datetime, places: list[str]) -> EndedLine | None:
    wrong = []
    for column, form in ((_AGENT, _LICENCE), (_CONSUMER, _ID)):
        if not form.fullmatch(record[column]):
            wrong.append(f"record {number}, column {column}: not a value that this column takes")
    column = _ON if _ON in record else _AT
    ended_at = _moment(column, record[column])
    if ended_at is None:
        wrong.append(f"record {number}, column {column}: not a value that this column takes")
    elif ended_at > now:
        wrong.append(f"record {number}, column {column}: is still to come")
    places += wrong
    if wrong or ended_at is None:
        return None
    return EndedLine(agent=record[_AGENT], consumer=record[_CONSUMER], ended_at=ended_at)


def _moment(column: str, text: str) -> datetime | None:
    try:
        if column == _ON:
            if not _DAY.fullmatch(text):
                return None
            return datetime.combine(date.fromisoformat(text), time(), PACIFIC).astimezone(UTC)
        moment = datetime.fromisoformat(text)
        return None if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
