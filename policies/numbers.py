"""The numbers of the rules, read from `numbers.toml`: typed, complete, and with their unit in the name.

Laws: a number that is missing, unknown, of the wrong type or not positive does not load. All go into
each decision's context; the rooms above read the terms that no rule compares.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path

NUMBERS_FILE = Path(__file__).with_name("numbers.toml")
NUMBERS_VERSION = 1


class NumbersError(Exception):
    """The table of numbers cannot be read."""


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """The table; which rule each number belongs to stands in `numbers.toml`."""

    mfa_fresh_seconds: int
    session_idle_seconds: int
    session_absolute_seconds: int
    sessions_per_person: int
    account_idle_days: int
    exports_per_day: int
    list_rows_per_day: int
    list_rows_per_page: int
    reveals_per_book: int
    downloads_per_book: int
    failed_factors_before_lock: int
    snapshot_stale_days: int
    roster_stale_days: int
    hold_seconds: int
    recertification_days: int
    training_days: int
    attestation_days: int
    agreement_version: str
    agreement_days: int
    failed_factors_window_seconds: int
    book_expires_days: int
    book_expires_business_days: int
    passphrase_kept_days: int
    snapshots_kept_weeks: int
    snapshot_old_days: int
    drift_agents_gone_percent: int
    drift_rows_percent: int
    drift_kind_points: int
    large_export_rows: int
    review_days: int
    ledger_reads_per_day: int
    lookups_per_day: int
    breakglass_seconds: int
    entries_kept_years: int
    backup_window_days: int
    clock_skew_seconds: int
    invitation_seconds: int
    api_key_days: int
    feeds_per_day: int
    password_min_length: int
    password_max_length: int

    @classmethod
    def load(cls, path: Path = NUMBERS_FILE) -> Numbers:
        """Read the table's file, or raise NumbersError."""
        return cls.parse(path.read_text(encoding="utf-8"))

    @classmethod
    def parse(cls, text: str) -> Numbers:
        """Read the table from TOML text, or raise NumbersError."""
        try:
            found = tomllib.loads(text)
        except ValueError as error:
            raise NumbersError(f"the numbers cannot be read: {error}") from error
        if found.pop("version", None) != NUMBERS_VERSION:
            raise NumbersError(f"the numbers are not of version {NUMBERS_VERSION}")
        expected = {field.name: str if field.type == "str" else int for field in fields(cls)}
        if odd := sorted(expected.keys() ^ found.keys()):
            raise NumbersError(f"missing or unknown: {', '.join(odd)}")
        for name, value in found.items():
            # Compared by exact type, since `true` is an int to Python and no number to anyone else.
            if type(value) is not expected[name]:
                raise NumbersError(f"{name} is not of type {expected[name].__name__}")
            if isinstance(value, int) and value < 1:
                raise NumbersError(f"{name} is not positive")
        return cls(**found)

    def to_context(self) -> dict[str, int | str]:
        """Return the table as the `numbers` record of Cedar's context."""
        return {field.name: getattr(self, field.name) for field in fields(self)}
