"""What a synthetic consumer has: a plan with its money, dental beside it, or Medi-Cal."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date, timedelta

Row = dict[str, str]
_TIERS = {"Minimum Coverage": 210, "Bronze": 330, "Silver": 440, "Gold": 520, "Platinum": 610}
_CSR_OF = {"138-150% FPL": "CSR 94", "150-200% FPL": "CSR 87", "200-250% FPL": "CSR 73"}
_SENIOR = 65
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def on_plan(chance: random.Random, issuer: str, network: str, today: date) -> Row:
    """Return the plan columns of a consumer with health coverage."""
    tier = chance.choices(tuple(_TIERS), (4, 28, 45, 15, 8))[0]
    band = chance.choices((*_CSR_OF, "250-400% FPL", "over 400% FPL"), (18, 22, 16, 24, 20))[0]
    has_credit = band != "over 400% FPL"
    gross = _TIERS[tier] * 100 + chance.randrange(0, 60_000)
    credit = chance.randrange(gross // 4, gross) if has_credit else 0
    subsidy = chance.randrange(0, min(6_000, gross - credit)) if has_credit and chance.randrange(2) else 0
    return (
        {
            "eligibility_program": "APTC" if has_credit else "QHP only",
            "csr_level": _CSR_OF.get(band, "") if tier == "Silver" else "",
            "coverage_type": "Health",
            "issuer_name": issuer,
            "plan_name": f"{tier} 60 {network}",
            "plan_hios_id": f"{chance.randrange(10_000, 99_999)}CA{chance.randrange(10**7):07d}",
            "metal_tier": tier,
            "exchange_policy_id": f"P{chance.randrange(10**9):09d}",
            "issuer_member_id": f"{chance.randrange(10**10):010d}",
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
    premium = _money(chance.randrange(1_200, 5_500))
    return dict(health) | {
        "coverage_type": "Dental",
        "plan_name": f"Family Dental {chance.choice(('HMO', 'PPO'))}",
        "plan_hios_id": f"{chance.randrange(10_000, 99_999)}CA{chance.randrange(10**7):07d}",
        "metal_tier": "",
        "csr_level": "",
        "exchange_policy_id": f"P{chance.randrange(10**9):09d}",
        "issuer_member_id": f"{chance.randrange(10**10):010d}",
        "gross_premium": premium,
        "aptc_amount": "",
        "state_subsidy_amount": "",
        "net_premium": premium,
    }


def medi_cal(chance: random.Random, age: int, county: str, today: date) -> Row:
    """Return the Medi-Cal columns of a consumer."""
    program = "non-MAGI" if age >= _SENIOR else "MAGI"
    status = chance.choices(("active", "pending", "discontinued"), (78, 12, 10))[0]
    return {
        "eligibility_program": f"{program} Medi-Cal",
        "medi_cal_status": status,
        "medi_cal_program": program,
        "medi_cal_county": county,
        "medi_cal_effective_date": "" if status == "pending" else day_before(chance, today, 20, 700),
        "medi_cal_renewal_month": chance.choice(_MONTHS),
        "medi_cal_agent_is_ar": chance.choices(("true", "false"), (10, 90))[0],
    }


def day_before(chance: random.Random, today: date, least: int, most: int) -> str:
    """Return an ISO date between `least` and `most` days before a day; negative days lie after it."""
    return (today - timedelta(days=chance.randint(least, most))).isoformat()


def _verification(chance: random.Random, today: date) -> Row:
    status = chance.choices(("clear", "outstanding", "expired"), (80, 13, 7))[0]
    if status == "clear":
        return {"verification_status": status}
    due = (-90, -1) if status == "outstanding" else (1, 60)
    proofs = ("Proof of income", "Proof of residency; Proof of income", "Proof of citizenship", "Other")
    return {
        "verification_status": status,
        "verification_due_date": day_before(chance, today, *due),
        "documents_needed": chance.choice(proofs),
    }


def _enrollment(chance: random.Random, today: date) -> Row:
    status = chance.choices(("confirmed", "pending", "terminated", "cancelled"), (76, 10, 9, 5))[0]
    is_paid = status in {"confirmed", "terminated"}
    row = {
        "enrollment_status": status,
        "binder_status": "paid" if is_paid else "due",
        "past_due": "true" if status == "confirmed" and chance.randrange(20) == 0 else "false",
        "paid_through_date": day_before(chance, today, -40, 20) if status == "confirmed" else "",
        "coverage_effective_date": day_before(chance, today, 60, 330),
    }
    if status in {"terminated", "cancelled"}:
        row["coverage_end_date"] = day_before(chance, today, 1, 55)
        row["termination_reason"] = chance.choice(("Non-payment", "Voluntary", "Moved out of area", "Other"))
    return row


def _money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"
