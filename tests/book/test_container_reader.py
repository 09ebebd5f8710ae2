"""Hostile compound files end in SealBrokenError, at a cost bounded by their own size."""

from __future__ import annotations

import struct
import tracemalloc
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from book.compound import END_OF_CHAIN, ENTRY_BYTES, FREE, SECTOR, ids_from_bytes
from book.container import write_container
from book.container_reader import follow, read_container
from book.errors import SealBrokenError

SOUND = write_container(b"i" * 1500, bytes(range(250)) * 40)

# Where SOUND keeps its things: sector 0 is its FAT, 1 its mini FAT, then 3 of directory.
FAT_AT = SECTOR
DIRECTORY_AT = SECTOR * 3
INFO_ENTRY, PACKAGE_ENTRY = 2, 3
Change = Callable[[bytearray], None]


def _set(at: int, value: int) -> Change:
    return lambda data: struct.pack_into("<I", data, at, value)


def _in_fat(sector: int, value: int) -> Change:
    return _set(FAT_AT + 4 * sector, value)


def _in_entry(entry: int, offset: int, value: int) -> Change:
    return _set(DIRECTORY_AT + entry * ENTRY_BYTES + offset, value)


def _package_start() -> int:
    (start,) = struct.unpack_from("<I", SOUND, DIRECTORY_AT + PACKAGE_ENTRY * ENTRY_BYTES + 116)
    return int(start)


def _swap_names(data: bytearray) -> None:
    at = DIRECTORY_AT + PACKAGE_ENTRY * ENTRY_BYTES
    data[at : at + 2] = b"X\0"


def _lone_surrogate(data: bytearray) -> None:
    at = DIRECTORY_AT + PACKAGE_ENTRY * ENTRY_BYTES
    data[at : at + 2] = b"\x00\xd8"


def _cut_half_a_sector(data: bytearray) -> None:
    del data[-100:]


def _cut_the_package(data: bytearray) -> None:
    del data[-4 * SECTOR :]


HOSTILE: dict[str, Change] = {
    "no magic": _set(0, 0),
    "version 4": _set(24, 0x0004003E),
    "big endian": _set(28, 0x0009FEFF),
    "another mini cutoff": _set(56, 0xFFFFFFFF),
    "no allocation table": _set(44, 0),
    "a huge allocation table": _set(44, 0xFFFFFFFF),
    "allocation table beyond the file": _set(76, 0x00FFFFFF),
    "allocation table of another place": _set(76, 5),
    "a list of allocation sectors that isn't needed": _set(72, 1),
    "a huge list of allocation sectors": _set(72, 0xFFFFFFFF),
    "a list of allocation sectors that starts nowhere": _set(68, 3),
    "directory beyond the file": _set(48, 0xFFFFFFF0),
    "directory in a loop": _in_fat(4, 2),
    "no end of the directory": _in_fat(4, FREE),
    "package in a loop": _in_fat(_package_start() + 3, _package_start()),
    "package cut short": _in_fat(_package_start() + 3, END_OF_CHAIN),
    "package that goes on": _in_fat(_package_start() + 19, 0),
    "package that leaves the file": _in_fat(_package_start() + 3, 0x00FFFFFF),
    "package of a huge size": _in_entry(PACKAGE_ENTRY, 124, 0x7FFFFFFF),
    "package of 2 GiB": _in_entry(PACKAGE_ENTRY, 120, 0x7FFFFFFF),
    "package that starts nowhere": _in_entry(PACKAGE_ENTRY, 116, 0xFFFFFFF0),
    "info that starts nowhere": _in_entry(INFO_ENTRY, 116, 0xFFFFFFF0),
    "info in a loop": _set(SECTOR * 2 + 4 * 3, 2),
    "a huge mini allocation table": _set(64, 0xFFFFFFFF),
    "a mini allocation table too short": _set(64, 0),
    "a mini stream of a huge size": _in_entry(0, 120, 0x7FFFFFC0),
    "a mini stream of broken size": _in_entry(0, 120, 1),
    "no root": _in_entry(0, 64, 0),
    "a tree that meets itself": _in_entry(PACKAGE_ENTRY, 68, INFO_ENTRY),
    "a tree that leaves the directory": _in_entry(PACKAGE_ENTRY, 68, 99),
    "two entries of one name": lambda data: data.__setitem__(
        slice(DIRECTORY_AT + ENTRY_BYTES, DIRECTORY_AT + ENTRY_BYTES + 66),
        data[DIRECTORY_AT + 2 * ENTRY_BYTES : DIRECTORY_AT + 2 * ENTRY_BYTES + 66],
    ),
    "a name too long": _in_entry(PACKAGE_ENTRY, 64, 0x0000FFFF),
    "a name that isn't text": _lone_surrogate,
    "no package": _swap_names,
    "half a sector": _cut_half_a_sector,
    "the end cut off": _cut_the_package,
    "the header alone": lambda data: data.__delitem__(slice(SECTOR, None)),
    "nothing": lambda data: data.clear(),
}


@pytest.mark.parametrize("fault", HOSTILE)
def test_a_hostile_file_is_broken(fault: str) -> None:
    """Each fault on its own makes the reader refuse the file."""
    data = bytearray(SOUND)
    HOSTILE[fault](data)

    with pytest.raises(SealBrokenError):
        read_container(bytes(data))


def test_a_hostile_file_costs_no_more_than_its_size() -> None:
    """Sizes that a file claims are not believed: memory stays within a few times the file's own."""
    big = bytearray(write_container(b"i" * 1500, bytes(2_000_000)))
    at = SECTOR * (1 + struct.unpack_from("<I", big, 48)[0]) + PACKAGE_ENTRY * ENTRY_BYTES
    struct.pack_into("<Q", big, at + 120, 2**62)
    data = bytes(big)

    tracemalloc.start()
    try:
        with pytest.raises(SealBrokenError):
            read_container(data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 2 * len(data)


@given(
    changes=st.lists(st.tuples(st.integers(0, len(SOUND) - 1), st.integers(0, 255)), min_size=1, max_size=8)
)
def test_changed_bytes_give_streams_or_seal_broken_error(changes: list[tuple[int, int]]) -> None:
    """Whatever bytes change, the reader answers with streams no longer than the file, or refuses."""
    data = bytearray(SOUND)
    for at, value in changes:
        data[at] = value
    try:
        streams = read_container(bytes(data))
    except SealBrokenError:
        return

    assert len(streams.info) <= len(data)
    assert len(streams.package) <= len(data)


@given(data=st.binary(max_size=4 * SECTOR))
def test_noise_is_broken(data: bytes) -> None:
    """Bytes that are no compound file are refused."""
    with pytest.raises(SealBrokenError):
        read_container(data)


def test_a_chain_in_any_order_is_followed() -> None:
    """Sectors of other writers need not stand in a row."""
    ids = ids_from_bytes(struct.pack("<5I", 3, FREE, END_OF_CHAIN, 4, 2))

    assert follow(ids, 0, 4, limit=5) == [0, 3, 4, 2]
    assert range(0) == follow(ids, FREE, 0, limit=5)
