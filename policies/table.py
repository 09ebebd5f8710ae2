"""Rows under a Grant: the one place where rows of a snapshot become rows of a book.

Laws
1. `permit_table` is the only maker of a PermittedTable, and it needs a Grant that shows rows.
2. Every row is checked, not sampled: it belongs to the Grant's agent and its delegation is active;
   one row that does not refuses the whole table (R05).
3. A column is shown if the Grant names it, and as the Grant's profile says: in full or masked. A
   Grant that names a column its profile omits, or that the catalogue lacks, is an error (R09).
4. Medi-Cal columns are blank unless the Grant's purpose covers them (R11); `blanked` names them.
5. Who has ended the delegation since the cut-off is left out and counted, and nothing else changes (R06).
6. Errors name columns and counts, never a value.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from policies.actions import Action
from policies.arrow_types import ARROW_TYPE_OF, CASE_PSEUDONYM, CONSUMER_PSEUDONYM
from policies.columns import (
    Catalogue,
    CatalogueError,
    Column,
    ColumnType,
    Treatment,
    columns_digest,
)
from policies.grant import Grant
from policies.maskers import Masker, mask, mask_dates

AGENT_COLUMN = "agent_license_number"
DELEGATION_COLUMN = "delegation_status"
CONTACT_GROUP = "Contact"
MEDI_CAL_GROUP = "Medi-Cal"

_SHOWS_ROWS = frozenset({Action.BUILD_BOOK, Action.VIEW_CONSUMERS})
_PSEUDONYMS = frozenset({CONSUMER_PSEUDONYM, CASE_PSEUDONYM})


class PermittedTableError(Exception):
    """The rows are not what the Grant covers; nothing of them may be shown."""


@dataclass(frozen=True, kw_only=True)
class PermittedTable:
    """Rows that may be shown, and what the ledger says of them.

    `data` is a typed pyarrow Table (arrow_types) with `columns` in the catalogue's order, masked;
    `pseudonyms` are the distinct consumers, sorted; `withheld` counts consumers held back by rule;
    `blanked` names columns emptied since the purpose does not cover them; `columns_digest` is hex.
    """

    columns: tuple[Column, ...]
    data: pa.Table = field(repr=False)
    agent: str
    columns_digest: str
    pseudonyms: tuple[str, ...] = field(repr=False)
    withheld: int
    blanked: tuple[str, ...]


def permit_table(
    grant: Grant,
    rows: pa.Table,
    catalogue: Catalogue,
    *,
    ended: Collection[str] = (),
    confidential: Collection[str] = (),
) -> PermittedTable:
    """Return what the Grant lets be shown of `rows`, or raise PermittedTableError.

    `rows` are typed as `arrow_types.rows_schema` says; they need the granted columns, the agent's
    licence, the delegation's status and the consumer's pseudonym. `ended` holds pseudonyms of consumers
    whose delegation ended since the cut-off: their rows are withheld (R06). `confidential` holds
    pseudonyms of consumers with confidential communications, whose contact columns are masked in every
    profile.
    """
    if grant.action not in _SHOWS_ROWS or grant.agent is None or grant.profile is None:
        raise PermittedTableError("the grant shows no rows")
    _check_schema(rows, catalogue)
    _check_delegation(rows, grant.agent)
    held = len(rows[CONSUMER_PSEUDONYM].unique())
    rows = without(rows, ended)
    pseudonyms = tuple(sorted(rows[CONSUMER_PSEUDONYM].unique().to_pylist()))
    shown = _granted_columns(grant, catalogue)
    if missing := [column.name for column, _ in shown if column.name not in rows.column_names]:
        raise PermittedTableError(f"the rows lack granted columns: {', '.join(missing)}")
    blanked = _blanked_columns(grant, shown, catalogue)
    is_confidential = pc.is_in(rows[CONSUMER_PSEUDONYM], pa.array(sorted(confidential), pa.string()))
    arrays = []
    for column, treatment in shown:
        cells = rows[column.name]
        if column.name in blanked:
            cells = _blank(cells)
        elif treatment is Treatment.MASK:
            cells = _masked(cells, column)
        elif confidential and column.group == CONTACT_GROUP:
            cells = pc.if_else(is_confidential, _masked(cells, column), cells)
        arrays.append(cells)
    names = [column.name for column, _ in shown]
    return PermittedTable(
        columns=tuple(column for column, _ in shown),
        data=pa.table(arrays, names=names),
        agent=grant.agent,
        columns_digest=columns_digest(names, grant.profile),
        pseudonyms=pseudonyms,
        withheld=held - len(pseudonyms),
        blanked=tuple(name for name in names if name in blanked),
    )


def without(rows: pa.Table, ended: Collection[str]) -> pa.Table:
    """Return the rows of everybody but the consumers whose delegation ended, by their pseudonyms."""
    if not ended:
        return rows
    has_ended = pc.is_in(rows[CONSUMER_PSEUDONYM], pa.array(sorted(ended), pa.string()))
    return rows.filter(pc.invert(has_ended))


def _check_schema(rows: pa.Table, catalogue: Catalogue) -> None:
    expected = {column.name: ARROW_TYPE_OF[column.type] for column in catalogue.columns}
    expected |= dict.fromkeys(_PSEUDONYMS, pa.string())
    if len(set(rows.column_names)) != len(rows.column_names):
        raise PermittedTableError("the rows hold a column twice")
    if unknown := set(rows.column_names) - expected.keys():
        raise PermittedTableError(f"the rows hold {len(unknown)} columns that the catalogue lacks")
    for found in rows.schema:
        if found.type != expected[found.name]:
            raise PermittedTableError(f"the column {found.name} is not of the catalogue's type")
    for name in (AGENT_COLUMN, DELEGATION_COLUMN, CONSUMER_PSEUDONYM):
        if name not in rows.column_names:
            raise PermittedTableError(f"the rows lack the column {name}")
        if rows[name].null_count:
            raise PermittedTableError(f"the column {name} is blank in {rows[name].null_count} rows")


def _check_delegation(rows: pa.Table, agent: str) -> None:
    strangers = rows.num_rows - _count_equal(rows[AGENT_COLUMN], agent)
    if strangers:
        raise PermittedTableError(f"{strangers} rows belong to another agent")
    inactive = rows.num_rows - _count_equal(rows[DELEGATION_COLUMN], "active")
    if inactive:
        raise PermittedTableError(f"{inactive} rows are not actively delegated")


def _count_equal(cells: pa.ChunkedArray, value: str) -> int:
    count: int = pc.sum(pc.equal(cells, value)).as_py() or 0
    return count


def _granted_columns(grant: Grant, catalogue: Catalogue) -> list[tuple[Column, Treatment]]:
    granted = set(grant.columns)
    if not granted or len(granted) != len(grant.columns):
        raise PermittedTableError("the grant names no columns, or one twice")
    try:
        treatments = catalogue.profile(grant.profile or "")
    except CatalogueError as error:
        raise PermittedTableError("the grant's profile is not in the catalogue") from error
    shown = [(column, how) for column, how in treatments if column.name in granted]
    if len(shown) != len(granted):
        raise PermittedTableError("the grant names a column that the catalogue lacks")
    if any(how is Treatment.OMIT for _, how in shown):
        raise PermittedTableError("the grant names a column that its profile omits")
    return shown


def _blanked_columns(
    grant: Grant, shown: list[tuple[Column, Treatment]], catalogue: Catalogue
) -> frozenset[str]:
    if grant.action is Action.VIEW_CONSUMERS or grant.purpose in catalogue.medi_cal_purposes:
        return frozenset()
    return frozenset(column.name for column, _ in shown if column.group == MEDI_CAL_GROUP)


def _blank(cells: pa.ChunkedArray) -> pa.Array:
    return pa.nulls(len(cells), cells.type)


def _masked(cells: pa.ChunkedArray, column: Column) -> pa.Array:
    if column.masker is Masker.YEAR:
        return mask_dates(cells)
    if column.type is not ColumnType.TEXT:
        return _blank(cells)
    return pa.array([mask(column.masker, text) for text in cells.to_pylist()], pa.string())
