"""The table of numbers loads whole or not at all."""

from __future__ import annotations

import pytest

from policies.numbers import NUMBERS_FILE, Numbers, NumbersError

TEXT = NUMBERS_FILE.read_text(encoding="utf-8")


def test_the_shipped_table_holds_the_rules_defaults() -> None:
    """The defaults are the catalogue of rules' own."""
    expected = {
        "mfa_fresh_seconds": 300,
        "session_idle_seconds": 900,
        "session_absolute_seconds": 43200,
        "sessions_per_person": 1,
        "account_idle_days": 60,
        "exports_per_day": 10,
        "list_rows_per_day": 2000,
        "list_rows_per_page": 50,
        "reveals_per_book": 5,
        "downloads_per_book": 3,
        "failed_factors_before_lock": 5,
        "snapshot_stale_days": 22,
        "roster_stale_days": 8,
        "hold_seconds": 72 * 3600,
        "recertification_days": 365,
        "training_days": 365,
        "attestation_days": 365,
        "agreement_version": "2026-01",
        "agreement_days": 1826,
        "failed_factors_window_seconds": 900,
        "book_expires_days": 14,
        "book_expires_business_days": 2,
        "passphrase_kept_days": 400,
        "snapshots_kept_weeks": 8,
        "snapshot_old_days": 8,
        "drift_agents_gone_percent": 20,
        "drift_rows_percent": 30,
        "drift_kind_points": 20,
        "large_export_rows": 20_000,
        "review_days": 7,
        "ledger_reads_per_day": 500,
        "lookups_per_day": 50,
        "breakglass_seconds": 3600,
        "entries_kept_years": 10,
        "backup_window_days": 35,
        "clock_skew_seconds": 2,
        "invitation_seconds": 72 * 3600,
        "api_key_days": 365,
        "feeds_per_day": 200,
        "password_min_length": 12,
        "password_max_length": 256,
    }
    assert expected == Numbers.load().to_context()


def test_every_number_goes_into_the_context() -> None:
    """What the file names is what a rule can read."""
    named = {line.split(" = ")[0] for line in TEXT.splitlines() if " = " in line} - {"version"}
    assert named == set(Numbers.load().to_context())


@pytest.mark.parametrize(
    ("old", "broken"),
    [
        ("reveals_per_book = 5", ""),
        ("reveals_per_book = 5", "reveals_per_book = 5\nreveals_per_reader = 5"),
        ("reveals_per_book = 5", 'reveals_per_book = "5"'),
        ("reveals_per_book = 5", "reveals_per_book = true"),
        ("reveals_per_book = 5", "reveals_per_book = 5.0"),
        ("reveals_per_book = 5", "reveals_per_book = 0"),
        ("reveals_per_book = 5", "reveals_per_book ="),
        ('agreement_version = "2026-01"', "agreement_version = 2026"),
        ("version = 1", "version = 2"),
    ],
)
def test_a_table_with_a_wrong_number_does_not_load(old: str, broken: str) -> None:
    """A number that is missing, unknown, of another type or not positive refuses the table."""
    assert old in TEXT
    with pytest.raises(NumbersError):
        Numbers.parse(TEXT.replace(old, broken, 1))
