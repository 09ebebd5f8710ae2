"""A policy set loads whole or not at all, and its digest covers every byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from policies.rules import (
    AGREEMENT,
    COLUMNS,
    EDITABLE,
    FIXED,
    NEVER,
    NUMBERS,
    POLICIES_FOLDER,
    SCHEMA,
    PolicySet,
    PolicySetError,
    digest_of,
)

TEXTS = {name: (POLICIES_FOLDER / name).read_text(encoding="utf-8") for name in (*EDITABLE, FIXED)}
FORBID = '@id("R99") @clause("a") @advice("b") forbid (principal, action == Action::"SignIn", resource)'


def test_the_shipped_set_loads_the_same_each_time() -> None:
    """Two loads of the same files are the same policy set."""
    first, second = PolicySet.load(), PolicySet.load()
    assert first.digest == second.digest
    assert digest_of(TEXTS) == first.digest
    assert first.rules == second.rules


def test_every_rule_has_an_id_a_clause_and_an_advice() -> None:
    """A refusal can always say why, by which clause, and what to do."""
    for rule in PolicySet.load().rules:
        assert rule.id
        assert len(rule.clause) > len(rule.id)
        assert rule.advice.endswith(".")


def test_the_rules_that_a_machine_checks_are_all_there() -> None:
    """The set holds these rules and the four fixed ones; the others are informative."""
    expected = (
        "F01 F02 F03 F04 R01 R02 R03 R04 R05 R06 R08 R09 R10 R12 R13 R14 R15 R16 R19 R20 R21 R27 R33 R34 R35 "
        "R37 R38"
    )
    assert expected.split() == sorted({rule.id for rule in PolicySet.load().rules})


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_the_digest_changes_with_any_file(name: str) -> None:
    """One character more in one file is another policy set."""
    changed = TEXTS | {name: TEXTS[name] + "\n"}
    assert digest_of(TEXTS) != digest_of(changed)
    assert digest_of(changed) == PolicySet.parse(changed).digest


def test_the_digest_knows_where_a_file_ends() -> None:
    """Moving a line from one file's end to the next one's start changes the digest."""
    assert digest_of({"a": "xy", "b": "z"}) != digest_of({"a": "x", "b": "yz"})


def test_the_fixed_rules_come_with_every_folder(tmp_path: Path) -> None:
    """A folder without fixed rules, or with emptied ones, is loaded with the service's own."""
    for name in EDITABLE:
        (tmp_path / name).write_text(TEXTS[name], encoding="utf-8")
    (tmp_path / FIXED).write_text("", encoding="utf-8")
    assert PolicySet.load().digest == PolicySet.load(tmp_path).digest


def test_a_folder_that_lacks_a_file_does_not_load(tmp_path: Path) -> None:
    """A policy set is complete or it is none."""
    with pytest.raises(PolicySetError):
        PolicySet.load(tmp_path)


@pytest.mark.parametrize(
    ("name", "old", "broken"),
    [
        pytest.param(AGREEMENT, "context.session.mfa ", "context.session.mfo ", id="unknown fact"),
        pytest.param(AGREEMENT, "context.session.mfa_age_seconds >= 0", "true >= 0", id="wrong type"),
        pytest.param(AGREEMENT, '@id("R01")', "", id="forbid without id"),
        pytest.param(AGREEMENT, '@id("R01")', '@id("Licence")', id="id of no rule"),
        pytest.param(AGREEMENT, '@id("R21")\n@clause', '@id("R21")\n@source', id="forbid without clause"),
        pytest.param(AGREEMENT, '@advice("Read', '@hint("Read', id="forbid without advice"),
        pytest.param(
            AGREEMENT, '@advice("Read the privacy acknowledgement and tick it.")', "@advice", id="empty"
        ),
        pytest.param(AGREEMENT, '@id("permit.SignIn")', '@id("permit.LogIn")', id="permit of no action"),
        pytest.param(
            AGREEMENT,
            'permit (principal, action == Action::"SignIn", resource)',
            "permit (principal, action, resource)",
            id="permit of everything",
        ),
        pytest.param(
            AGREEMENT,
            'permit (principal, action == Action::"SignIn", resource)',
            'permit (principal, action == Action::"ReadLedger", resource)',
            id="permit of another action",
        ),
        pytest.param(AGREEMENT, "permit (principal", "allow (principal", id="no Cedar"),
        pytest.param(AGREEMENT, '@id("R02")', '@id("F02")', id="a fixed rule's id"),
        pytest.param(AGREEMENT, '@id("R02")', '@id("R01")', id="two clauses of one rule"),
        pytest.param(SCHEMA, "entity Stranger;", "entity Stranger", id="broken schema"),
        pytest.param(SCHEMA, "holding: Holding,", "", id="schema without a fact"),
        pytest.param(NUMBERS, "reveals_per_book = 5", "", id="number missing"),
        pytest.param(COLUMNS, 'type = "money"', 'type = "float"', id="broken column"),
        pytest.param(NEVER, 'check = "luhn"\nfree', 'check = "mod97"\nfree', id="unknown check"),
    ],
)
def test_a_set_that_contradicts_itself_does_not_load(name: str, old: str, broken: str) -> None:
    """Whatever is wrong in one file refuses the whole set."""
    assert old in TEXTS[name]
    with pytest.raises(PolicySetError):
        PolicySet.parse(TEXTS | {name: TEXTS[name].replace(old, broken, 1)})


def test_a_second_permit_for_an_action_does_not_load() -> None:
    """An agreement cannot open a second way to an action."""
    second = '@id("permit.SignIn") permit (principal, action == Action::"SignIn", resource);'
    with pytest.raises(PolicySetError):
        PolicySet.parse(TEXTS | {AGREEMENT: TEXTS[AGREEMENT] + second})


def test_a_template_does_not_load() -> None:
    """A policy with a slot to fill is no rule yet."""
    template = FORBID.replace("(principal,", "(principal == ?principal,") + ";"
    with pytest.raises(PolicySetError):
        PolicySet.parse(TEXTS | {AGREEMENT: TEXTS[AGREEMENT] + template})


def test_emptied_fixed_rules_do_not_load() -> None:
    """The two fixed rules are known by name; without them there is no policy set."""
    with pytest.raises(PolicySetError):
        PolicySet.parse(TEXTS | {FIXED: ""})
