"""The compound file that we write is one that an independent reader takes without a complaint."""

from __future__ import annotations

import io

import olefile
import pytest
from hypothesis import given
from hypothesis import strategies as st

from book import dataspaces
from book.compound import HEADER_DIFAT, IDS_PER_SECTOR, SECTOR
from book.container import write_container
from book.container_reader import read_container

INFO = b"info " * 200
BEYOND_THE_HEADER = (HEADER_DIFAT + 3) * IDS_PER_SECTOR * SECTOR


def _open(container: bytes) -> olefile.OleFileIO:
    return olefile.OleFileIO(io.BytesIO(container), raise_defects=olefile.DEFECT_INCORRECT)


@pytest.mark.parametrize("size", [0, 1, 63, 64, 4095, 4096, 4097, 70_000, BEYOND_THE_HEADER])
def test_an_independent_reader_finds_both_streams(size: int) -> None:
    """Streams in the mini stream, in plain sectors, and in files that need a DIFAT come back."""
    package = bytes(range(256)) * (size // 256 + 1)
    container = write_container(INFO, package[:size])

    with _open(container) as file:
        assert package[:size] == file.openstream("EncryptedPackage").read()
        assert file.openstream("EncryptionInfo").read() == INFO
        assert file.parsing_issues == []


def test_a_large_stream_comes_back_through_our_reader() -> None:
    """A file that lists its allocation sectors outside the header is read back whole."""
    package = bytes(BEYOND_THE_HEADER)

    streams = read_container(write_container(INFO, package))

    assert (INFO, package) == (streams.info, streams.package)


def test_the_data_spaces_are_those_of_the_format() -> None:
    """The streams below DataSpaces stand where MS-OFFCRYPTO puts them."""
    with _open(write_container(INFO, b"x" * 5000)) as file:
        spaces = ["\x06DataSpaces"]
        transform = [*spaces, "TransformInfo", "StrongEncryptionTransform", "\x06Primary"]

        assert file.openstream([*spaces, "Version"]).read() == dataspaces.VERSION
        assert file.openstream([*spaces, "DataSpaceMap"]).read() == dataspaces.MAP
        space = [*spaces, "DataSpaceInfo", "StrongEncryptionDataSpace"]
        assert file.openstream(space).read() == dataspaces.SPACE
        assert file.openstream(transform).read() == dataspaces.PRIMARY
        assert len(file.listdir()) == 6


def test_nothing_of_the_moment_is_in_the_file() -> None:
    """The same streams give the same bytes, and no time stands in the directory."""
    first = write_container(INFO, b"x" * 5000)

    with _open(first) as file:
        assert file.getmtime("EncryptedPackage") is None
        assert file.root.getmtime() is None
    assert first == write_container(INFO, b"x" * 5000)


@given(info=st.binary(max_size=9000), package=st.binary(max_size=9000))
def test_what_goes_in_comes_out(info: bytes, package: bytes) -> None:
    """Any two streams come back from our own reader."""
    streams = read_container(write_container(info, package))

    assert (info, package) == (streams.info, streams.package)
