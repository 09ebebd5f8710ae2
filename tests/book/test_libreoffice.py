"""LibreOffice opens a sealed book by its passphrase, shows what went in, and prints all three sheets."""

from __future__ import annotations

import json
import shutil
import subprocess
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from book.seal import seal
from book.workbook import write_workbook
from runtime.clock import PACIFIC
from tests.book.makers import a_minted_key, a_notice, a_table, the_catalogue
from tests.book.test_workbook import _extract_rows

SYSTEMS_PYTHON = "/usr/bin/python3"
DRIVER = Path(__file__).with_name("libreoffice_driver.py")
SCREENSHOTS = Path(__file__).parents[2] / "docs" / "screenshots"
FIRST_PAGES = {"rows": "Snapshot As of", "description": "Filled Cells", "notice": "About this book"}
"""The sheets, and words of the first page of each."""
ZERO = datetime(1899, 12, 30)  # noqa: DTZ001  Excel knows no time zones
TABLE = a_table(_extract_rows())
CLEAR = write_workbook(TABLE, a_notice(TABLE), the_catalogue())


@pytest.fixture(scope="module", autouse=True)
def _needs_libreoffice() -> None:
    if shutil.which("soffice") is None:
        pytest.skip("LibreOffice is missing (libreoffice-calc-nogui)")
    has_uno = subprocess.run([SYSTEMS_PYTHON, "-c", "import uno"], capture_output=True, check=False)
    if has_uno.returncode:
        pytest.skip("LibreOffice's door for Python is missing (python3-uno)")


def _ask(folder: Path, passphrase: str, *pdf: Path) -> dict[str, Any]:
    book = folder / "book.xlsx"
    book.write_bytes(seal(CLEAR, a_minted_key()))
    done = subprocess.run(
        [SYSTEMS_PYTHON, str(DRIVER), str(book), str(folder), *map(str, pdf)],
        input=passphrase,
        capture_output=True,
        check=True,
        text=True,
        timeout=150,
    )
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def _as_shown(value: Any) -> Any:
    """Turn a typed value into what a cell of LibreOffice holds."""
    if isinstance(value, datetime):
        value = value.astimezone(PACIFIC).replace(tzinfo=None)
        return round((value - ZERO).total_seconds() / 86_400, 6)
    if isinstance(value, date):
        return float((datetime(value.year, value.month, value.day) - ZERO).days)  # noqa: DTZ001  as above
    if isinstance(value, bool | int | Decimal):
        return float(value)
    return "" if value is None else value


def _as_found(value: Any) -> Any:
    return round(value, 6) if isinstance(value, float) else value


def _print(pdf: Path, pictures: Path) -> None:
    """Make a picture of the first page of each sheet."""
    done = subprocess.run(["pdftotext", "-layout", str(pdf), "-"], capture_output=True, check=True, text=True)
    pages = done.stdout.split("\f")
    for name, words in FIRST_PAGES.items():
        number = str(1 + next(place for place, page in enumerate(pages) if words in page))
        target = str(pictures / f"workbook-{name}")
        asked = ["pdftoppm", "-png", "-r", "80", "-singlefile", "-f", number, "-l", number]
        subprocess.run([*asked, str(pdf), target], check=True)


def test_every_cell_is_what_went_in_and_all_sheets_print(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Texts with their scripts and line ends, dates and money as numbers, and a table to filter by."""
    pdf = tmp_path / "book.pdf"
    said = _ask(tmp_path, a_minted_key().passphrase, pdf)

    assert list(said["sheets"]) == ["Book of Business", "Description", "Notice"]
    assert said["tables"] == ["BookOfBusiness"]
    header, *rows = said["sheets"]["Book of Business"]
    assert [column.label for column in TABLE.columns] == header
    expected = [[_as_shown(value) for value in row.values()] for row in TABLE.data.to_pylist()]
    # LibreOffice keeps a carriage return that stands before a line feed as a line feed alone.
    expected = [
        [value.replace("\r\n", "\n") if isinstance(value, str) else value for value in row]
        for row in expected
    ]
    assert expected == [[_as_found(value) for value in row] for row in rows]
    if shutil.which("pdftoppm") is None:
        pytest.skip("poppler-utils is missing, by which pages become pictures")
    pictures = SCREENSHOTS if request.config.getoption("--screenshots") else tmp_path
    _print(pdf, pictures)
    assert all((pictures / f"workbook-{name}.png").stat().st_size for name in FIRST_PAGES)


def test_a_wrong_passphrase_opens_nothing(tmp_path: Path) -> None:
    """LibreOffice checks the verifier, too."""
    assert _ask(tmp_path, "not the passphrase") == {"opened": False}
