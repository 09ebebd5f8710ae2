"""Independent readers: msoffcrypto-tool opens what we sealed, openpyxl reads what we wrote.

Both are untyped or loosely typed; this is their one typed door in these tests.
"""

from __future__ import annotations

import io
import zipfile
from typing import Any

import msoffcrypto
import openpyxl
from openpyxl.utils.escape import unescape
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet


def decrypt_with_msoffcrypto(sealed: bytes, passphrase: str) -> bytes:
    """Open a sealed book with msoffcrypto-tool, passphrase and integrity checked."""
    file = msoffcrypto.OfficeFile(io.BytesIO(sealed))
    file.load_key(password=passphrase, verify_password=True)
    clear = io.BytesIO()
    file.decrypt(clear, verify_integrity=True)
    return clear.getvalue()


def secret_key_with_msoffcrypto(sealed: bytes, passphrase: str) -> bytes:
    """Unwrap a sealed book's secret key with msoffcrypto-tool."""
    file = msoffcrypto.OfficeFile(io.BytesIO(sealed))
    file.load_key(password=passphrase)
    key: bytes = file.secret_key
    return key


def encrypt_with_msoffcrypto(clear: bytes, passphrase: str) -> bytes:
    """Seal a workbook with msoffcrypto-tool."""
    sealed = io.BytesIO()
    msoffcrypto.OfficeFile(io.BytesIO(clear)).encrypt(passphrase, sealed)
    return sealed.getvalue()


def load(clear: bytes) -> Workbook:
    """Read a workbook with openpyxl, formulas kept as formulas."""
    return openpyxl.load_workbook(io.BytesIO(clear))


def sheet(workbook: Workbook, name: str) -> Worksheet:
    """Return the worksheet of that name."""
    found = workbook[name]
    assert isinstance(found, Worksheet)
    return found


def values(worksheet: Worksheet) -> list[list[Any]]:
    """Return every value of a sheet, rows in order, texts with their escapes undone.

    openpyxl does not undo `_x005F_` in inline strings by itself.
    """
    return [
        [unescape(value) if isinstance(value, str) else value for value in row]
        for row in worksheet.iter_rows(values_only=True)
    ]


def parts(clear: bytes) -> dict[str, bytes]:
    """Return every part of a package by its name."""
    with zipfile.ZipFile(io.BytesIO(clear)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def footer(worksheet: Worksheet) -> str:
    """Return what is printed at the lower left of every page."""
    odd = worksheet.oddFooter
    assert odd is not None
    assert odd.left is not None
    return str(odd.left.text)
