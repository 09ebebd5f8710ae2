"""Why a person does what isn't the rule: corrects data in force, or publishes what moved far.

Law: codes alone; they stand in the ledger for good, so a name that was ever written stays.
"""

from __future__ import annotations

from enum import StrEnum


class Correction(StrEnum):
    """Why another revision of the same Friday replaces the one in force."""

    WRONG_DELEGATIONS = "wrong-delegations"
    WRONG_VALUES = "wrong-values"
    MISSING_ROWS = "missing-rows"
    SURPLUS_ROWS = "surplus-rows"
    EXCHANGE_CORRECTION = "exchange-correction"


class DriftReason(StrEnum):
    """Why data that moved beyond the bounds are right."""

    CONFIRMED_BY_EXCHANGE = "confirmed-by-exchange"
    ENROLLMENT_PERIOD = "enrollment-period"
    AGENTS_LEFT = "agents-left"
    AGENTS_JOINED = "agents-joined"
    FORMER_DATA_WRONG = "former-data-wrong"
