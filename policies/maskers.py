"""Maskers: what is left of a value that a profile may not show in full.

Laws: a masked value is never longer than the value; masking twice changes nothing; blank (None or
the empty text) stays what it is. Padding around a value goes, since it is part of the value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from enum import StrEnum
from types import MappingProxyType

import pyarrow as pa
import pyarrow.compute as pc


class Masker(StrEnum):
    """How a column's values are masked; what is neither text nor a date is masked by a blank."""

    NAME = "name"
    EMAIL = "email"
    PHONE = "phone"
    ADDRESS = "address"
    YEAR = "year"
    GENERIC = "generic"
    BLANK = "blank"


_STAR = "*"
_DIGITS_LEFT = 4
_PHONE_DIGITS = 8
_MASKED_PHONE = re.compile(r"\*\*\*-[0-9]{4}")


def mask(masker: Masker, text: str | None) -> str | None:
    """Return what may be shown of `text`; None and the empty text come back as they are."""
    if not text:
        return text
    return _MASK_OF[masker](text)


def _mask_name(text: str) -> str | None:
    """Keep the first character and a point: `Ramos` becomes `R.`."""
    name = text.strip()
    initial = name[:1] if name[:1].isalnum() else _STAR
    return f"{initial}." if len(name) > 1 else _STAR if name else None


def _mask_email(text: str) -> str | None:
    """Keep the first character and the top-level domain: `ana@mail.example` becomes `a*@*.example`."""
    local, at, domain = text.strip().rpartition("@")
    _, point, top = domain.rpartition(".")
    if not (at and point and len(local) > 1 and top.isalnum() and len(domain) > len(top) + 1):
        return _mask_generic(text)
    initial = local[0] if local[0].isalnum() else _STAR
    return f"{initial}*@*.{top}"


def _mask_phone(text: str) -> str | None:
    """Keep the last four digits: `(295) 555-0191` becomes `***-0191`; a shorter number goes whole."""
    if _MASKED_PHONE.fullmatch(text):
        return text
    digits = [character for character in text if character in "0123456789"]
    if len(digits) < _PHONE_DIGITS:
        return _mask_generic(text)
    return "***-" + "".join(digits[-_DIGITS_LEFT:])


def _mask_year(text: str) -> str | None:
    """Keep the year, as its first day: `1953-12-29` becomes `1953-01-01`, and so stays a date."""
    try:
        return date.fromisoformat(text).replace(month=1, day=1).isoformat()
    except ValueError:
        return _mask_generic(text)


def mask_dates(cells: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return date32 cells with the year kept, as its first day; blanks stay blank."""
    return pc.floor_temporal(cells, unit="year")


def _mask_generic(text: str) -> str | None:
    """Keep nothing but that there is a value."""
    return _STAR * min(3, len(text.strip())) or None


def _mask_blank(_text: str) -> str | None:
    """Keep nothing at all."""
    return None


_MASK_OF: Mapping[Masker, Callable[[str], str | None]] = MappingProxyType(
    {
        Masker.NAME: _mask_name,
        Masker.EMAIL: _mask_email,
        Masker.PHONE: _mask_phone,
        Masker.ADDRESS: _mask_generic,
        Masker.YEAR: _mask_year,
        Masker.GENERIC: _mask_generic,
        Masker.BLANK: _mask_blank,
    }
)
