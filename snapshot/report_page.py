"""An import's report as a page that stands alone: it loads nothing and runs nothing.

Law: whatever is told is escaped; names of a file and of its columns were chosen by somebody else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

from snapshot.findings import MEANING, Finding
from snapshot.report import ImportReport

_HEAD = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Import report</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: 1rem 0; }
caption { text-align: left; font-weight: bold; }
th, td { border: 1px solid; padding: 0.25rem 0.75rem; text-align: left; vertical-align: top; }
td.number { text-align: right; }
</style>
</head>
<body>
"""
_CHANGES: Mapping[str, str] = {
    "rows_before": "Rows before",
    "agents_before": "Agents before",
    "agents_new": "Agents new",
    "agents_gone": "Agents gone",
    "agents_changed": "Agents with more or fewer rows",
    "begun": "Delegations begun",
    "ended": "Delegations ended",
}


def write_page(report: ImportReport) -> str:
    """Return a report as an HTML document."""
    verdict = "refused; nothing of it is kept" if report.refused else "accepted"
    parts = [
        f"<h1>Import report: {escape(verdict)}</h1>",
        _table("The file", ("What", "It is"), [("File", report.file), ("SHA-256", report.sha256)]),
        _table(
            "Counts",
            ("What", "How many"),
            [
                ("Rows", report.rows),
                ("Agents", report.agents),
                *report.kinds.items(),
                *((f"Delegations {name}", count) for name, count in report.delegations.items()),
                ("Agents that the roster lacks", _counted(report.unlisted_agents)),
            ],
        ),
    ]
    if report.changes is not None:
        title = f"Changed since {report.changes.base}"
        told = vars(report.changes)
        parts.append(
            _table(
                title,
                ("What", "How many"),
                [(words, _counted(told[name])) for name, words in _CHANGES.items()],
            )
        )
    if report.drift:
        parts.append("<p>The data moved further than the bounds allow: publishing asks for a reason.</p>")
        parts.append(_table("Drift", ("Measure",), [(drift.line(),) for drift in report.drift]))
    if report.refused:
        parts.append("<p>Records are counted with the header as record 1. No value is shown.</p>")
        columns = ("Column", "What is wrong", "Records", "How many", "Code")
        parts.append(_table("Findings", columns, [_told(finding) for finding in report.findings]))
    return _HEAD + "\n".join(parts) + "\n</body>\n</html>\n"


def _told(finding: Finding) -> tuple[str | int, ...]:
    named = ", ".join(str(record) for record in finding.records)
    more = ", …" if finding.count > len(finding.records) > 0 else ""
    return finding.column, MEANING[finding.code], f"{named}{more}", finding.count, finding.code.value


def _counted(count: int | None) -> str | int:
    return "not counted" if count is None else count


def _table(caption: str, columns: Iterable[str], rows: Iterable[tuple[str | int, ...]]) -> str:
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)
    lines = "\n".join(f"<tr>{''.join(_cell(value) for value in row)}</tr>" for row in rows)
    return f"<table>\n<caption>{escape(caption)}</caption>\n<tr>{head}</tr>\n{lines}\n</table>"


def _cell(value: str | int) -> str:
    is_number = isinstance(value, int)
    shown = f"{value:,}" if is_number else escape(str(value))
    return f'<td class="number">{shown}</td>' if is_number else f"<td>{shown}</td>"
