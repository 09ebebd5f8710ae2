"""The Notice tells what the book is, in words that people and machines find."""

from __future__ import annotations

from datetime import UTC, datetime

from book.notice import DUTIES, Changes, moment_in_words, notice_lines
from tests.book.makers import AGENT, DIGEST, EXPORT, a_notice, a_table


def test_a_moment_is_told_in_pacific_time_and_utc() -> None:
    """Winter, summer, noon and midnight."""
    assert (
        moment_in_words(datetime(2026, 11, 21, 5, tzinfo=UTC))
        == "Friday, November 20, 2026, 9:00 PM Pacific (2026-11-21T05:00:00.000000Z)"
    )
    assert "July 3, 2026, 12:00 PM" in moment_in_words(datetime(2026, 7, 3, 19, tzinfo=UTC))
    assert "July 3, 2026, 12:05 AM" in moment_in_words(datetime(2026, 7, 3, 7, 5, tzinfo=UTC))


def test_every_fact_stands_beside_its_name() -> None:
    """Export, licences, purpose, digest, counts, moments and duties are there, each once."""
    table = a_table(withheld=3)
    lines = notice_lines(a_notice(table), blanked=(), sheets=("Book of Business",))
    said = dict(lines)

    assert len(said) == len(lines)
    assert said["Request id"] == EXPORT
    assert said["Agent license number"] == said["Recipient license number"] == AGENT
    assert said["Purpose"] == "service-delegated-consumers"
    assert said["Snapshot digest (SHA-256)"] == DIGEST
    assert (said["Rows"], said["Consumers withheld"]) == ("1", "3")
    assert "November 27" in said["Next data as of"]
    assert "December 5" in said["Access ends"]
    assert "privacy@exchange.example" in said["A wrong book"]
    assert set(DUTIES) <= set(said.values())


def test_blanked_columns_and_further_sheets_are_told_where_there_are_any() -> None:
    """A plain book says nothing of either."""
    notice = a_notice(a_table())
    plain = dict(notice_lines(notice, blanked=(), sheets=("Book of Business",)))
    more = dict(
        notice_lines(notice, blanked=("Medi-Cal Status",), sheets=("Book of Business", "Book of Business 2"))
    )

    assert {"Medi-Cal columns", "More than one sheet"} == more.keys() - plain.keys()
    assert "Medi-Cal Status" in more["Medi-Cal columns"]
    assert "Book of Business 2" in more["More than one sheet"]


def test_what_changed_since_the_last_book_is_told_in_counts() -> None:
    """With the request and moment that it is compared with; a first book says that it is one."""
    changes = Changes(export="e-1", as_of=datetime(2026, 11, 14, 5, tzinfo=UTC), new=3, gone=1, changed=12)
    first, later = (
        dict(notice_lines(a_notice(a_table(), changes=told), blanked=(), sheets=("Book of Business",)))
        for told in (None, changes)
    )

    assert "no earlier book" in first["Since your last book"]
    assert "New consumers: 3. Gone: 1. Changed: 12." in later["Since your last book"]
    assert "request e-1, data as of Friday, November 13, 2026" in later["Since your last book"]
