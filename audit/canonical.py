"""Canonical JSON (RFC 8785), strict both ways.

Law: one value has one encoding. Bytes that would read as the same value but are written in
another way (spaces, order, escapes, a key twice, a float) aren't canonical and are refused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import rfc8785

MAX_BYTES = 64 * 1024
NOT_CANONICAL = "not in canonical form (RFC 8785)"
_PLAIN = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, check_circular=False
)


class CanonicalError(ValueError):
    """The bytes aren't canonical JSON; the message says why and repeats nothing of them."""


def encode(value: Mapping[str, Any]) -> bytes:
    """Write an object of strings, whole numbers, lists and objects as canonical JSON."""
    try:
        return rfc8785.dumps(dict(value))
    except (rfc8785.CanonicalizationError, UnicodeEncodeError):
        raise CanonicalError("a value can't be written as canonical JSON") from None


def encode_plain(value: Mapping[str, Any]) -> bytes:
    """Write the same as `encode`, faster, where all text is ASCII and all numbers are whole and exact.

    The caller vouches for that, as `fields.check_entry` does: for such values the order of keys
    by code points and Python's own escapes are those of RFC 8785.
    """
    return _PLAIN.encode(value).encode("ascii")


def decode(data: bytes) -> dict[str, Any]:
    """Read canonical JSON of at most MAX_BYTES that is one object. Raises CanonicalError."""
    value = read_object(data)
    if encode(value) != data:
        raise CanonicalError(NOT_CANONICAL)
    return value


def read_object(data: bytes) -> dict[str, Any]:
    """Read JSON of at most MAX_BYTES that is one object, no key twice and no fraction in it.

    Whether it is in canonical form is left to the caller. Raises CanonicalError.
    """
    if len(data) > MAX_BYTES:
        raise CanonicalError(f"longer than {MAX_BYTES} bytes")
    try:
        value = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_float=_refuse_float,
            parse_constant=_refuse_float,
        )
    except CanonicalError:
        raise
    except (ValueError, RecursionError):
        raise CanonicalError("not JSON") from None
    if not isinstance(value, dict):
        raise CanonicalError("not a JSON object")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise CanonicalError("a key stands twice")
    return value


def _refuse_float(_text: str) -> Any:
    raise CanonicalError("a number isn't whole")
