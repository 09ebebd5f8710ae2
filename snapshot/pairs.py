"""Who is delegated to whom, as a set that is kept packed and compared piece by piece.

A pair is 34 bytes: the pseudonym's year (2, big-endian), its 128 bits (16), the agent's licence
(ASCII, filled up with NUL to 16). A bucket holds the pairs whose pseudonym's bits begin with its
number as a byte, sorted, each once, as one Zstandard frame after their number as 4 bytes.

Law: pure, and the same set has the same bytes.
"""

from __future__ import annotations

import bisect
import struct
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

import pyarrow as pa

BUCKETS: Final = 256
_AGENT_BYTES = 16
_HEAD = struct.Struct(">H")
_COUNT = struct.Struct(">I")
PSEUDONYM_BYTES: Final = _HEAD.size + 16
PAIR_BYTES: Final = PSEUDONYM_BYTES + _AGENT_BYTES


class Pair(NamedTuple):
    """One consumer's pseudonym in packed form, and an agent's licence."""

    pseudonym: bytes
    agent: str


def pack_pseudonym(text: str) -> bytes:
    """Return the packed form of `<year>:<32 hex>`."""
    year, _, bits = text.partition(":")
    return _HEAD.pack(int(year)) + bytes.fromhex(bits)


def write_pseudonym(packed: bytes) -> str:
    """Return `<year>:<32 hex>`."""
    return f"{year_of(packed)}:{packed[_HEAD.size :].hex()}"


def pack_pair(pseudonym: str, agent: str) -> bytes:
    """Return a pair's bytes; ValueError for a licence that doesn't fit."""
    return pack_pseudonym(pseudonym) + pack_licence(agent)


def read_pair(packed: bytes) -> Pair:
    """Return what `pack_pair` packed."""
    return Pair(packed[:PSEUDONYM_BYTES], packed[PSEUDONYM_BYTES:].rstrip(b"\0").decode("ascii"))


class PairSet:
    """All pairs of one import, by bucket."""

    def __init__(self) -> None:
        self._of: list[set[bytes]] = [set() for _ in range(BUCKETS)]
        self._lock = threading.Lock()

    def add(self, pairs: Iterable[bytes]) -> None:
        """Add packed pairs; from any thread."""
        of = self._of
        with self._lock:
            for pair in pairs:
                of[pair[_HEAD.size]].add(pair)

    def __len__(self) -> int:
        """Return how many pairs there are."""
        return sum(map(len, self._of))

    def bucket(self, number: int) -> set[bytes]:
        """Return the pairs of a bucket."""
        return self._of[number]


@dataclass(frozen=True)
class Changes:
    """What differs from one set to the next; both sorted."""

    begun: list[bytes]
    ended: list[bytes]

    def __iter__(self) -> Iterator[tuple[bytes, bool]]:
        """Yield each changed pair, and whether it began, in the order of the pairs."""
        marked = [(pair, True) for pair in self.begun] + [(pair, False) for pair in self.ended]
        return iter(sorted(marked))


def compare(before: set[bytes], after: set[bytes]) -> Changes:
    """Return what began and what ended."""
    return Changes(sorted(after - before), sorted(before - after))


def pack_bucket(pairs: list[bytes]) -> bytes:
    """Return a bucket's pairs, which are sorted, as bytes."""
    packed: bytes = pa.Codec("zstd", 1).compress(b"".join(pairs), asbytes=True)
    return _COUNT.pack(len(pairs)) + packed


def year_of(packed: bytes) -> int:
    """Return the year of a packed pseudonym, or of a pair's."""
    (year,) = _HEAD.unpack_from(packed)
    return int(year)


def read_bucket(data: bytes) -> set[bytes]:
    """Return what `pack_bucket` packed."""
    clear = _unpacked(data)
    return {clear[start : start + PAIR_BYTES] for start in range(0, len(clear), PAIR_BYTES)}


def agents_in(data: bytes, pseudonym: bytes) -> set[str]:
    """Return the agents to whom a packed bucket has a pseudonym delegated."""
    clear = _unpacked(data)
    places = range(0, len(clear), PAIR_BYTES)
    first = bisect.bisect_left(places, pseudonym, key=lambda at: clear[at : at + PSEUDONYM_BYTES])
    held = set()
    for at in places[first:]:
        pair = read_pair(clear[at : at + PAIR_BYTES])
        if pair.pseudonym != pseudonym:
            break
        held.add(pair.agent)
    return held


def pseudonyms_in(data: bytes, agent: str) -> set[bytes]:
    """Return the pseudonyms that a packed bucket has delegated to an agent."""
    clear, licence = _unpacked(data), pack_licence(agent)
    found, at = set(), clear.find(licence)
    # To search the licence's bytes takes a thirtieth of reading every pair; what isn't in its place isn't it.
    while at >= 0:
        start = at - PSEUDONYM_BYTES
        if start % PAIR_BYTES == 0:
            found.add(clear[start:at])
        at = clear.find(licence, at + 1)
    return found


def bucket_of(pseudonym: bytes) -> int:
    """Return the number of the bucket in which a pseudonym's pairs are."""
    return pseudonym[_HEAD.size]


def pack_licence(agent: str) -> bytes:
    """Return a licence's 16 bytes; ValueError for one that doesn't fit."""
    licence = agent.encode("ascii")
    if not 0 < len(licence) <= _AGENT_BYTES:
        raise ValueError("a licence has 1 to 16 characters")
    return licence.ljust(_AGENT_BYTES, b"\0")


def _unpacked(data: bytes) -> bytes:
    (count,) = _COUNT.unpack_from(data)
    clear: bytes = pa.decompress(data[_COUNT.size :], count * PAIR_BYTES, codec="zstd", asbytes=True)
    return clear
