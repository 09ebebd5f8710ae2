"""The index of a stored snapshot: where each agent's parts lie and what they must be.

Format, version 1: canonical JSON (RFC 8785) with `v`, `attempt`, and for `shards` and `lists`
each the Arrow `schema` (base64 of its IPC message) and `parts`: agent to `position`,
`offset`, `length`, `rows` and `sha256` (hex, of the part's ciphertext). It is stored
encrypted; SHA-256 of that ciphertext is the snapshot's digest, so the digest fixes all parts.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import pyarrow as pa
import rfc8785

VERSION = 1


class Section(StrEnum):
    """The two kinds of parts; the value names the object that holds them."""

    SHARDS = "shards"
    LISTS = "lists"


@dataclass(frozen=True, kw_only=True)
class Part:
    """One agent's part: bytes `offset` to `offset + length` of its section's object."""

    position: int
    offset: int
    length: int
    rows: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class SectionIndex:
    """All parts of a section by agent, and the schema that each of them has."""

    schema: pa.Schema
    parts: Mapping[str, Part]


@dataclass(frozen=True, kw_only=True)
class Index:
    """What one stored snapshot holds."""

    attempt: str
    sections: Mapping[Section, SectionIndex]

    def encode(self) -> bytes:
        """Return the index as canonical JSON."""
        document: dict[str, Any] = {"v": VERSION, "attempt": self.attempt}
        for section, held in self.sections.items():
            document[section.value] = {
                "schema": base64.b64encode(held.schema.serialize().to_pybytes()).decode(),
                "parts": {agent: asdict(part) for agent, part in held.parts.items()},
            }
        return rfc8785.dumps(document)

    @staticmethod
    def decode(data: bytes) -> Index:
        """Read an index that `encode` wrote; ValueError for another version."""
        document = json.loads(data)
        if document["v"] != VERSION:
            raise ValueError("an index of another version")
        return Index(
            attempt=document["attempt"],
            sections={section: _read_section(document[section.value]) for section in Section},
        )


def object_names(attempt: str) -> dict[str, str]:
    """Return the names of an attempt's three objects: `shards`, `lists` and `index`."""
    parts = (*(section.value for section in Section), "index")
    return {part: f"snapshots/{attempt}/{part}" for part in parts}


def _read_section(document: Mapping[str, Any]) -> SectionIndex:
    schema = pa.ipc.read_schema(pa.py_buffer(base64.b64decode(document["schema"], validate=True)))
    return SectionIndex(
        schema=schema, parts={agent: Part(**part) for agent, part in document["parts"].items()}
    )
