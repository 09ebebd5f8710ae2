"""What an extract must be before any of it is kept (BOOK.md, "Exact values").

Laws: checks are pure, look at every row, and answer with places and never with a value. A
type is checked on each distinct value of a batch with exact rules: what passes here comes
back the same from its typed form, so a number written with needless zeros does not pass.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType

import pyarrow as pa
import pyarrow.compute as pc

from policies.columns import Catalogue, Column, ColumnType, Kind
from policies.never import NeverList
from snapshot.calendar import is_cutoff
from snapshot.extract import shown_name
from snapshot.findings import Finding, FindingCode, at_file, at_records
from snapshot.forbidden import Forbidden

AS_OF = "snapshot_as_of"
KIND = "consumer_kind"
AGENT = "agent_license_number"
DELEGATION = "delegation_status"
ACTIVE = "active"
KEY = (AGENT, "consumer_id", "coverage_type", "exchange_policy_id")

# XML 1.0, production 2: every code point but these may stand in a document.
_XML_FORBIDS = "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x{FFFE}\\x{FFFF}]"
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:Z|[+-][0-9]{2}:[0-9]{2})")
_MONEY = re.compile(r"(?:0|[1-9][0-9]{0,5})\.[0-9]{2}")
_INT = re.compile(r"0|[1-9][0-9]{0,8}")
# Every day but the leap ones.
_COMMON_DAY = (
    r"[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    r"|02-(?:0[1-9]|1[0-9]|2[0-8]))"
)
_PLAIN: Mapping[ColumnType, str] = MappingProxyType(
    {ColumnType.DATE: rf"^(?:{_COMMON_DAY})?$", ColumnType.MONEY: rf"^(?:{_MONEY.pattern})?$"}
)
_BOOLS = frozenset({"true", "false"})


def parse_moment(text: str) -> datetime:
    """Read an RFC 3339 moment with offset, whole seconds; anything else is a ValueError."""
    if not _MOMENT.fullmatch(text):
        raise ValueError("not a moment in the form YYYY-MM-DDTHH:MM:SS±HH:MM")
    return datetime.fromisoformat(text)


def check_header(header: Sequence[str], catalogue: Catalogue, never: NeverList) -> list[Finding]:
    """Find names that are unknown, missing, repeated or of columns that are never exported."""
    known = [column.name for column in catalogue.columns]
    findings = []
    for place, name in enumerate(header):
        shown = shown_name(header, place, known)
        if name not in known:
            forbidden = never.forbids_column(name)
            code = FindingCode.NEVER_EXPORT_COLUMN if forbidden else FindingCode.UNKNOWN_COLUMN
            findings.append(at_file(code, shown))
        elif name in header[:place]:
            findings.append(at_file(FindingCode.REPEATED_COLUMN, shown))
    findings.extend(at_file(FindingCode.MISSING_COLUMN, name) for name in known if name not in header)
    return findings


def check_cutoff(as_of: datetime) -> list[Finding]:
    """Find an as-of moment that isn't a Friday 21:00 Pacific."""
    return [] if is_cutoff(as_of) else [at_file(FindingCode.NO_CUTOFF, AS_OF)]


def check_batch(
    rows: pa.RecordBatch, first_record: int, catalogue: Catalogue, as_of: datetime, forbidden: Forbidden
) -> list[Finding]:
    """Find everything wrong within a batch of rows whose header is right.

    `first_record` is the number of its first row; `as_of` is what the operator gave. Keys that
    stand twice are found over all batches, by `keys.py`.
    """
    findings = []
    kinds = rows.column(KIND)
    for column in catalogue.columns:
        values = rows.column(column.name).dictionary_encode()
        for code, mask in _column_masks(column, values, kinds, as_of, forbidden):
            if mask is not None and pc.any(mask).as_py():
                places = pc.add(pc.indices_nonzero(mask), pa.scalar(first_record, pa.uint64()))
                findings.append(at_records(code, column.name, places.to_pylist()))
    return findings


def _column_masks(
    column: Column, values: pa.DictionaryArray, kinds: pa.Array, as_of: datetime, forbidden: Forbidden
) -> Iterator[tuple[FindingCode, pa.Array | None]]:
    """Yield for each check which rows fail it; each distinct value is looked at once."""
    distinct = values.dictionary
    yield (
        FindingCode.UNKNOWN_VALUE if column.values else FindingCode.BAD_TYPE,
        _rows_with(values, _wrong(column, distinct)),
    )
    yield FindingCode.CONTROL_CHARACTER, _rows_with(values, _matching(distinct, _XML_FORBIDS))
    if column.type is ColumnType.TEXT:
        found = forbidden.search(distinct, free_text=column.free_text)
        yield FindingCode.NEVER_EXPORT_VALUE, _rows_with(values, found)
    blank = pc.index(distinct, "").as_py()
    is_blank = _rows_with(values, [] if blank < 0 else [blank])
    if column.required:
        yield FindingCode.BLANK_REQUIRED, is_blank
    outside = [kind.value for kind in Kind if kind not in column.kinds]
    if outside and not (is_blank is not None and pc.all(is_blank).as_py()):
        is_outside = pc.is_in(kinds, pa.array(outside, pa.string()))
        yield (
            FindingCode.OUTSIDE_KIND,
            is_outside if is_blank is None else pc.and_not(is_outside, is_blank),
        )
    if column.name == AS_OF:
        wrong = [place for place, text in enumerate(distinct.to_pylist()) if _is_other(text, as_of)]
        yield FindingCode.WRONG_AS_OF, _rows_with(values, wrong)


def _rows_with(values: pa.DictionaryArray, places: Sequence[int]) -> pa.Array | None:
    """Return which rows hold one of the distinct values at these places, or None for none."""
    return pc.is_in(values.indices, pa.array(places, values.indices.type)) if places else None


def _matching(distinct: pa.Array, pattern: str) -> list[int]:
    found = pc.match_substring_regex(distinct, pattern)
    places: list[int] = pc.indices_nonzero(found).to_pylist() if pc.any(found).as_py() else []
    return places


def _wrong(column: Column, distinct: pa.Array) -> list[int]:
    """Return the places of distinct values, blanks aside, that the column doesn't take."""
    if column.type is ColumnType.TEXT and column.pattern is None:
        return []
    is_right = _IS_RIGHT[column.type]
    suspects = range(len(distinct))
    plain = _PLAIN.get(column.type)
    if plain is not None:
        # What this pattern takes is right for sure; the exact look is for the few that it doesn't.
        suspects = pc.indices_nonzero(pc.invert(pc.match_substring_regex(distinct, plain))).to_pylist()
    values = ((place, distinct[place].as_py()) for place in suspects)
    return [place for place, text in values if text and not is_right(column, text)]


def _is_other(text: str, as_of: datetime) -> bool:
    return _is_moment(text) and parse_moment(text) != as_of


def _is_date(text: str) -> bool:
    if not _DATE.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_moment(text: str) -> bool:
    try:
        parse_moment(text)
    except ValueError:
        return False
    return True


def _is_list(column: Column, text: str) -> bool:
    members = text.split("; ")
    return set(members) <= set(column.values) and len(set(members)) == len(members)


_IS_RIGHT: Mapping[ColumnType, Callable[[Column, str], bool]] = MappingProxyType(
    {
        ColumnType.TEXT: lambda column, text: (
            column.pattern is None or bool(re.fullmatch(column.pattern, text))
        ),
        ColumnType.ENUM: lambda column, text: text in column.values,
        ColumnType.LIST: _is_list,
        ColumnType.DATE: lambda _, text: _is_date(text),
        ColumnType.DATETIME: lambda _, text: _is_moment(text),
        ColumnType.MONEY: lambda _, text: bool(_MONEY.fullmatch(text)),
        ColumnType.INT: lambda _, text: bool(_INT.fullmatch(text)),
        ColumnType.BOOL: lambda _, text: text in _BOOLS,
    }
)
