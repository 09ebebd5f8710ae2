"""Fingerprints are keyed, come back from what was kept, and tell what changed in counts alone."""

from __future__ import annotations

import pytest

from book.errors import BookError
from book.fingerprints import PRINT_BYTES, Fingerprinter, Prints, View, count_changes
from tests.book.makers import a_row, a_table, the_catalogue

OURS = Fingerprinter(b"k" * 32, the_catalogue())
ROWS = [a_row(consumer_id=str(number), last_name=f"Name {number}") for number in range(5)]


def test_what_was_kept_comes_back() -> None:
    """Rows, views and people, in a form that is the same for the same book."""
    prints = OURS.of_table(a_table(ROWS))

    assert Prints.decode(prints.encode()) == prints
    assert prints.encode() == OURS.of_table(a_table(ROWS)).encode()
    assert (prints.rows, len(prints.people), len(prints.views[View.ROW])) == (5, 5, 5)
    assert {len(one) for view in prints.views.values() for one in view} == {PRINT_BYTES}


@pytest.mark.parametrize("size", [0, 3, 5, 40])
def test_damaged_fingerprints_are_an_error(size: int) -> None:
    """Cut short anywhere, or of a length that nobody wrote."""
    kept = OURS.of_table(a_table(ROWS)).encode()

    for damaged in (kept[:size], b"\xff" * 4 + kept[4:], kept[:6] + bytes(size)):
        with pytest.raises(BookError, match="fingerprints"):
            Prints.decode(damaged)


def test_another_key_makes_other_fingerprints() -> None:
    """Who hasn't the key can't look whether somebody was in a book."""
    theirs = Fingerprinter(b"j" * 32, the_catalogue()).of_table(a_table(ROWS))
    ours = OURS.of_table(a_table(ROWS))

    assert all(ours.views[view].isdisjoint(theirs.views[view]) for view in ours.views)
    assert (
        OURS.name_of(b"file")
        == OURS.name_of(b"file")
        != Fingerprinter(b"j" * 32, the_catalogue()).name_of(b"file")
    )
    with pytest.raises(ValueError, match="32 bytes"):
        Fingerprinter(b"short", the_catalogue())


def test_new_gone_and_changed_people_are_counted() -> None:
    """A person with several rows is one, whatever order their rows have; a new moment is no change."""
    twice = [*ROWS, a_row(consumer_id="0", last_name="Name 0", coverage_type="Dental")]
    before = OURS.of_table(a_table(twice))
    after = [
        *reversed(twice[1:4]),
        a_row(consumer_id="4", last_name="Name 4", renewal_status="action needed"),
        a_row(consumer_id="9", last_name="Name 9"),
        a_row(consumer_id="10", last_name="Name 10"),
        twice[5],
        twice[0],
    ]

    assert count_changes(OURS.of_table(a_table(after)), before) == (2, 0, 1)
    assert count_changes(before, OURS.of_table(a_table(after))) == (0, 2, 1)
    assert count_changes(before, OURS.of_table(a_table(twice[::-1]))) == (0, 0, 0)


def test_people_are_told_apart_without_their_id_too() -> None:
    """A book of few columns has no consumer's id; case and name tell who it is."""
    columns = ("case_number", "first_name", "last_name", "renewal_status", "agent_license_number")
    before = OURS.of_table(a_table(ROWS, columns))
    after = OURS.of_table(a_table([*ROWS[1:4], a_row(last_name="Name 4", renewal_status="not due")], columns))

    assert View.CONSUMER not in before.views
    assert count_changes(after, before) == (0, 1, 1)


def test_a_row_without_its_anchors_has_no_such_view() -> None:
    """Blank policies are no policy that many people share."""
    prints = OURS.of_table(a_table(ROWS))

    assert not prints.views[View.COVERAGE]
    assert len(prints.views[View.CASE]) == 1


def test_an_empty_book_has_none() -> None:
    """It can be kept and compared all the same."""
    empty = OURS.of_table(a_table([]))

    assert Prints.decode(empty.encode()) == empty
    assert count_changes(OURS.of_table(a_table(ROWS)), empty) == (5, 0, 0)
