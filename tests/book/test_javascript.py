"""A JavaScript reader opens a sealed book, and Microsoft's own validator finds nothing wrong with any.

Both come from npm, by the lock beside this file; so they are asked for by `-m soak`, where node,
npm and a registry are.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from book.seal import seal
from book.workbook import write_workbook
from tests.book.makers import a_minted_key, a_notice, a_row, a_table, the_catalogue
from tests.book.test_two_writers import ALPHABET
from tests.book.test_workbook import NARROW, _extract_rows

FOLDER = Path(__file__).parent / "javascript"
TABLE = a_table(_extract_rows())
BOOKS: dict[str, bytes] = {
    "an extract": write_workbook(TABLE, a_notice(TABLE), the_catalogue()),
    "three sheets": write_workbook(TABLE, a_notice(TABLE), the_catalogue(), sheet_rows=90),
    "an empty one": write_workbook(a_table([]), a_notice(a_table([])), the_catalogue()),
    "few columns": write_workbook(a_table(None, NARROW), a_notice(a_table(None, NARROW)), the_catalogue()),
}

pytestmark = [pytest.mark.soak, pytest.mark.timeout(600)]


@pytest.fixture(scope="module", name="npm")
def _npm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Install what the lock names into a folder of its own."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node and npm are missing")
    folder = tmp_path_factory.mktemp("npm")
    for name in ("package.json", "package-lock.json", "read.js"):
        shutil.copy(FOLDER / name, folder)
    # Not `npm ci`: that wants the validator's build for every other system in the lock, too.
    install = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts"]
    done = subprocess.run(install, cwd=folder, capture_output=True, check=False, text=True)
    if done.returncode:
        pytest.skip("npm's registry can't be reached")
    yield folder
    shutil.rmtree(folder)


def _validated(npm: Path, clear: bytes) -> dict[str, Any]:
    book = npm / "book.xlsx"
    book.write_bytes(clear)
    validator = npm / "node_modules" / ".bin" / "ooxml-validator"
    done = subprocess.run([str(validator), str(book)], capture_output=True, check=False, text=True)
    said: dict[str, Any] = json.loads(done.stdout)
    return said


@pytest.mark.parametrize("name", BOOKS)
def test_microsofts_validator_finds_nothing(npm: Path, name: str) -> None:
    """No finding at all, of the Open XML SDK's validator."""
    said = _validated(npm, BOOKS[name])

    assert (True, []) == (said["ok"], said["errors"])


def test_microsofts_validator_finds_nothing_in_nasty_texts(npm: Path) -> None:
    """Whatever stands in cells."""
    rng = random.Random(4)
    rows = [
        a_row(
            last_name="".join(rng.choices(ALPHABET, k=9)), home_address="".join(rng.choices(ALPHABET, k=30))
        )
        for _ in range(300)
    ]
    table = a_table(rows)

    assert _validated(npm, write_workbook(table, a_notice(table), the_catalogue()))["errors"] == []


def test_the_validator_does_find_faults(npm: Path) -> None:
    """A validator that says yes to everything would prove nothing."""
    broken = BOOKS["few columns"].replace(b"xl/tables/table1.xml", b"xl/tables/table9.xml")

    assert not _validated(npm, broken)["ok"]


def test_a_javascript_reader_opens_a_sealed_book(npm: Path) -> None:
    """Passphrase, sheets, texts and numbers; the clear bytes are those that went in."""
    sealed, clear = npm / "sealed.xlsx", npm / "clear.xlsx"
    sealed.write_bytes(seal(BOOKS["an extract"], a_minted_key()))
    done = subprocess.run(
        ["node", "read.js", str(sealed), str(clear)],
        cwd=npm,
        input=a_minted_key().passphrase,
        capture_output=True,
        check=True,
        text=True,
    )
    said = json.loads(done.stdout)

    assert clear.read_bytes() == BOOKS["an extract"]
    assert ["Book of Business", "Description", "Notice"] == list(said["sheets"])
    assert (0, "Sealed Book") == (said["formulas"], said["author"])
    header, *rows = said["sheets"]["Book of Business"]
    cases = header.index("Case Number")
    assert TABLE.data["case_number"].to_pylist() == [row[cases] for row in rows]
    premiums = [None if value is None else float(value) for value in TABLE.data["gross_premium"].to_pylist()]
    assert premiums == [row[header.index("Gross Premium")] for row in rows]
