"""How long an agent's papers are good, and what to do about those that lapse.

Law: these are the dates that the rules R01 to R04 and R37 compare; dates are valid through
their day in California. A page that says "good" doesn't permit anything: the gate does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from identity.people import Papers
from policies.numbers import Numbers
from runtime.clock import pacific_day

SOON_DAYS = 60
_ACTIVE = "active"


@dataclass(frozen=True, kw_only=True)
class Paper:
    """One paper: good through a day; `standing` is `lapsed`, `soon` or `good`."""

    name: str
    through: date
    standing: str
    days: int
    todo: str


def papers_of(papers: Papers, numbers: Numbers, now: datetime) -> list[Paper]:
    """Return an agent's papers, those that lapse first at the top."""
    today = pacific_day(now)
    is_current = papers.agreement_version == numbers.agreement_version
    through = (
        (
            "State license",
            papers.licence_expires_on,
            papers.licence_status == _ACTIVE,
            "Renew it with the California Department of Insurance.",
        ),
        (
            "Exchange certification",
            papers.certified_on + timedelta(days=numbers.recertification_days),
            papers.certification_status == _ACTIVE,
            "Complete the annual recertification on the exchange.",
        ),
        (
            "Agent Agreement",
            papers.agreement_signed_on + timedelta(days=numbers.agreement_days),
            is_current,
            f"Sign the current version ({numbers.agreement_version}) on the exchange.",
        ),
        (
            "Privacy and security training",
            papers.training_completed_on + timedelta(days=numbers.training_days),
            True,
            "Take this year’s training on the exchange.",
        ),
        (
            "Storage attestation",
            papers.attested_on + timedelta(days=numbers.attestation_days),
            True,
            "Attest your written policy and encrypted storage on the exchange.",
        ),
    )
    made = [_paper(name, end, today, is_valid, todo) for name, end, is_valid, todo in through]
    return sorted(made, key=lambda paper: (paper.standing != "lapsed", paper.through))


def _paper(name: str, through: date, today: date, is_valid: bool, todo: str) -> Paper:
    days = (through - today).days
    standing = "lapsed" if days < 0 or not is_valid else "soon" if days <= SOON_DAYS else "good"
    return Paper(name=name, through=through, standing=standing, days=days, todo=todo)
