"""Finding rows of a list: filters, words, orders and stretches."""

from __future__ import annotations

import unicodedata
from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapshot.listing import FILTERS, Order, Question, facets_of, find_places, items_of, read_order

COLUMNS = {
    "case_number": pa.string(),
    "consumer_kind": pa.string(),
    "first_name": pa.string(),
    "last_name": pa.string(),
    "home_county": pa.string(),
    "case_status": pa.string(),
    "renewal_due_date": pa.date32(),
}
Row = dict[str, Any]

_names = st.sampled_from(["Ana", "ana", "Ána", "Zoë", "Nguyễn", "Đặng", "  padded  ", "O’Brien", "刘", ""])
_row = st.fixed_dictionaries(
    {
        "case_number": st.sampled_from(["086110000001", "516700000002"]),
        "consumer_kind": st.sampled_from(["Medi-Cal", "Mixed Household"]),
        "first_name": st.none() | _names,
        "last_name": _names,
        "home_county": st.sampled_from([None, "Yolo", "Napa"]),
        "case_status": st.sampled_from([None, "active", "closed"]),
        "renewal_due_date": st.none() | st.dates(date(2026, 1, 1), date(2026, 1, 4)),
    }
)
_rows = st.lists(_row, max_size=12)
_order = st.lists(
    st.builds(Order, column=st.sampled_from(sorted(COLUMNS)), descending=st.booleans()), max_size=3
)
_question = st.builds(
    Question,
    words=st.sampled_from(["", " ", "an", "AN a", "nguyen", "dang 0861", "5167", "́"]),
    kind=st.sampled_from([None, "Medi-Cal"]),
    status=st.sampled_from([None, "active", "closed"]),
    county=st.sampled_from([None, "Napa", "Nowhere"]),
    order=_order.map(tuple),
)


def a_table(rows: list[Row]) -> pa.Table:
    """Return rows as the list projection has them."""
    return pa.Table.from_pylist(rows, schema=pa.schema(list(COLUMNS.items())))


def a_person(first: str, last: str, **more: Any) -> Row:
    """Return a row with a name."""
    return dict.fromkeys(COLUMNS) | {"first_name": first, "last_name": last} | more


def places_of(rows: list[Row], **asked: Any) -> list[int]:
    """Return the places that a question finds."""
    return list(find_places(a_table(rows), Question(**asked)).to_pylist())


@given(rows=_rows, question=_question)
def test_a_filter_never_adds_and_never_repeats(rows: list[Row], question: Question) -> None:
    """What is found are rows of the list, each once, and each one that the filters name."""
    places = find_places(a_table(rows), question).to_pylist()

    assert len(places) == len(set(places))
    assert set(range(len(rows))) >= set(places)
    for name, column in FILTERS.items():
        wanted = getattr(question, name)
        assert wanted is None or {wanted} >= {rows[place][column] for place in places}


@given(rows=_rows, question=_question)
def test_more_filters_find_fewer(rows: list[Row], question: Question) -> None:
    """Each filter and each word only takes rows away from what is found without it."""
    table = a_table(rows)
    found = set(find_places(table, question).to_pylist())
    everything = set(find_places(table, Question()).to_pylist())

    assert set(range(len(rows))) == everything
    for wider in (
        {"words": ""},
        {"kind": None},
        {"status": None},
        {"county": None},
    ):
        asked = {name: getattr(question, name) for name in ("words", *FILTERS)} | wider
        assert found <= set(find_places(table, Question(**asked)).to_pylist())


@given(rows=_rows, order=_order, size=st.integers(1, 5))
def test_stretches_part_the_whole(rows: list[Row], order: list[Order], size: int) -> None:
    """Stretches of any size, asked for one after another, are the whole, each row once."""
    whole = places_of(rows, order=tuple(order))
    stretches = [places_of(rows, order=tuple(order))[at : at + size] for at in range(0, len(rows), size)]

    assert whole == [place for stretch in stretches for place in stretch]
    assert sorted(whole) == list(range(len(rows)))


@given(rows=_rows, descending=st.booleans())
def test_dates_are_sorted_blanks_last_and_ties_in_place(rows: list[Row], descending: bool) -> None:
    """Rows go by date either way, blanks come last, equal rows stay in the extract's order."""
    order = (Order(column="renewal_due_date", descending=descending),)
    sign = -1 if descending else 1

    def key(place: int) -> tuple[bool, int, int]:
        day = rows[place]["renewal_due_date"]
        return day is None, sign * day.toordinal() if day else 0, place

    assert sorted(range(len(rows)), key=key) == places_of(rows, order=order)


@given(rows=_rows, columns=st.permutations(["last_name", "renewal_due_date"]))
def test_the_first_column_of_an_order_rules(rows: list[Row], columns: list[str]) -> None:
    """A second column only orders what the first leaves equal."""
    both = places_of(rows, order=tuple(Order(column=name) for name in columns))
    first = places_of(rows, order=(Order(column=columns[0]),))

    def keys(places: list[int]) -> list[str]:
        return [_plain(rows[place][columns[0]]) for place in places]

    assert keys(first) == keys(both)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("nguyen", [0]),
        ("NGUYỄN", [0]),
        ("van nguyen", [0]),
        ("nguyen van", [0]),
        ("dang", [1]),
        ("o'brien", [2]),
        ("O’BRIEN", [2]),
        ("strasse", [3]),
        ("guy", [0]),
        ("0861", [1]),
        ("dang 0861", [1]),
        ("nguyen 0861", []),
        ("лев", [4]),
        (".*", []),
        ("%", []),
    ],
)
def test_words_are_found_in_names_and_case_numbers(words: str, found: list[int]) -> None:
    """Parts of words, in any order, without regard to case and accents; no letter is a pattern."""
    rows = [
        a_person("Văn", "Nguyễn"),
        a_person("Ðan", "Đặng", case_number="086110000001"),
        a_person("Maeve", "O’Brien"),
        a_person("Uwe", "Straße"),
        a_person("Лев", "Селиверстов"),
    ]

    assert found == places_of(rows, words=words)


def test_names_sort_as_people_read_them() -> None:
    """Without an order rows go by last name, then first name, accents and case aside."""
    rows = [
        a_person("B", "Ávila"),
        a_person("a", "avila"),
        a_person("C", "Zúñiga"),
        a_person("D", "  Brown "),
        a_person("E", "alba"),
    ]

    assert [4, 1, 0, 3, 2] == places_of(rows)


def test_no_word_reaches_from_one_name_into_the_next() -> None:
    """The end of a first name and the start of a last name are no word."""
    assert [] == places_of([a_person("Ana", "Lopez")], words="alo")


def test_an_order_is_read() -> None:
    """Columns stand in turn, a minus is descending, empty places are nothing."""
    expected = (Order(column="last_name"), Order(column="renewal_due_date", descending=True))

    assert expected == read_order("last_name, -renewal_due_date,")
    assert () == read_order(" , ")


def test_facets_are_the_values_that_there_are() -> None:
    """Each filter's values are sorted, each once, without blanks."""
    rows = [
        a_person("A", "B", home_county="Yolo", consumer_kind="Medi-Cal"),
        a_person("A", "B", home_county="Napa", consumer_kind="Medi-Cal"),
        a_person("A", "B", home_county="Yolo"),
    ]

    assert {"kind": ["Medi-Cal"], "status": [], "county": ["Napa", "Yolo"]} == facets_of(a_table(rows))
    assert {"kind": [], "status": [], "county": []} == facets_of(a_table([]))


def test_items_are_plain() -> None:
    """A date is its ISO text, a blank is None, text stays as it is."""
    row = a_person("  Zoë", "B", renewal_due_date=date(2026, 1, 2))

    assert [row | {"renewal_due_date": "2026-01-02"}] == items_of(a_table([row]))


def _plain(value: Any) -> str:
    apart = unicodedata.normalize("NFKD", str(value)).lower().replace("đ", "d").replace("’", "'")
    return "".join(letter for letter in apart if not unicodedata.combining(letter)).strip()
