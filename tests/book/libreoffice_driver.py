"""Open a sealed book in LibreOffice, headless, and say as JSON what it shows; run by Debian's own Python.

    /usr/bin/python3 libreoffice_driver.py BOOK FOLDER [PDF]      the passphrase on standard input

It needs `libreoffice-calc-nogui` and `python3-uno`. FOLDER takes LibreOffice's profile.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

TRIES = 240
PAUSE = 0.25


def main() -> int:
    """Start LibreOffice, open the book, print what is in it, and stop LibreOffice."""
    uno: Any = importlib.import_module("uno")
    book, folder, *pdf = map(Path, sys.argv[1:])
    passphrase = sys.stdin.read()
    pipe = f"sealedbook{os.getpid()}"
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    office = subprocess.Popen(
        ["soffice", "--headless", "--norestore", "--nodefault", profile, f"--accept=pipe,name={pipe};urp;"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        desktop = _desktop(uno, pipe)
        said = _read(uno, desktop, book, passphrase, pdf)
        json.dump(said, sys.stdout)
        _end(desktop)
        office.wait(timeout=30)
    finally:
        # What was started is a script, and the program its child.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(office.pid, signal.SIGKILL)
    return 0


def _desktop(uno: Any, pipe: str) -> Any:
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    for _ in range(TRIES):
        try:
            context = resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
        except Exception:  # noqa: BLE001 - until it listens; UNO's exceptions are no module's
            time.sleep(PAUSE)
        else:
            return context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
    raise SystemExit("LibreOffice didn't start")


def _end(desktop: Any) -> None:
    # It is gone before it can answer, which is an exception of UNO's own.
    with contextlib.suppress(Exception):
        desktop.terminate()


def _read(uno: Any, desktop: Any, book: Path, passphrase: str, pdf: list[Path]) -> dict[str, Any]:
    asked = _properties(uno, Hidden=True, ReadOnly=True, Password=passphrase)
    try:
        document = desktop.loadComponentFromURL(book.resolve().as_uri(), "_blank", 0, asked)
    except Exception:  # noqa: BLE001 - a wrong passphrase is an exception here and nothing there
        document = None
    if document is None:
        return {"opened": False}
    sheets = {}
    for sheet in document.Sheets:
        cursor = sheet.createCursor()
        cursor.gotoEndOfUsedArea(False)
        end = cursor.RangeAddress
        sheets[sheet.Name] = sheet.getCellRangeByPosition(0, 0, end.EndColumn, end.EndRow).DataArray
    tables = list(document.DatabaseRanges.ElementNames)
    for target in pdf:
        document.storeToURL(target.resolve().as_uri(), _properties(uno, FilterName="calc_pdf_Export"))
    document.close(True)
    return {"opened": True, "sheets": sheets, "tables": tables}


def _properties(uno: Any, **values: Any) -> tuple[Any, ...]:
    made = []
    for name, value in values.items():
        one = uno.createUnoStruct("com.sun.star.beans.PropertyValue")
        one.Name, one.Value = name, value
        made.append(one)
    return tuple(made)


if __name__ == "__main__":
    sys.exit(main())
