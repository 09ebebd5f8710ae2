"""What an extract must be before any of it is kept (BOOK.md, "Exact values").

Laws: checks are pure, look at the whole extract, and answer with places and never with a
value. A type is checked on each distinct value with exact rules: what passes here comes
back the same from its typed form, so a number written with needless zeros does not pass.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from policies.columns import Catalogue, Column, ColumnType, Kind
from policies.never import find_never_exported, is_never_exported_column
from snapshot.calendar import is_cutoff
from snapshot.extract import FIRST_RECORD, shown_name
from snapshot.findings import Finding, FindingCode, at_file, at_records

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
_BOOLS = frozenset({"true", "false"})


def parse_moment(text: str) -> datetime:
    """Read an RFC 3339 moment with offset, whole seconds; anything else is a ValueError."""
    if not _MOMENT.fullmatch(text):
        raise ValueError("not a moment in the form YYYY-MM-DDTHH:MM:SS±HH:MM")
    return datetime.fromisoformat(text)


def check_header(header: Sequence[str], catalogue: Catalogue) -> list[Finding]:
    """Find names that are unknown, missing, repeated or of columns that are never exported."""
    known = [column.name for column in catalogue.columns]
    findings = []
    for place, name in enumerate(header):
        shown = shown_name(header, place, known)
        if name not in known:
            never = is_never_exported_column(name)
            code = FindingCode.NEVER_EXPORT_COLUMN if never else FindingCode.UNKNOWN_COLUMN
            findings.append(at_file(code, shown))
        elif name in header[:place]:
            findings.append(at_file(FindingCode.REPEATED_COLUMN, shown))
    findings.extend(at_file(FindingCode.MISSING_COLUMN, name) for name in known if name not in header)
    return findings


def check_rows(rows: pa.Table, catalogue: Catalogue, as_of: datetime) -> list[Finding]:
    """Find everything wrong with rows whose header is right; `as_of` is what the operator gave."""
    findings = [] if is_cutoff(as_of) else [at_file(FindingCode.NO_CUTOFF, AS_OF)]
    if not rows.num_rows:
        return [*findings, at_file(FindingCode.NO_ROWS)]
    kinds = rows.column(KIND)
    for column in catalogue.columns:
        values = rows.column(column.name)
        for code, mask in _column_masks(column, values, kinds):
            findings.extend(_found(code, column.name, mask))
    moments = rows.column(AS_OF)
    wrong = _where(moments, lambda text: _is_moment(text) and parse_moment(text) != as_of)
    findings.extend(_found(FindingCode.WRONG_AS_OF, AS_OF, wrong))
    findings.extend(_duplicates(rows))
    return findings


def _column_masks(
    column: Column, values: pa.ChunkedArray, kinds: pa.ChunkedArray
) -> list[tuple[FindingCode, Any]]:
    code = FindingCode.UNKNOWN_VALUE if column.values else FindingCode.BAD_TYPE
    is_right = _IS_RIGHT[column.type]
    masks = [
        (code, _where(values, lambda text: not is_right(column, text))),
        (FindingCode.CONTROL_CHARACTER, pc.match_substring_regex(values, _XML_FORBIDS)),
    ]
    if column.type is ColumnType.TEXT:
        masks.append((FindingCode.NEVER_EXPORT_VALUE, _never_exported(column, values)))
    if column.required:
        masks.append((FindingCode.BLANK_REQUIRED, pc.equal(values, "")))
    outside = [kind.value for kind in Kind if kind not in column.kinds]
    if outside:
        is_outside = pc.is_in(kinds, pa.array(outside, pa.string()))
        masks.append((FindingCode.OUTSIDE_KIND, pc.and_(is_outside, pc.not_equal(values, ""))))
    return masks


def _where(values: pa.ChunkedArray, is_wrong: Callable[[str], bool]) -> Any:
    """Return a mask of the values, blanks aside, that are wrong; each distinct one is looked at once."""
    wrong = [text for text in pc.unique(values).to_pylist() if text and is_wrong(text)]
    return pc.is_in(values, pa.array(wrong, pa.string())) if wrong else None


def _never_exported(column: Column, values: pa.ChunkedArray) -> Any:
    # Every pattern is about digits, so the slow look is for values that have one in any script.
    with_digits = values.filter(pc.match_substring_regex(values, r"\p{N}"))
    wrong = [
        text
        for text in pc.unique(with_digits).to_pylist()
        if find_never_exported(text, free_text=column.free_text)
    ]
    return pc.is_in(values, pa.array(wrong, pa.string())) if wrong else None


def _duplicates(rows: pa.Table) -> list[Finding]:
    key = rows.select(list(KEY))
    if key.group_by(list(KEY)).aggregate([]).num_rows == rows.num_rows:
        return []
    keys = list(zip(*(key.column(name).to_pylist() for name in KEY), strict=True))
    times = Counter(keys)
    records = [record for record, key in enumerate(keys, FIRST_RECORD) if times[key] > 1]
    return [at_records(FindingCode.DUPLICATE_KEY, " + ".join(KEY), records)]


def _found(code: FindingCode, column: str, mask: Any) -> list[Finding]:
    if mask is None or not pc.any(mask).as_py():
        return []
    records = pc.add(pc.indices_nonzero(mask), pa.scalar(FIRST_RECORD, pa.uint64())).to_pylist()
    return [at_records(code, column, records)]


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


def _fits(pattern: str | None, text: str) -> bool:
    return pattern is None or re.fullmatch(pattern, text) is not None


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
