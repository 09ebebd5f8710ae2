"""Checks of what compliance answers for: the policy set, reviews of the log (R27), kept entries (R25)."""

from __future__ import annotations

from datetime import timedelta

from audit.lookups import founded_at, newest_pruned
from house.doctor.findings import Finding, failed, warned, well
from house.policies import Stage
from house.wiring import House
from runtime.clock import parse_rfc3339, rfc3339
from runtime.database import reading
from store.reviews import large_exports, last_review

_POLICY = "policy"
_REVIEW = "review"
_RETENTION = "retention"
_YEAR_DAYS = 365


def check_policy(house: House) -> Finding:
    """Check that the adopted policy set is the one in force, whole and fit for this program."""
    standing = house.policies.standing()
    if standing.stage is Stage.FOUNDING:
        return warned(
            _POLICY, "none is in force yet", "both founding people approve one in the portal, /policies"
        )
    if standing.stage is Stage.OUTGROWN:
        return failed(
            _POLICY,
            "the adopted set was made for another version of the program",
            "a reviewer and one more read what has changed and approve the new set in the portal, /policies",
        )
    if standing.stage is Stage.UNFIT:
        return failed(
            _POLICY,
            "the adopted set's files are missing or were changed",
            "put its folder back from a backup, or have two reviewers approve another set",
        )
    rules = {rule.id for rule in standing.policy.rules}
    return well(_POLICY, f"{standing.policy.digest[:16]} is in force, {len(rules)} rules")


def check_review(house: House) -> Finding:
    """Check that the log was reviewed lately, by somebody (rule R27), and tell of large books since."""
    days, now = house.policy.numbers.review_days, house.clock.now()
    since = rfc3339(now - timedelta(days=days))
    with reading(house.engine) as connection:
        review, large = last_review(connection), len(large_exports(connection, since))
        begun = founded_at(connection) or since
    books = f"; {large} large books in {days} days" if large else ""
    advice = "a reviewer reads the desk and attests it there, under Oversight"
    age = (now - parse_rfc3339(review.at if review else begun)).days
    said = f"last reviewed {age} days ago" if review else f"never reviewed, in {age} days"
    if age > days:
        return warned(_REVIEW, f"the log was {said}; {days} days are allowed{books}", advice)
    return well(_REVIEW, f"the log was {said}; {days} days are allowed{books}")


def check_retention(house: House) -> Finding:
    """Check that no entry was taken out before its time (rule R25)."""
    years, now = house.policy.numbers.entries_kept_years, house.clock.now()
    with reading(house.engine) as connection:
        pruned = newest_pruned(connection)
    if pruned is not None and parse_rfc3339(pruned) > now - timedelta(days=years * _YEAR_DAYS):
        return failed(
            _RETENTION,
            f"entries of {pruned[:10]} were taken out; they are kept for {years} years",
            "find out who pruned them: the ledger's `ledger.pruned` says; bring a bundle of them back",
        )
    return well(_RETENTION, f"no entry younger than {years} years was taken out")
