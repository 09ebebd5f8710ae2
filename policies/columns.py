"""The column catalogue: which columns a book may hold, what they mean, and how each profile treats them.

Laws: the catalogue's order is the book's order; a column that the catalogue does not name does not
exist; a catalogue that contradicts itself does not load. `columns.toml` is data that an operator may
edit; this file only reads it.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any

from policies.maskers import Masker

COLUMNS_FILE = Path(__file__).with_name("columns.toml")


class ColumnType(StrEnum):
    """How a column's values are written in an extract, and so how they are checked and stored."""

    TEXT = "text"
    ENUM = "enum"
    LIST = "list"
    DATE = "date"
    DATETIME = "datetime"
    MONEY = "money"
    INT = "int"
    BOOL = "bool"


class Kind(StrEnum):
    """A kind of consumer; the value is the one that `consumer_kind` holds."""

    COVERED_CALIFORNIA = "Covered California"
    MIXED_HOUSEHOLD = "Mixed Household"
    MEDI_CAL = "Medi-Cal"


class PiiClass(StrEnum):
    """How a column identifies or touches a person: direct, quasi-identifier, sensitive, none."""

    DIRECT = "D"
    QUASI = "Q"
    SENSITIVE = "S"
    NONE = "N"


class Treatment(StrEnum):
    """What a profile does with a column."""

    INCLUDE = "include"
    MASK = "mask"
    OMIT = "omit"


class Profile(StrEnum):
    """For whom a set of columns is cut."""

    AGENT = "agent"
    MANAGER = "manager"
    MINIMAL = "minimal"
    LIST = "list"


class CatalogueError(Exception):
    """The catalogue contradicts itself, or a column, profile or purpose is asked for that it lacks."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column. `pattern` is a regular expression for the whole text, None where any text will do."""

    name: str
    label: str
    group: str
    type: ColumnType
    kinds: frozenset[Kind]
    pii_class: PiiClass
    required: bool
    meaning: str
    values: tuple[str, ...]
    pattern: str | None
    free_text: bool
    masker: Masker
    treatment: Mapping[Profile, Treatment]


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """All columns in order, and the purposes under which Medi-Cal columns are filled."""

    columns: tuple[Column, ...]
    medi_cal_purposes: frozenset[str]

    @classmethod
    def load(cls, path: Path = COLUMNS_FILE) -> Catalogue:
        """Read the catalogue's file, or raise CatalogueError."""
        return cls.parse(path.read_text(encoding="utf-8"))

    @classmethod
    def parse(cls, text: str) -> Catalogue:
        """Read a catalogue from TOML text, or raise CatalogueError."""
        try:
            document = tomllib.loads(text)
            columns = tuple(_read_column(table) for table in document["column"])
            purposes = {name for name, purpose in document["purposes"].items() if purpose["medi_cal"]}
        except (KeyError, TypeError, ValueError, re.error) as error:
            raise CatalogueError(f"the column catalogue cannot be read: {error!r}") from error
        if len({column.name for column in columns}) != len(columns):
            raise CatalogueError("the column catalogue names a column twice")
        return cls(columns=columns, medi_cal_purposes=frozenset(purposes))

    def names(self, profile: str) -> tuple[str, ...]:
        """Return the names that a profile shows, masked or not, in the catalogue's order."""
        return tuple(
            column.name for column, treatment in self.profile(profile) if treatment is not Treatment.OMIT
        )

    def column(self, name: str) -> Column:
        """Return the column of that name, or raise CatalogueError."""
        for column in self.columns:
            if column.name == name:
                return column
        raise CatalogueError("the catalogue has no such column")

    def profile(self, name: str) -> tuple[tuple[Column, Treatment], ...]:
        """Return each column in order with the profile's treatment, omitted ones too."""
        try:
            profile = Profile(name)
        except ValueError:
            raise CatalogueError("the catalogue has no such profile") from None
        return tuple((column, column.treatment[profile]) for column in self.columns)


def columns_digest(names: Iterable[str], profile: str) -> str:
    """Return SHA-256 (hex) over a column set: a version line, the profile, each name on its line."""
    lines = ["sealed-book-columns/v1", profile, *names]
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


def name_of_label(label: str) -> str:
    """Return the column's name that a header stands for: lower case, underscores for spaces and hyphens."""
    return label.lower().replace(" ", "_").replace("-", "_")


_KIND_OF_LETTER = {
    "C": Kind.COVERED_CALIFORNIA,
    "X": Kind.MIXED_HOUSEHOLD,
    "M": Kind.MEDI_CAL,
}
_NEEDED = {"name", "label", "group", "type", "kinds", "class", "required", "meaning", "profiles"}
_ALLOWED = _NEEDED | {"values", "pattern", "free_text", "masker"}


def _read_column(table: dict[str, Any]) -> Column:
    if missing := _NEEDED - table.keys():
        raise ValueError(f"column {table.get('name')!r} lacks {sorted(missing)}")
    if extra := table.keys() - _ALLOWED:
        raise ValueError(f"column {table['name']!r} has unknown keys {sorted(extra)}")
    column = Column(
        name=table["name"],
        label=table["label"],
        group=table["group"],
        type=ColumnType(table["type"]),
        kinds=frozenset(_KIND_OF_LETTER[letter] for letter in table["kinds"]),
        pii_class=PiiClass(table["class"]),
        required=table["required"],
        meaning=table["meaning"],
        values=tuple(table.get("values", ())),
        pattern=table.get("pattern"),
        free_text=table.get("free_text", False),
        masker=Masker(table.get("masker", Masker.BLANK)),
        treatment=MappingProxyType({profile: Treatment(table["profiles"][profile]) for profile in Profile}),
    )
    _check_column(column)
    return column


def _check_column(column: Column) -> None:
    if name_of_label(column.label) != column.name:
        raise ValueError(f"the label of {column.name!r} does not give its name back")
    if bool(column.values) != (column.type in {ColumnType.ENUM, ColumnType.LIST}):
        raise ValueError(f"{column.name!r}: an enum or list has values, nothing else does")
    if len(set(column.values)) != len(column.values):
        raise ValueError(f"{column.name!r} lists a value twice")
    if column.masker is Masker.YEAR:
        if column.type is not ColumnType.DATE:
            raise ValueError(f"{column.name!r} is no date and has no year to keep")
    elif column.masker is not Masker.BLANK and column.type is not ColumnType.TEXT:
        raise ValueError(f"{column.name!r} is no text and can be masked by a blank only")
    if column.pattern is not None:
        re.compile(column.pattern)
