"""Finds rows of an agent's list: by words, by filters, in an order, a stretch at a time.

Laws
1. Pure: rows and a question in, places of rows out. What is searched is what may be shown.
2. A filter only ever takes rows away; an order only moves them. Rows that are equal to an
   order keep the extract's order, so that pages neither repeat nor lose a row.
3. Words are found whatever their case and accents: `nguyen` finds `Nguyễn`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

SEARCHED = ("first_name", "last_name", "case_number")
"""Where words are looked for."""

FILTERS: Mapping[str, str] = MappingProxyType(
    {"kind": "consumer_kind", "status": "case_status", "county": "home_county"}
)
"""The column of each filter."""

_PLACE = "_place"
_PLAIN = {"đ": "d", "ł": "l", "ø": "o", "æ": "ae", "œ": "oe", "ß": "ss", "ı": "i", "’": "'", "‘": "'"}
"""Letters that no normal form takes apart."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """One column to sort by; blanks come last either way."""

    column: str
    descending: bool = False


DEFAULT_ORDER = (Order(column="last_name"), Order(column="first_name"))


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is looked for. `words` are any text; a filter is a whole value, None for any."""

    words: str = ""
    kind: str | None = None
    status: str | None = None
    county: str | None = None
    order: tuple[Order, ...] = ()


def read_order(text: str) -> tuple[Order, ...]:
    """Read `last_name,-renewal_due_date`: columns in turn, `-` for descending; no check of names."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    return tuple(Order(column=name.removeprefix("-"), descending=name.startswith("-")) for name in names)


def find_places(rows: pa.Table, question: Question) -> pa.Array:
    """Return the places (int64) of the rows that fit, in the order asked for."""
    mask = pa.array([True] * rows.num_rows, pa.bool_())
    for name, column in FILTERS.items():
        value = getattr(question, name)
        if value is not None:
            mask = pc.and_(mask, _no(pc.equal(rows[column], value)))
    if words := _fold(pa.array([question.words]))[0].as_py().split():
        text = _haystack(rows)
        for word in words:
            mask = pc.and_(mask, pc.match_substring(text, word))
    places = pc.indices_nonzero(mask).cast(pa.int64())
    return places.take(_sort(rows.take(places), question.order or DEFAULT_ORDER))


def facets_of(rows: pa.Table) -> dict[str, list[str]]:
    """Return the values that each filter can have here, sorted as words are."""
    return {name: _values(rows[column]) for name, column in FILTERS.items()}


def items_of(rows: pa.Table) -> list[dict[str, Any]]:
    """Return rows as they are written in JSON: text, ISO dates, None for blank."""
    return [{name: _written(value) for name, value in row.items()} for row in rows.to_pylist()]


def _written(value: Any) -> Any:
    return value if value is None or isinstance(value, (str, bool, int)) else value.isoformat()


def _values(cells: pa.ChunkedArray) -> list[str]:
    found = pc.drop_null(cells.unique())
    return list(found.take(pc.sort_indices(_fold(found))).to_pylist())


def _no(mask: Any) -> Any:
    """Let unknown (a blank cell) count as no."""
    return pc.fill_null(mask, False)


def _haystack(rows: pa.Table) -> Any:
    """Return the text of each row that words are looked for in; no word reaches over a space."""
    return pc.binary_join_element_wise(*[pc.fill_null(_fold(rows[name]), "") for name in SEARCHED], " ")


def _fold(texts: Any) -> Any:
    """Return texts without case, accents and padding."""
    if isinstance(texts, pa.ChunkedArray):
        texts = texts.combine_chunks()
    # Names come again and again: each is folded once.
    coded = texts.dictionary_encode()
    return _fold_each(coded.dictionary).take(coded.indices)


def _fold_each(texts: pa.Array) -> pa.Array:
    if not pc.all(pc.string_is_ascii(texts), min_count=0).as_py():
        texts = pc.utf8_normalize(texts, form="NFKD")
        texts = pc.utf8_lower(pc.replace_substring_regex(texts, pattern=r"\p{M}+", replacement=""))
        for letter, plain in _PLAIN.items():
            texts = pc.replace_substring(texts, pattern=letter, replacement=plain)
    return pc.utf8_trim_whitespace(pc.utf8_lower(texts))


def _sort(rows: pa.Table, order: Sequence[Order]) -> pa.Array:
    """Return the places of sorted rows; the last key is the place itself."""
    names = list(dict.fromkeys(one.column for one in order))
    keys = {name: _fold(rows[name]) if pa.types.is_string(rows[name].type) else rows[name] for name in names}
    keys[_PLACE] = pa.array(range(rows.num_rows), pa.int64())
    ways = [(one.column, "descending" if one.descending else "ascending") for one in order]
    return pc.sort_indices(pa.table(keys), sort_keys=[*ways, (_PLACE, "ascending")])
