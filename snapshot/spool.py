"""Where rows wait between checking and sealing: encrypted, nameless, and gone with the process.

Laws
1. What lies on the disk is ciphertext under a key that lives in this object alone. The file has
   no name from its first moment, so that no crash leaves one.
2. Rows are kept by bucket; all rows of an agent are in one bucket, in the extract's order.
3. Memory holds one batch on the way in and one bucket on the way out.
"""

from __future__ import annotations

import os
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc

from runtime.envelope import KEY_BYTES, open_envelope, seal_envelope
from snapshot.packing import Codec, pack, unpack

_USE = "snapshot.spool"


@dataclass(frozen=True)
class Chunk:
    """Rows of one batch that belong into one bucket, sealed; `number` makes its name unique."""

    section: str
    bucket: int
    number: int
    sealed: bytes


@dataclass(frozen=True)
class Bucket:
    """All chunks of a bucket, still sealed; any thread may open it."""

    key: bytes
    section: str
    number: int
    sealed: list[tuple[int, bytes]]

    def open(self, schema: pa.Schema) -> pa.Table:
        """Return the bucket's rows."""
        batches = [
            unpack(
                open_envelope(
                    self.key, sealed, use=_USE, section=self.section, bucket=self.number, number=number
                ),
                schema,
                Codec.FAST,
            )
            for number, sealed in self.sealed
        ]
        return pa.Table.from_batches(batches, schema)


class Spool:
    """A context; `folder` is where the nameless file lies, `buckets` how many there are."""

    def __init__(self, folder: Path | None, buckets: int) -> None:
        self.buckets = buckets
        self._folder = folder
        self._key = os.urandom(KEY_BYTES)
        self._held: dict[tuple[str, int], list[tuple[int, int, int]]] = {}
        self._end = 0

    def __enter__(self) -> Self:
        """Make the file."""
        self._file = tempfile.TemporaryFile(dir=self._folder)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let the file go, and the key with it."""
        self._file.close()
        self._key = b""

    def buckets_of(self, agents: pa.Array) -> pa.Array:
        """Return the bucket (int32) of each row's agent."""
        encoded = agents.dictionary_encode()
        return pa.array(map(self.bucket_of, encoded.dictionary.to_pylist()), pa.int32()).take(encoded.indices)

    def split(
        self,
        section: str,
        number: int,
        rows: pa.RecordBatch,
        buckets: pa.Array,
        places: pa.Array | None = None,
    ) -> list[Chunk]:
        """Seal a batch's rows (those at `places`, else all) by bucket. Changes nothing: any thread may."""
        if places is None:
            order = pc.array_sort_indices(buckets)
        else:
            buckets = buckets.take(places)
            order = places.take(pc.array_sort_indices(buckets))
        # Buckets are few and the sort is stable, so rows of an agent keep their order.
        rows = rows.take(order)
        chunks, start = [], 0
        for counted in sorted(pc.value_counts(buckets).to_pylist(), key=lambda each: int(each["values"])):
            bucket, count = counted["values"], counted["counts"]
            clear = pack(rows.slice(start, count), Codec.FAST)
            start += count
            sealed = seal_envelope(self._key, clear, use=_USE, section=section, bucket=bucket, number=number)
            chunks.append(Chunk(section, bucket, number, sealed))
        return chunks

    def bucket_of(self, agent: str) -> int:
        """Return the bucket of an agent's rows."""
        return zlib.crc32(agent.encode()) % self.buckets

    def add(self, chunks: list[Chunk]) -> None:
        """Keep chunks, in the order in which `read` will give them."""
        for chunk in chunks:
            self._file.seek(self._end)
            self._file.write(chunk.sealed)
            place = (chunk.number, self._end, len(chunk.sealed))
            self._held.setdefault((chunk.section, chunk.bucket), []).append(place)
            self._end += len(chunk.sealed)

    def read(self, section: str) -> Iterator[Bucket]:
        """Yield each bucket that has any rows of a section, as it lies there."""
        for number in range(self.buckets):
            places = self._held.get((section, number))
            if places:
                yield Bucket(self._key, section, number, [self._read(*place) for place in places])

    def _read(self, number: int, offset: int, length: int) -> tuple[int, bytes]:
        self._file.seek(offset)
        return number, self._file.read(length)
