"""The index of a stored snapshot: where each agent's parts lie and what they must be.

Format, version 2. The **root** is canonical JSON (RFC 8785): `v`, `attempt`, `schemas` (of
`shards` and `lists`: base64 of the Arrow schema's IPC message) and `pages`, in the order of
their agents: `first` (the first agent's licence), `offset`, `length` and `sha256` (hex) of the
page's ciphertext in the object `pages`. A **page** is canonical JSON too: agent to, for
`shards` and `lists` each, `position`, `offset`, `length`, `rows` and `sha256` (hex, of the
part's ciphertext). Root and pages are stored encrypted; SHA-256 of the root's ciphertext is the
snapshot's digest, so the digest fixes every part, and one agent's is found by reading the root
and one page.
"""

from __future__ import annotations

import base64
import bisect
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import pyarrow as pa
import rfc8785

VERSION = 2
PAGE_AGENTS = 64


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


Parts = Mapping[str, Mapping[Section, Part]]


@dataclass(frozen=True, kw_only=True)
class PageRef:
    """Where a page lies, what it must be, and the first agent that it may hold."""

    first: str
    offset: int
    length: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Root:
    """What fixes all of one stored snapshot."""

    attempt: str
    schemas: Mapping[Section, pa.Schema]
    pages: tuple[PageRef, ...]

    def page_of(self, agent: str) -> int | None:
        """Return the number of the page on which an agent stands, if anywhere."""
        after = bisect.bisect_right(self.pages, agent, key=lambda page: page.first)
        return after - 1 if after else None

    def encode(self) -> bytes:
        """Return the root as canonical JSON."""
        document: dict[str, Any] = {
            "v": VERSION,
            "attempt": self.attempt,
            "schemas": {
                section.value: base64.b64encode(schema.serialize().to_pybytes()).decode()
                for section, schema in self.schemas.items()
            },
            "pages": [asdict(page) for page in self.pages],
        }
        return rfc8785.dumps(document)

    @staticmethod
    def decode(data: bytes) -> Root:
        """Read a root that `encode` wrote; ValueError for another version."""
        document = json.loads(data)
        if document["v"] != VERSION:
            raise ValueError("an index of another version")
        return Root(
            attempt=document["attempt"],
            schemas={section: _read_schema(document["schemas"][section.value]) for section in Section},
            pages=tuple(PageRef(**page) for page in document["pages"]),
        )


def encode_page(parts: Parts) -> bytes:
    """Return a page as canonical JSON."""
    document = {
        agent: {section.value: vars(part) for section, part in of.items()} for agent, of in parts.items()
    }
    # All names are ASCII and all numbers whole: sorted and tight is canonical.
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode("ascii")


def decode_page(data: bytes) -> Parts:
    """Read a page that `encode_page` wrote."""
    return {
        agent: {Section(section): Part(**part) for section, part in of.items()}
        for agent, of in json.loads(data).items()
    }


def object_names(attempt: str) -> dict[str, str]:
    """Return the names of an attempt's objects: `shards`, `lists`, `pages` and `index` (the root)."""
    parts = (*(section.value for section in Section), "pages", "index")
    return {part: f"snapshots/{attempt}/{part}" for part in parts}


def _read_schema(text: str) -> pa.Schema:
    return pa.ipc.read_schema(pa.py_buffer(base64.b64decode(text, validate=True)))
