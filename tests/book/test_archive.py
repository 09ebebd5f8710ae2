"""The zip that we write is one that others read, beyond the usual form's limits too; ours is strict."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from book.archive import Archive, press
from book.archive_reader import ArchiveReader
from book.errors import SealBrokenError

FULL = 0xFFFFFFFF
PARTS = {"a.xml": b"<a/>", "xl/b.xml": bytes(range(256)) * 400, "empty.xml": b""}


def _zip(parts: dict[str, bytes] = PARTS, *, most: int = FULL) -> bytes:
    archive = Archive(most=most)
    for name, data in parts.items():
        archive.add(name, press([data[:7], data[7:]]))
    return archive.finish()


@pytest.mark.parametrize("most", [FULL, 3_000, 600, 40, 1])
def test_others_read_what_we_write(most: int) -> None:
    """Parts, places and directory in zip64's form as well: here forced by a limit of some bytes."""
    with zipfile.ZipFile(io.BytesIO(_zip(most=most))) as archive:
        assert archive.testzip() is None
        assert list(PARTS) == archive.namelist()
        assert list(PARTS.values()) == [archive.read(name) for name in PARTS]
        assert {(1980, 1, 1, 0, 0, 0)} == {each.date_time for each in archive.infolist()}


@pytest.mark.parametrize("most", [FULL, 3_000, 600, 40, 1])
def test_we_read_what_we_write(most: int) -> None:
    """Our reader takes the same forms."""
    reader = ArchiveReader(_zip(most=most))

    assert list(PARTS.values()) == [reader.read(name) for name in PARTS]


def test_a_large_form_is_longer_and_the_usual_one_is_not_used_for_it() -> None:
    """Only what needs it is written in zip64's form, which some programs don't know."""
    assert b"PK\6\6" not in _zip()
    assert b"PK\6\6" in _zip(most=40)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_we_read_what_others_write(method: int) -> None:
    """A plain package of zipfile's is in the same form."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in PARTS.items():
            archive.writestr(name, data)
    reader = ArchiveReader(out.getvalue())

    assert list(PARTS.values()) == [reader.read(name) for name in PARTS]


def test_the_same_parts_give_the_same_bytes() -> None:
    """No moment and no machine is in it."""
    assert _zip() == _zip()


def test_a_part_that_is_not_there_is_missed() -> None:
    """Asking for it is an error of the package, not of the program."""
    with pytest.raises(SealBrokenError, match="lacks"):
        ArchiveReader(_zip()).read("c.xml")


def test_a_name_that_stands_twice_is_refused() -> None:
    """Two readers could take two different parts."""
    archive = Archive()
    for _ in range(2):
        archive.add("a.xml", press([b"<a/>"]))

    with pytest.raises(SealBrokenError, match="twice"):
        ArchiveReader(archive.finish())


@settings(deadline=None, max_examples=300)
@given(place=st.integers(0, 10_000), byte=st.integers(0, 255), most=st.sampled_from([FULL, 40]))
def test_a_changed_byte_is_found_or_changes_nothing_that_we_read(place: int, byte: int, most: int) -> None:
    """Checksum, sizes and places hold a part: it comes out whole, or the package is broken."""
    data = bytearray(_zip(most=most))
    data[place % len(data)] = byte

    try:
        reader = ArchiveReader(bytes(data))
        for name, part in PARTS.items():
            assert part == reader.read(name)
    except SealBrokenError:
        pass


@settings(deadline=None, max_examples=200)
@given(end=st.integers(0, 10_000), noise=st.binary(max_size=80))
def test_half_a_package_and_noise_are_refused(end: int, noise: bytes) -> None:
    """Nothing but SealBrokenError comes out."""
    whole = _zip()
    for data in (whole[: end % len(whole)], noise):
        with pytest.raises(SealBrokenError):
            ArchiveReader(data)
