"""The values that messages are made of, read strictly: what isn't one is a FramingError."""

from __future__ import annotations

from typing import Any

from vault.framing import FramingError, decode_bytes
from vault.table import BATCH_MOST

_SIZE_LIMIT = 2**62
_PROOF_LIMIT = 128
_HASH_BYTES = 32


def read_members(value: object, names: frozenset[str] | None = None) -> dict[str, Any]:
    """Read an object, of exactly these members where they are named."""
    if not isinstance(value, dict) or (names is not None and value.keys() != names):
        raise FramingError("other members than expected")
    return value


def read_list(value: object) -> list[Any]:
    """Read a list of a batch, of at most as many items as a full batch has entries."""
    if not isinstance(value, list) or len(value) > 2 * BATCH_MOST:
        raise FramingError("not a batch")
    return value


def read_number(value: object) -> int:
    """Read a size or an index of the ledger."""
    if type(value) is not int or not 0 <= value < _SIZE_LIMIT:
        raise FramingError("not a number of the ledger")
    return value


def read_text(value: object) -> str:
    """Read Unicode without lone surrogates and without NUL."""
    if not isinstance(value, str) or "\0" in value:
        raise FramingError("not a text")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise FramingError("not a text") from None
    return value


def read_texts(value: object) -> tuple[str, ...]:
    """Read a list of texts."""
    if not isinstance(value, list):
        raise FramingError("not a list")
    return tuple(read_text(one) for one in value)


def read_hashes(value: object) -> tuple[bytes, ...]:
    """Read the hashes of a proof, which travel as one run of bytes, 32 each."""
    data = decode_bytes(value)
    if len(data) % _HASH_BYTES or len(data) > _PROOF_LIMIT * _HASH_BYTES:
        raise FramingError("not a proof")
    return tuple(data[start : start + _HASH_BYTES] for start in range(0, len(data), _HASH_BYTES))
