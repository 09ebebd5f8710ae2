"""Hostile files end in a clear error within bounded memory and time, set by the system and not by a watch.

They are read in a process that may take no more memory than it had and a little, and only so many
seconds of the processor: what goes beyond dies, and the test with it.
"""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import pytest

from book.agile import encrypt_package
from book.container import write_container
from book.encryption_info import write_info
from book.seal import seal
from book.workbook import write_workbook
from tests.book.makers import a_minted_key, a_notice, a_table, the_catalogue
from tests.book.test_container_reader import HOSTILE, SOUND

MORE_MEMORY = 192 << 20
CPU_SECONDS = 30
TABLE = a_table()
CLEAR = write_workbook(TABLE, a_notice(TABLE), the_catalogue())
SEALED = seal(CLEAR, a_minted_key())

READERS = """
import re, resource, sys
from book.copies import read_copy
from book.errors import BookError
from book.fingerprints import Fingerprinter
from book.reading import read_book
from book.reopen import reopen
from policies.columns import Catalogue

printer = Fingerprinter(bytes(32), Catalogue.load())
with open("/proc/self/status") as status:
    had = int(re.search(r"VmSize:\\s+(\\d+)", status.read())[1]) * 1024
resource.setrlimit(resource.RLIMIT_AS, (had + int(sys.argv[2]),) * 2)
resource.setrlimit(resource.RLIMIT_CPU, (int(sys.argv[3]),) * 2)
while length := sys.stdin.buffer.read(8):
    data = sys.stdin.buffer.read(int.from_bytes(length, "little"))
    try:
        if data.startswith(b"PK"):
            read_copy(data, printer)
        else:
            read_book(reopen(data, sys.argv[1]))
    except BookError as error:
        print(type(error).__name__, error)
    else:
        print("read")
"""


def _said(*files: bytes) -> list[str]:
    """Return what a reader with little memory and time says of each file, sealed books and clear ones."""
    if not Path("/proc/self/status").exists():
        pytest.skip("the system doesn't tell how much memory a process has")
    done = subprocess.run(
        [sys.executable, "-c", READERS, a_minted_key().passphrase, str(MORE_MEMORY), str(CPU_SECONDS)],
        input=b"".join(len(file).to_bytes(8, "little") + file for file in files),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return done.stdout.decode().splitlines()


def _exchanged(name: str, content: bytes) -> bytes:
    """Return the book with one part's content exchanged, deflated."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(CLEAR)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in {*old.namelist(), name}:
            new.writestr(part, content if part == name else old.read(part))
    return out.getvalue()


def _claiming(data: bytes, name: bytes, size: int, checksum: int | None = None) -> bytes:
    """Return a package whose directory claims another size for a part, and perhaps another checksum."""
    at = data.rindex(name) - 46
    said = data[at + 16 : at + 20] if checksum is None else struct.pack("<I", checksum)
    return data[: at + 16] + said + data[at + 20 : at + 24] + struct.pack("<I", size) + data[at + 28 :]


def _spinning(count: str) -> bytes:
    info, package = encrypt_package(CLEAR, a_minted_key())
    written = write_info(info).replace(b'spinCount="100000"', f'spinCount="{count}"'.encode())
    return write_container(written, package)


def test_a_sound_book_is_read_within_the_bounds() -> None:
    """Or the tests below would prove nothing."""
    assert _said(SEALED, CLEAR) == ["read", "read"]


def test_a_spin_count_beyond_the_formats_is_refused_unspun() -> None:
    """A billion turns would be ten minutes of anybody's processor."""
    counts = ("1000000000", "4294967295", "9" * 400, "-1", "1e9", "0x10", "10000001")

    said = _said(*map(_spinning, counts))

    assert len(counts) == len([line for line in said if "SealBrokenError EncryptionInfo: spinCount" in line])


def test_hostile_containers_are_refused_within_the_bounds() -> None:
    """Truncated tables, loops, huge sizes, tricks with the mini stream: each fault on its own."""
    files = []
    for change in HOSTILE.values():
        data = bytearray(SOUND)
        change(data)
        files.append(bytes(data))

    assert ["SealBrokenError"] * len(HOSTILE) == [line.split()[0] for line in _said(*files)]


def test_zip_bombs_inside_are_refused_before_they_are_unpacked() -> None:
    """Sealed in a sound book by somebody who has the passphrase, or handed in as a copy."""
    bomb = _exchanged("xl/styles.xml", bytes(300 << 20))
    # A usual reader would inflate all of a part before it cuts what it was promised.
    lying = _claiming(bomb, b"xl/styles.xml", 100, zlib.crc32(bytes(100)))
    huge = [_claiming(CLEAR, name, 2**32 - 2) for name in (b"xl/workbook.xml", b"xl/worksheets/sheet1.xml")]
    bombs = [bomb, lying, *huge]

    refused = "CopyError the workbook claims to hold more than can be read"
    assert [refused, "CopyError the workbook is damaged", refused, refused] == _said(*bombs)
    sealed = [seal(one, a_minted_key()) for one in bombs]
    assert ["SealBrokenError the opened book is not a workbook"] * 4 == _said(*sealed)


def test_entities_that_grow_are_refused() -> None:
    """A sheet that defines names for texts in terms of one another."""
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    laughs = f'<!DOCTYPE s [<!ENTITY e0 "ha">{levels}]><worksheet>&e11;</worksheet>'
    clear = _exchanged("xl/worksheets/sheet1.xml", laughs.encode())

    said = _said(clear, seal(clear, a_minted_key()))

    assert ["CopyError", "SealBrokenError"] == [line.split()[0] for line in said]
