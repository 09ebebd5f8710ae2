"""Text is read as CSV or refused by its place."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.csv_text import CsvTextError, read_records, wrong_length

FIELDS = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)


@given(st.lists(st.lists(FIELDS, min_size=2, max_size=4), max_size=5))
def test_what_was_written_is_read(records: list[list[str]]) -> None:
    """Whatever stands in the fields, they come back, with a byte order mark before them or not."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(records)
    for encoding in ("utf-8", "utf-8-sig"):
        assert records == read_records(text.getvalue().encode(encoding))


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b"a,b\n\xff,1\n", "byte 4: not UTF-8"),
        ("a,b\n".encode("utf-16"), "byte 0: not UTF-8"),
        (b'a,b\n"secret"x,1\n', "line 2: not CSV"),
        (b'a,b\n1,"secret\n', "line 2: not CSV"),
    ],
)
def test_other_bytes_are_refused_by_their_place(data: bytes, place: str) -> None:
    """The error says where and never what stands there, in its cause neither."""
    with pytest.raises(CsvTextError) as caught:
        read_records(data)
    assert place == str(caught.value) == caught.value.place
    assert caught.value.__suppress_context__


def test_a_record_has_as_many_fields_as_the_header() -> None:
    """One that hasn't is named by its number."""
    assert wrong_length(2, ["1", "2"], ["a", "b"]) is None
    assert "record 7: 1 fields instead of 2" == wrong_length(7, ["secret"], ["a", "b"])
