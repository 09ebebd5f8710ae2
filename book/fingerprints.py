"""Keyed fingerprints of a book's rows, by which a copy is traced when the rows themselves are long gone.

Laws:
1. A fingerprint is six bytes of a MAC (BLAKE2b under a key, RFC 7693) over one view of one row: without
   the key nobody can guess a name and look whether it was in a book. Six bytes keep the odds of a
   chance match between two books of 60,000 rows under one in 60,000.
2. A row has several views, each over a few columns, so that a copy that lost columns, or had some values
   changed, still shows the others. A view is made where all its columns are; a row without the view's
   first columns (its anchors) has none.
3. Of a person there are also pairs: a fingerprint of who it is and one of all their rows. Two books of the
   same columns so tell who is new, gone and changed, and nothing else.
4. Moments are in no view: a whole book has one, and it changes each week.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from book.canonical import read_texts, typed_texts
from book.errors import BookError
from policies.columns import Catalogue, Column, ColumnType
from policies.table import PermittedTable

KEY_BYTES = 32
PRINT_BYTES = 6
_PAIR_BYTES = 2 * PRINT_BYTES
_USE = b"sealed-book row fingerprints v1"
_ROWS_AT_A_TIME = 8192
_BETWEEN = "\x1f"
_VERSION = 1
_LENGTH = struct.Struct("<I")
_MOST_BYTES = 1 << 30


class View(IntEnum):
    """What of a row is looked at; the number is kept with fingerprints, so it never changes."""

    CONSUMER = 1
    MEMBER = 2
    NAME = 3
    COVERAGE = 4
    MONEY = 5
    CASE = 6
    ROW = 7


@dataclass(frozen=True, kw_only=True)
class _Recipe:
    anchors: tuple[str, ...]
    others: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        return (*self.anchors, *self.others)


_RECIPES: Mapping[View, _Recipe] = {
    View.CONSUMER: _Recipe(anchors=("consumer_id",)),
    View.MEMBER: _Recipe(anchors=("case_number", "last_name", "first_name")),
    View.NAME: _Recipe(anchors=("last_name", "first_name", "date_of_birth")),
    View.COVERAGE: _Recipe(
        anchors=("exchange_policy_id",),
        others=("coverage_type", "enrollment_status", "coverage_effective_date", "coverage_end_date"),
    ),
    View.MONEY: _Recipe(anchors=("last_name", "first_name", "net_premium"), others=("gross_premium",)),
    View.CASE: _Recipe(
        anchors=("case_number", "first_name"),
        others=("eligibility_status", "renewal_status", "last_change_date"),
    ),
}
PEOPLE = (View.CONSUMER, View.MEMBER, View.NAME)
"""Views that say who it is about; they stay the same from week to week."""
STANDINGS = (View.COVERAGE, View.MONEY, View.CASE)
"""Views that say how things stood."""


@dataclass(frozen=True, kw_only=True)
class Prints:
    """The fingerprints of one book or copy: per view, each once; `people` pairs who with their rows."""

    rows: int
    views: Mapping[View, frozenset[bytes]] = field(repr=False)
    people: Mapping[bytes, bytes] = field(repr=False)

    def encode(self) -> bytes:
        """Write them down: sorted, compressed; the length before that stands in front."""
        pairs = b"".join(who + what for who, what in sorted(self.people.items()))
        parts = [bytes([_VERSION]), _LENGTH.pack(self.rows), _LENGTH.pack(len(self.people)), pairs]
        for view in sorted(self.views):
            prints = self.views[view]
            parts += [bytes([view]), _LENGTH.pack(len(prints)), *sorted(prints)]
        clear = b"".join(parts)
        packed: bytes = pa.Codec("zstd").compress(clear, asbytes=True)
        return _LENGTH.pack(len(clear)) + packed

    @classmethod
    def decode(cls, data: bytes) -> Prints:
        """Undo `encode`; BookError where the bytes aren't such."""
        try:
            (length,) = _LENGTH.unpack_from(data)
            if length > _MOST_BYTES:
                raise BookError("fingerprints are damaged")
            clear = pa.Codec("zstd").decompress(data[_LENGTH.size :], length, asbytes=True)
            return cls._read(memoryview(clear))
        except (struct.error, OSError, ValueError, IndexError):
            raise BookError("fingerprints are damaged") from None

    @classmethod
    def _read(cls, clear: memoryview) -> Prints:
        if clear[0] != _VERSION:
            raise BookError("fingerprints are of another version")
        (rows,) = _LENGTH.unpack_from(clear, 1)
        pairs, at = _take(clear, 1 + _LENGTH.size, _PAIR_BYTES)
        views = {}
        while at < len(clear):
            view = View(clear[at])
            prints, at = _take(clear, at + 1, PRINT_BYTES)
            views[view] = frozenset(prints)
        people = {pair[:PRINT_BYTES]: pair[PRINT_BYTES:] for pair in pairs}
        return cls(rows=rows, views=views, people=people)


def _take(clear: memoryview, at: int, size: int) -> tuple[list[bytes], int]:
    (count,) = _LENGTH.unpack_from(clear, at)
    start = at + _LENGTH.size
    end = start + count * size
    if end > len(clear):
        raise ValueError
    return [bytes(clear[place : place + size]) for place in range(start, end, size)], end


class Fingerprinter:
    """Makes fingerprints under one key, which is derived from `key` (32 bytes) for this use alone."""

    def __init__(self, key: bytes, catalogue: Catalogue) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"the key of fingerprints has {KEY_BYTES} bytes")
        self._key = hashlib.blake2b(_USE, key=key, digest_size=KEY_BYTES).digest()
        self._columns = {
            column.name: column for column in catalogue.columns if column.type is not ColumnType.DATETIME
        }

    @property
    def columns(self) -> Mapping[str, Column]:
        """The columns that are looked at, by name."""
        return self._columns

    def name_of(self, data: bytes) -> str:
        """Return a file's keyed digest (32 hex), which tells that a file is the same and nothing of it."""
        return hashlib.blake2b(data, key=self._key, digest_size=16, person=b"file").hexdigest()

    def of_table(self, table: PermittedTable) -> Prints:
        """Return the fingerprints of what a book holds."""
        return self._of(
            {
                name: typed_texts(column.type, part[name])
                for name, column in self._columns.items()
                if name in part.column_names
            }
            for start in range(0, table.data.num_rows, _ROWS_AT_A_TIME)
            for part in [table.data.slice(start, _ROWS_AT_A_TIME)]
        )

    def of_copies(self, sheets: Iterable[Iterable[Mapping[str, Sequence[Any]]]]) -> Prints:
        """Return the fingerprints of a copy's sheets: each one's rows as columns by name, batch by batch."""
        return self._of(
            {name: read_texts(self._columns[name].type, values) for name, values in batch.items()}
            for sheet in sheets
            for batch in sheet
        )

    def _of(self, batches: Iterable[Mapping[str, pa.Array]]) -> Prints:
        views: dict[View, set[bytes]] = {}
        people: dict[bytes, list[bytes]] = {}
        rows = 0
        for columns in batches:
            made = {
                view: self._view(view, recipe, columns)
                for view, recipe in _RECIPES.items()
                if columns.keys() >= set(recipe.columns)
            }
            whole = self._whole(columns)
            rows += len(whole)
            made[View.ROW] = list(whole)
            for view, prints in made.items():
                views.setdefault(view, set()).update(filter(None, prints))
            who = made.get(View.CONSUMER) or made.get(View.MEMBER) or []
            for person, row in zip(who, whole, strict=False):
                if person is not None:
                    people.setdefault(person, []).append(row)
        return Prints(
            rows=rows,
            views={view: frozenset(prints) for view, prints in views.items()},
            people={who: self._mac(b"".join(sorted(all_rows))) for who, all_rows in people.items()},
        )

    def _view(self, view: View, recipe: _Recipe, columns: Mapping[str, pa.Array]) -> list[bytes | None]:
        anchored = pc.not_equal(columns[recipe.anchors[0]], "")
        for name in recipe.anchors[1:]:
            anchored = pc.and_(anchored, pc.not_equal(columns[name], ""))
        texts = pc.binary_join_element_wise(
            str(int(view)), *(columns[name] for name in recipe.columns), _BETWEEN
        )
        return [
            self._mac(text.encode()) if is_anchored else None
            for text, is_anchored in zip(texts.to_pylist(), anchored.to_pylist(), strict=True)
        ]

    def _whole(self, columns: Mapping[str, pa.Array]) -> list[bytes]:
        """Fingerprint all columns of each row; one that isn't there counts as blank."""
        if not columns:
            return []
        texts = pc.binary_join_element_wise(
            str(int(View.ROW)), *(columns.get(name, pa.scalar("")) for name in self._columns), _BETWEEN
        )
        return [self._mac(text.encode()) for text in texts.to_pylist()]

    def _mac(self, data: bytes) -> bytes:
        return hashlib.blake2b(data, key=self._key, digest_size=PRINT_BYTES).digest()


def count_changes(now: Prints, before: Prints) -> tuple[int, int, int]:
    """Count who is new, who is gone, and of whom anything changed."""
    changed = sum(before.people[who] != rows for who, rows in now.people.items() if who in before.people)
    return len(now.people.keys() - before.people), len(before.people.keys() - now.people), changed
