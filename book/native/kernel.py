"""The door to the kernel: typed calls into the shared object, or the reason why there is none.

Laws:
1. An object is loaded only if it was made of the C files that stand here; nothing is built at import.
2. Every buffer that the kernel writes into is ours and goes with its length; what it reads belongs to an
   Arrow batch that is held until the call is over.
3. A call lets other threads run (ctypes gives the interpreter's lock back).
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from functools import cache
from typing import Any

import pyarrow as pa

from book.errors import BookError
from book.native.compiling import note_path, object_path, sources_digest

DIGEST_BYTES = 64
_ROOM = 64 * 1024
_MOST_ROOM = 1 << 30
_POINTER, _SIZE, _INT64 = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int64


class KernelMissingError(Exception):
    """There is no kernel here; the message says why."""


class UnwritableError(BookError):
    """The kernel hands a batch back: it holds what has no cell. `cells.py` says where."""

    def __init__(self) -> None:
        super().__init__("the kernel can't write a value or a type")


class _Progress(ctypes.Structure):
    _fields_ = (("row", _INT64), ("bytes", _SIZE))


class _Measure(ctypes.Structure):
    _fields_ = (("filled", _INT64), ("longest", _INT64))


class Kernel:
    """The loaded object. Safe to share between threads: it keeps nothing between calls."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._spin = library.spin_digests
        self._spin.argtypes = (ctypes.c_int, _POINTER, _SIZE, ctypes.c_uint32)
        self._write = library.sheet_write
        self._write.argtypes = (_POINTER, _POINTER, _INT64, _POINTER, _SIZE, ctypes.POINTER(_Progress))
        self._measure = library.columns_measure
        self._measure.argtypes = (_POINTER, _POINTER, _INT64, _POINTER)
        self.width: int = library.spin_width()

    def spin(self, digests: bytearray, turns: int, *, width: int | None = None) -> None:
        """Turn digests of 64 bytes each in place; at most `width` (16, 8, 4, 1) go together.

        ValueError where the bytes are not whole digests or this processor can't go that wide.
        """
        count, rest = divmod(len(digests), DIGEST_BYTES)
        if rest:
            raise ValueError("digests are 64 bytes each")
        if not count:
            return
        place = (ctypes.c_uint8 * len(digests)).from_buffer(digests)
        if self._spin(self.width if width is None else width, place, count, turns):
            raise ValueError("this processor can't go that wide")

    def measure(self, batch: pa.RecordBatch, sample: int) -> list[tuple[int, int]]:
        """Count each column's filled cells, and the characters of its longest text in `sample` rows.

        UnwritableError where a type has no cell.
        """
        schema, array = batch.__arrow_c_array__()
        found = (_Measure * batch.num_columns)()
        places = _pointer(schema, b"arrow_schema"), _pointer(array, b"arrow_array")
        if self._measure(*places, sample, found):
            raise UnwritableError
        return [(each.filled, each.longest) for each in found]

    def rows(self, batch: pa.RecordBatch, first_row: int, *, room: int = _ROOM) -> Iterator[memoryview]:
        """Write a batch's rows as sheet XML; each piece is valid until the next is asked for.

        UnwritableError where a value or a type has no cell; what came before it is then void.
        """
        # The capsules hold the batch, and release it when they go.
        schema, array = batch.__arrow_c_array__()
        places = _pointer(schema, b"arrow_schema"), _pointer(array, b"arrow_array")
        progress = _Progress(0, 0)
        piece = bytearray(room)
        place = (ctypes.c_uint8 * room).from_buffer(piece)
        while progress.row < batch.num_rows:
            if self._write(*places, first_row, place, room, ctypes.byref(progress)):
                raise UnwritableError
            if progress.bytes:
                yield memoryview(piece)[: progress.bytes]
                continue
            # One row needs more than the whole piece; its cells' limit bounds that.
            room *= 2
            if room > _MOST_ROOM:
                raise UnwritableError
            piece = bytearray(room)
            place = (ctypes.c_uint8 * room).from_buffer(piece)


def _pointer(capsule: Any, name: bytes) -> int:
    get = ctypes.pythonapi.PyCapsule_GetPointer
    get.restype, get.argtypes = _POINTER, (ctypes.py_object, ctypes.c_char_p)
    found = get(capsule, name)
    if not found:
        raise UnwritableError
    return int(found)


@cache
def load_kernel() -> Kernel:
    """Return the kernel; KernelMissingError where there is none that belongs to these sources."""
    path = object_path()
    if not path.is_file():
        note = note_path()
        why = note.read_text(encoding="utf-8") if note.is_file() else "it was never built"
        raise KernelMissingError(why)
    try:
        library = ctypes.CDLL(str(path))
        library.kernel_sources.restype = ctypes.c_char_p
        made_of = library.kernel_sources().decode()
    except (OSError, AttributeError) as error:
        raise KernelMissingError(f"it can't be loaded ({type(error).__name__})") from None
    if made_of != sources_digest():
        raise KernelMissingError("it was built from other sources")
    return Kernel(library)


@cache
def kernel_or_none() -> Kernel | None:
    """Return the kernel where there is one."""
    try:
        return load_kernel()
    except KernelMissingError:
        return None
