"""Turns an import's ids into pseudonyms: the vault's bytes, as text beside the rows and as packed pairs.

Law: all rows of an id have one pseudonym, and the vault is asked once for each id of a table.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from snapshot.keys import ImportedKeys
from snapshot.pairs import PSEUDONYM_BYTES, pack_licence

_BITS_BYTES = 16
_TEXT_BYTES = len("2026:") + 2 * _BITS_BYTES
_SEPARATOR = "|"


@dataclass(frozen=True)
class Pseudonymised:
    """A column of ids (int32 `places` into its distinct ids), and the pseudonyms of those."""

    places: pa.Array
    year: int
    bits: bytes

    def texts(self) -> pa.Array:
        """Return each row's pseudonym as `<year>:<32 hex>`."""
        return _fixed(self._before_each(f"{self.year}:").encode(), pa.string()).take(self.places)

    def pairs_with(self, agents: pa.Array) -> list[bytes]:
        """Return each pair of a row's pseudonym and agent once, packed as `pairs.py` says."""
        coded = agents.dictionary_encode()
        both = pc.add(
            pc.multiply(self.places.cast(pa.int64()), len(coded.dictionary)), coded.indices.cast(pa.int64())
        ).unique()
        consumer = pc.divide(both, max(1, len(coded.dictionary)))
        agent = pc.subtract(both, pc.multiply(consumer, len(coded.dictionary)))
        known = _fixed(bytes.fromhex(self._before_each(f"{self.year:04x}")), pa.binary())
        licences = pa.array([pack_licence(each) for each in coded.dictionary.to_pylist()], pa.binary())
        joined = pc.binary_join_element_wise(
            known.take(consumer), licences.take(agent), pa.scalar(b"", pa.binary())
        )
        pairs: list[bytes] = joined.to_pylist()
        return pairs

    def _before_each(self, head: str) -> str:
        """Return all pseudonyms' bits as hex, each after a head."""
        return head + self.bits.hex(_SEPARATOR, _BITS_BYTES).replace(_SEPARATOR, head) if self.bits else ""


def pseudonymise(ids: pa.ChunkedArray, kind: str, keys: ImportedKeys) -> Pseudonymised:
    """Ask the vault for the pseudonyms of a column of ids; all have a value."""
    coded = ids.combine_chunks().dictionary_encode()
    bits = keys.derive(kind, tuple(coded.dictionary.to_pylist()))
    return Pseudonymised(places=coded.indices, year=keys.year, bits=bits)


def _fixed(data: bytes, kind: pa.DataType) -> pa.Array:
    """Return values of one length, one after the other in `data`, as an array."""
    width = _TEXT_BYTES if kind == pa.string() else PSEUDONYM_BYTES
    offsets = array("i", range(0, len(data) + 1, width))
    return pa.Array.from_buffers(kind, len(offsets) - 1, [None, pa.py_buffer(offsets), pa.py_buffer(data)])
