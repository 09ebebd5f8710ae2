"""What a synthetic consumer has: a plan with its money, dental beside it, or Medi-Cal."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date, timedelta

from snapshot.sample_words import Weighted, between, happens, one_of

Row = dict[str, str]
_TIERS = {"Minimum Coverage": 210, "Bronze": 330, "Silver": 440, "Gold": 520, "Platinum": 610}
_TIER = Weighted.of(tuple(_TIERS), (4, 28, 45, 15, 8))
_CSR_OF = {"138-150% FPL": "CSR 94", "150-200% FPL": "CSR 87", "200-250% FPL": "CSR 73"}
_BAND = Weighted.of((*_CSR_OF, "250-400% FPL", "over 400% FPL"), (18, 22, 16, 24, 20))
_MEDI_CAL_STATUS = Weighted.of(("active", "pending", "discontinued"), (78, 12, 10))
_VERIFICATION = Weighted.of(("clear", "outstanding", "expired"), (80, 13, 7))
_PROOFS = ("Proof of income", "Proof of residency; Proof of income", "Proof of citizenship", "Other")
_ENROLLMENT = Weighted.of(("confirmed", "pending", "terminated", "cancelled"), (76, 10, 9, 5))
_REASONS = ("Non-payment", "Voluntary", "Moved out of area", "Other")
_SENIOR = 65
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def on_plan(chance: random.Random, issuer: str, network: str, today: date) -> Row:
    """Return the plan columns of a consumer with health coverage."""
    tier = _TIER.draw(chance)
    band = _BAND.draw(chance)
    has_credit = band != "over 400% FPL"
    gross = _TIERS[tier] * 100 + between(chance, 0, 59_999)
    credit = between(chance, gross // 4, gross - 1) if has_credit else 0
    subsidy = between(chance, 0, min(6_000, gross - credit) - 1) if has_credit and happens(chance, 50) else 0
    return (
        {
            "eligibility_program": "APTC" if has_credit else "QHP only",
            "csr_level": _CSR_OF.get(band, "") if tier == "Silver" else "",
            "coverage_type": "Health",
            "issuer_name": issuer,
            "plan_name": f"{tier} 60 {network}",
            "plan_hios_id": _plan_id(chance),
            "metal_tier": tier,
            "exchange_policy_id": f"P{between(chance, 0, 10**9 - 1):09d}",
            "issuer_member_id": f"{between(chance, 0, 10**10 - 1):010d}",
            "gross_premium": _money(gross),
            "aptc_amount": _money(credit) if credit else "",
            "state_subsidy_amount": _money(subsidy) if subsidy else "",
            "net_premium": _money(gross - credit - subsidy),
            "income_band": band,
        }
        | _verification(chance, today)
        | _enrollment(chance, today)
    )


def dental(chance: random.Random, health: Mapping[str, str]) -> Row:
    """Return the row of the same consumer's dental coverage, without tier, credit or subsidy."""
    premium = _money(between(chance, 1_200, 5_499))
    return dict(health) | {
        "coverage_type": "Dental",
        "plan_name": f"Family Dental {one_of(chance, ('HMO', 'PPO'))}",
        "plan_hios_id": _plan_id(chance),
        "metal_tier": "",
        "csr_level": "",
        "exchange_policy_id": f"P{between(chance, 0, 10**9 - 1):09d}",
        "issuer_member_id": f"{between(chance, 0, 10**10 - 1):010d}",
        "gross_premium": premium,
        "aptc_amount": "",
        "state_subsidy_amount": "",
        "net_premium": premium,
    }


def medi_cal(chance: random.Random, age: int, county: str, today: date) -> Row:
    """Return the Medi-Cal columns of a consumer."""
    program = "non-MAGI" if age >= _SENIOR else "MAGI"
    status = _MEDI_CAL_STATUS.draw(chance)
    return {
        "eligibility_program": f"{program} Medi-Cal",
        "medi_cal_status": status,
        "medi_cal_program": program,
        "medi_cal_county": county,
        "medi_cal_effective_date": "" if status == "pending" else day_before(chance, today, 20, 700),
        "medi_cal_renewal_month": one_of(chance, _MONTHS),
        "medi_cal_agent_is_ar": "true" if happens(chance, 10) else "false",
    }


def day_before(chance: random.Random, today: date, least: int, most: int) -> str:
    """Return an ISO date between `least` and `most` days before a day; negative days lie after it."""
    return (today - timedelta(days=between(chance, least, most))).isoformat()


def _verification(chance: random.Random, today: date) -> Row:
    status = _VERIFICATION.draw(chance)
    if status == "clear":
        return {"verification_status": status}
    due = (-90, -1) if status == "outstanding" else (1, 60)
    return {
        "verification_status": status,
        "verification_due_date": day_before(chance, today, *due),
        "documents_needed": one_of(chance, _PROOFS),
    }


def _enrollment(chance: random.Random, today: date) -> Row:
    status = _ENROLLMENT.draw(chance)
    is_paid = status in {"confirmed", "terminated"}
    row = {
        "enrollment_status": status,
        "binder_status": "paid" if is_paid else "due",
        "past_due": "true" if status == "confirmed" and happens(chance, 5) else "false",
        "paid_through_date": day_before(chance, today, -40, 20) if status == "confirmed" else "",
        "coverage_effective_date": day_before(chance, today, 60, 330),
    }
    if status in {"terminated", "cancelled"}:
        row["coverage_end_date"] = day_before(chance, today, 1, 55)
        row["termination_reason"] = one_of(chance, _REASONS)
    return row


def _plan_id(chance: random.Random) -> str:
    return f"{between(chance, 10_000, 99_998)}CA{between(chance, 0, 10**7 - 1):07d}"


def _money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"
