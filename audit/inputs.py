"""What decisions were decided on: the facts, beside the ledger, proven by the entry.

Laws
1. A decision's entry carries `facts`, SHA-256 over the 16 bytes of its own salt and the facts'
   canonical bytes (RFC 8785). Facts that are kept here and don't hash to it prove nothing.
2. Facts are statuses, numbers, moments and codes; no text of anybody's goes in (`canonical_facts`).
3. Facts are never needed to verify a ledger; they may go when entries go.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any, TypeAlias

from sqlalchemy import Connection, insert, select

from audit.entry import Entry
from audit.stored import answering
from audit.tables import ledger_inputs

Facts: TypeAlias = Mapping[str, Mapping[str, bool | int | str]]
"""Groups of facts by name."""

_CODE = re.compile(r"[A-Za-z0-9._:-]{0,64}", re.ASCII)
_MOST = 2**53 - 1
_write = json.JSONEncoder(sort_keys=True, separators=(",", ":"), check_circular=False).encode


class InputsError(ValueError):
    """Facts that may not be kept, or that don't belong to an entry; the message names no value."""


def canonical_facts(facts: Facts) -> str:
    """Return facts as RFC 8785 writes them, or raise InputsError for what is no code or number."""
    for group, record in facts.items():
        for name, value in record.items():
            fits = _CODE.fullmatch(value) if isinstance(value, str) else -_MOST <= value <= _MOST
            if not fits:
                raise InputsError(f"the fact {group}.{name} is no code and no number")
    # Of names and texts in ASCII and whole numbers this is the canonical form.
    return _write(facts)


def facts_digest(salt: str, canonical: str) -> str:
    """Return what an entry with this salt says of facts."""
    return sha256(bytes.fromhex(salt) + canonical.encode("ascii")).hexdigest()


def keep_inputs(connection: Connection, facts: Mapping[int, str]) -> None:
    """Keep canonical facts by the index of the decision's entry, in the entry's transaction."""
    if facts:
        with answering():
            rows = [{"index": index, "facts": text} for index, text in facts.items()]
            connection.execute(insert(ledger_inputs), rows)


def kept_inputs(connection: Connection, indices: Iterable[int]) -> dict[int, str]:
    """Return the canonical facts that are kept of decisions, by index."""
    table = ledger_inputs.c
    with answering():
        query = select(table["index"], table.facts).where(table["index"].in_(set(indices)))
        return {row[0]: row[1] for row in connection.execute(query)}


def proven_facts(entry: Entry, canonical: str | None) -> dict[str, dict[str, Any]]:
    """Return the facts that an entry was decided on, or raise InputsError where nothing proves them."""
    if canonical is None:
        raise InputsError("no facts are kept of this decision")
    if entry.facts is None or facts_digest(entry.salt, canonical) != entry.facts:
        raise InputsError("the facts that are kept aren't those of the entry")
    facts: dict[str, dict[str, Any]] = json.loads(canonical)
    return facts
