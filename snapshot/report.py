"""What an import says of an extract: counts and findings, and never a value.

A report is shown to the operator, so it names the file, columns and records. "Record"
counts as CSV readers do: the header is record 1.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from snapshot.changes import Changes, Drift
from snapshot.findings import Finding


@dataclass(frozen=True, kw_only=True)
class ImportReport:
    """One extract as it was checked.

    `file` is the file's name without folders, `sha256` hex of its bytes; `rows` and
    `agents` count what could be read (0 where the file is no table); `kinds` and
    `delegations` count rows by exact value. `unlisted_agents` counts agents of the
    extract that the roster lacks: no error, None where no roster was given. Of an accepted one, `changes`
    tells what differs from the snapshot in force (None before the first), and `drift` what of
    that is beyond its bounds, so that a person has to accept it.
    """

    file: str
    sha256: str
    rows: int
    agents: int
    kinds: Mapping[str, int]
    delegations: Mapping[str, int]
    unlisted_agents: int | None
    findings: tuple[Finding, ...]
    changes: Changes | None = None
    drift: tuple[Drift, ...] = ()

    @property
    def refused(self) -> bool:
        """Say whether the extract is refused: any finding refuses it whole."""
        return bool(self.findings)

    def lines(self) -> list[str]:
        """Return the report as lines of text."""
        verdict = "refused, nothing of it is kept" if self.refused else "accepted"
        lines = [f"{self.file}: {verdict}", f"  sha256 {self.sha256}"]
        lines.append(f"  {self.rows} rows of {self.agents} agents")
        lines.extend(f"  {count} {name}" for name, count in self.kinds.items())
        lines.extend(f"  {count} delegations {name}" for name, count in self.delegations.items())
        if self.unlisted_agents:
            lines.append(f"  {self.unlisted_agents} agents are not in the roster")
        if self.changes is not None:
            lines.extend(f"  {line}" for line in self.changes.lines())
        if self.drift:
            lines.append(
                "  the data moved further than the bounds allow; publishing asks for --despite-drift"
            )
            lines.extend(f"  {drift.line()}" for drift in self.drift)
        if self.refused:
            lines.append("  records are counted with the header as record 1")
            lines.extend(f"  {finding.line()}" for finding in self.findings)
        return lines

    def as_json(self) -> str:
        """Return the report as one JSON object on one line."""
        document: dict[str, Any] = asdict(self) | {"refused": self.refused}
        return json.dumps(document, ensure_ascii=False)


class ExtractRefusedError(Exception):
    """An extract was refused whole; `report` says why, by column and record."""

    def __init__(self, report: ImportReport) -> None:
        super().__init__(f"{report.file} is refused: {len(report.findings)} findings")
        self.report = report
