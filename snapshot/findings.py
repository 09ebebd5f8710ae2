"""What is wrong with an extract: which check, which column, which records, how many.

Law: a finding never holds a value of the extract. Records are counted with the header as
record 1; at most the first five are named.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

FILE = "(file)"
MAX_RECORDS = 5


class FindingCode(StrEnum):
    """Every reason for which an extract is refused."""

    NOT_CSV = "not-csv"
    NOT_PARQUET = "not-parquet"
    NOT_SEEKABLE = "not-seekable"
    CHANGED = "changed"
    NO_TEXT = "no-text"
    MANIFEST_DIGEST = "manifest-digest"
    MANIFEST_ROWS = "manifest-rows"
    MANIFEST_AS_OF = "manifest-as-of"
    FEDERAL_TAX_INFORMATION = "federal-tax-information"
    UNPAIRED_QUOTE = "unpaired-quote"
    RAGGED_RECORD = "ragged-record"
    NOT_UTF8 = "not-utf8"
    UNKNOWN_COLUMN = "unknown-column"
    MISSING_COLUMN = "missing-column"
    REPEATED_COLUMN = "repeated-column"
    NEVER_EXPORT_COLUMN = "never-export-column"
    NO_ROWS = "no-rows"
    BAD_TYPE = "bad-type"
    UNKNOWN_VALUE = "unknown-value"
    OUTSIDE_KIND = "outside-kind"
    BLANK_REQUIRED = "blank-required"
    DUPLICATE_KEY = "duplicate-key"
    WRONG_AS_OF = "wrong-as-of"
    NO_CUTOFF = "no-cutoff"
    CONTROL_CHARACTER = "control-character"
    NEVER_EXPORT_VALUE = "never-export-value"


MEANING = {
    FindingCode.NOT_CSV: "the file is not a CSV table",
    FindingCode.NOT_PARQUET: "the file begins as a Parquet file and can't be read as one",
    FindingCode.NOT_SEEKABLE: "a Parquet file can't be read out of a stream; hand it over as a file",
    FindingCode.CHANGED: "the file was changed while it was read",
    FindingCode.NO_TEXT: "a Parquet column of a type, or with a value, that no extract's text has",
    FindingCode.MANIFEST_DIGEST: "the manifest lists no file with this digest",
    FindingCode.MANIFEST_ROWS: "the manifest gives another number of rows",
    FindingCode.MANIFEST_AS_OF: "the manifest is of another moment than --as-of",
    FindingCode.FEDERAL_TAX_INFORMATION: "the manifest says that federal tax information is inside",
    FindingCode.UNPAIRED_QUOTE: "the file's quotation marks don't pair: is it whole?",
    FindingCode.RAGGED_RECORD: "a record has more or fewer fields than the header",
    FindingCode.NOT_UTF8: "bytes that are not UTF-8",
    FindingCode.UNKNOWN_COLUMN: "the catalogue does not know this column",
    FindingCode.MISSING_COLUMN: "the header lacks this column",
    FindingCode.REPEATED_COLUMN: "the header names this column more than once",
    FindingCode.NEVER_EXPORT_COLUMN: "a column that may never be in a book",
    FindingCode.NO_ROWS: "the extract has no rows",
    FindingCode.BAD_TYPE: "not a value of the column's type",
    FindingCode.UNKNOWN_VALUE: "not one of the column's exact values",
    FindingCode.OUTSIDE_KIND: "a value in a column that does not apply to this kind of consumer",
    FindingCode.BLANK_REQUIRED: "blank, but required",
    FindingCode.DUPLICATE_KEY: "the same key as another record",
    FindingCode.WRONG_AS_OF: "not the moment given as --as-of",
    FindingCode.NO_CUTOFF: "--as-of is not a Friday 21:00 America/Los_Angeles",
    FindingCode.CONTROL_CHARACTER: "a control character that XML forbids",
    FindingCode.NEVER_EXPORT_VALUE: "looks like a number that may never be in a book",
}


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One reason for refusal: where it was found first and how often in all."""

    code: FindingCode
    column: str
    records: tuple[int, ...]
    count: int

    def line(self) -> str:
        """Return the finding as a line of text."""
        where = f"{self.column}: {MEANING[self.code]}"
        if not self.records:
            return f"{where} [{self.code}]"
        named = ", ".join(str(record) for record in self.records)
        more = f" and {self.count - len(self.records)} more" if self.count > len(self.records) else ""
        noun = "record" if self.count == 1 else "records"
        return f"{where}; {noun} {named}{more} [{self.code}]"


def at_records(code: FindingCode, column: str, records: Sequence[int]) -> Finding:
    """Make a finding of all records at which a check failed."""
    return Finding(code=code, column=column, records=tuple(sorted(records)[:MAX_RECORDS]), count=len(records))


def at_file(code: FindingCode, column: str = FILE) -> Finding:
    """Make a finding that concerns the file or its header and no single record."""
    return Finding(code=code, column=column, records=(), count=1)


def merge_findings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Join findings of the same check and column out of several parts of an extract, in order."""
    joined: dict[tuple[FindingCode, str], Finding] = {}
    for each in findings:
        place = (each.code, each.column)
        before = joined.get(place)
        joined[place] = (
            each
            if before is None
            else Finding(
                code=each.code,
                column=each.column,
                records=tuple(sorted({*before.records, *each.records})[:MAX_RECORDS]),
                count=before.count + each.count,
            )
        )
    return tuple(joined.values())
