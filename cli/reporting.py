"""Keeps an import's report in a folder, as a page and as JSON: places, reasons and counts, no values."""

from __future__ import annotations

from pathlib import Path

from snapshot.report import ImportReport
from snapshot.report_page import write_page

PAGE, DATA = "report.html", "report.json"


def keep_report(report: ImportReport, folder: Path) -> None:
    """Write `report.html` and `report.json`; those of an import before are replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / PAGE).write_text(write_page(report), encoding="utf-8")
    (folder / DATA).write_text(f"{report.as_json()}\n", encoding="utf-8")
