"""What may never stand in a book, found by a column's name or a value's pattern.

Laws: a pattern needs a checksum or context, so that a ten-digit consumer id is not taken for
something else; an answer is the pattern's code and never any part of the value. The names and
patterns are data (`never.toml`).
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

NEVER_FILE = Path(__file__).with_name("never.toml")

_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u00ad", "-"))
_CARD_DIGITS = range(13, 20)
_LARGEST_DIGIT = 9


class NeverListError(Exception):
    """The list of what never leaves cannot be read."""


@dataclass(frozen=True, kw_only=True)
class Pattern:
    """One pattern of values; `luhn` counts a hit only with a valid check digit."""

    code: str
    regex: re.Pattern[str]
    luhn: bool
    free_text_only: bool

    def occurs_in(self, text: str) -> bool:
        """Tell whether the pattern occurs in plain text (NFKC, plain dashes)."""
        if not self.luhn:
            return self.regex.search(text) is not None
        return any(_holds_card(hit.group()) for hit in self.regex.finditer(text))


@dataclass(frozen=True, kw_only=True)
class NeverList:
    """The names of columns and the patterns of values that refuse an extract."""

    words: frozenset[str]
    phrases: tuple[str, ...]
    patterns: tuple[Pattern, ...]

    @classmethod
    def load(cls, path: Path = NEVER_FILE) -> NeverList:
        """Read the list's file, or raise NeverListError."""
        return cls.parse(path.read_text(encoding="utf-8"))

    @classmethod
    def parse(cls, text: str) -> NeverList:
        """Read a list from TOML text, or raise NeverListError."""
        try:
            document = tomllib.loads(text)
            patterns = tuple(
                Pattern(
                    code=table["code"],
                    regex=re.compile(table["regex"], re.IGNORECASE),
                    luhn={"luhn": True, "none": False}[table["check"]],
                    free_text_only=table["free_text_only"],
                )
                for table in document["pattern"]
            )
            columns = document["columns"]
            return cls(
                words=frozenset(columns["words"]), phrases=tuple(columns["phrases"]), patterns=patterns
            )
        except (KeyError, TypeError, ValueError, re.error) as error:
            raise NeverListError(f"the never-export list cannot be read: {error!r}") from error

    def forbids_column(self, name: str) -> bool:
        """Tell whether a column of that name may never be exported. Ask of unknown columns only."""
        plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
        if self.words & set(plain.split("_")):
            return True
        return any(f"_{phrase}_" in f"_{plain}_" for phrase in self.phrases)

    def find(self, text: str, *, free_text: bool = True) -> str | None:
        """Return the code of the first pattern that occurs in a value, or None.

        `free_text` False is for columns of ids, where the patterns that ids resemble are not searched.
        """
        if not any(character.isdigit() for character in text):
            return None
        plain = unicodedata.normalize("NFKC", text).translate(_DASHES)
        for pattern in self.patterns:
            if (free_text or not pattern.free_text_only) and pattern.occurs_in(plain):
                return pattern.code
        return None


@cache
def shipped_list() -> NeverList:
    """Return the list that ships with the service, read once."""
    return NeverList.load()


def passes_luhn(digits: str) -> bool:
    """Tell whether a string of digits ends in its valid check digit (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - _LARGEST_DIGIT if value > _LARGEST_DIGIT else value
    return total % 10 == 0


def _holds_card(run: str) -> bool:
    """Tell whether some consecutive groups of a run of digits form a card's number."""
    groups = re.split(r"[ .-]", run)
    for first in range(len(groups)):
        digits = ""
        for group in groups[first:]:
            digits += group
            if len(digits) >= _CARD_DIGITS.stop:
                break
            if len(digits) in _CARD_DIGITS and len(set(digits)) > 1 and passes_luhn(digits):
                return True
    return False
