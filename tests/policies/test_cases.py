"""A policy set is tested by its own cases, and a set without cases for a rule is found."""

from __future__ import annotations

import pytest

from policies.cases import Cases, check_cases, rules_and_actions
from policies.rules import AGREEMENT, CASES, NUMBERS, PolicySet, PolicySetError, packaged_texts

TEXTS = packaged_texts()


def wrong_with(name: str, old: str, new: str) -> list[str]:
    """Return what is wrong with the packaged set after one change."""
    assert old in TEXTS[name]
    texts = TEXTS | {name: TEXTS[name].replace(old, new, 1)}
    return check_cases(PolicySet.parse(texts), texts)


def test_the_packaged_set_passes_its_own_cases() -> None:
    """Every rule stands for each of its actions beside a fact that holds and one that breaks it."""
    assert [] == check_cases(PolicySet.parse(TEXTS), TEXTS)


def test_every_rule_of_every_action_is_found() -> None:
    """The rules and their actions are read out of the agreement itself."""
    found = {(rule, action.value) for rule, action in rules_and_actions(TEXTS[AGREEMENT])}
    assert ("R01", "RequestExport") in found
    assert ("R27", "BreakGlass") in found
    assert not {rule for rule, _ in found} & {"F01", "F02", "F03", "F04"}


def test_a_tightened_number_fails_the_case_at_its_limit() -> None:
    """What the limit was is a case, so whoever moves the limit has to move the case."""
    (said,) = wrong_with(NUMBERS, "exports_per_day = 10", "exports_per_day = 5")
    assert "R09 at RequestExport, quota.exports_24h: holds, and is refused by R09" == said


def test_a_loosened_number_fails_it_too() -> None:
    """A limit that no longer refuses is as wrong as one that refuses too early."""
    (said,) = wrong_with(NUMBERS, "downloads_per_book = 3", "downloads_per_book = 30")
    assert "R20 at DownloadBook, releases.downloads: breaks, and is permitted" == said


def test_a_rule_without_a_case_is_found() -> None:
    """A case that goes leaves its rule untested, and that is said."""
    case = '[[case]]\nrule = "R21"'
    start = TEXTS[CASES].index(case)
    end = TEXTS[CASES].index("\n\n", start) + 2
    assert ["R21 has no case for RequestExport"] == wrong_with(CASES, TEXTS[CASES][start:end], "")


def test_what_refuses_everything_is_said_once() -> None:
    """An action that is refused on the base facts has no other finding."""
    assert ["RequestExport: refused on the base facts by R21"] == wrong_with(
        CASES, "acknowledged = true", "acknowledged = false"
    )


def test_a_fact_that_an_action_lacks_is_said() -> None:
    """A case about a fact of another action tests nothing."""
    said = wrong_with(CASES, 'fact = "quota.exports_24h"', 'fact = "releases.reveals"')
    assert ["R09 at RequestExport, releases.reveals: the action has no such fact"] == said


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("version = 1", "version = 2"),
        ("version = 1", ""),
        ('actions = ["RequestExport"', 'actions = ["Fly"'),
        ("holds = ", "held = "),
        ("[[case]]", "[[case"),
    ],
)
def test_cases_that_cant_be_read_refuse_the_set(old: str, new: str) -> None:
    """Half a file of cases is none."""
    assert old in TEXTS[CASES]
    with pytest.raises(PolicySetError):
        Cases.parse(TEXTS[CASES].replace(old, new, 1))
