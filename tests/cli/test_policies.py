"""`sealedbook policy`: sets are checked, proposed and compared, and decisions explained and replayed."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from sqlalchemy import text

from audit.events import Event
from cli.desk import CommandError
from exports.errors import ExportNotFoundError
from policies.gate import RefusedError
from policies.rules import NUMBERS, POLICIES_FOLDER, packaged_set
from runtime.database import writing
from tests.cli.conftest import Run, last_entries
from tests.installation import Installation


def a_set(folder: Path, **numbers: int) -> Path:
    """Return a folder with another policy set: the packaged one with other numbers."""
    shutil.copytree(POLICIES_FOLDER, folder)
    for name, value in numbers.items():
        change(folder / NUMBERS, f"\n{name} = ", f"\n{name} = {value}  # was: ")
    return folder


def change(path: Path, old: str, new: str) -> None:
    """Change one place of a file."""
    found = path.read_text(encoding="utf-8")
    assert 1 == found.count(old)
    path.write_text(found.replace(old, new), encoding="utf-8")


def test_the_packaged_set_is_whole(run: Run, home: Installation) -> None:
    """A check of the set in force finds nothing wrong and stops nobody."""
    done = run("policy", "check", "--data", home.data)
    assert 0 == done.exit_code, done.output
    written = "".join((POLICIES_FOLDER / name).read_text() for name in ("agreement.cedar", "fixed.cedar"))
    count = len(set(re.findall(r'@id\("([RF][0-9]+)"\)', written)))
    assert f"{packaged_set().digest}: {count} rules, 0 wrong" in done.stdout
    assert "0 would be stopped" in done.stdout


def test_a_tightening_says_whom_it_would_stop(run: Run, home: Installation, tmp_path: Path) -> None:
    """Agents whose papers fail under the new numbers are listed with the rule, and their exports too."""
    agent = home.sign_in(home.enrol("0B65625"))
    export = home.ask(agent)
    done = run("policy", "check", a_set(tmp_path / "set", attestation_days=1), "--data", home.data)

    assert 1 == done.exit_code
    assert "WRONG  RequestExport: refused on the base facts by R37" in done.stdout
    assert "STOPS  0B65625  RequestExport: a new export, by R37" in done.stdout
    assert f"STOPS  0B65625  BuildBook: export {export}, by R37" in done.stdout


def test_a_set_whose_cases_fail_is_not_proposed(run: Run, home: Installation, tmp_path: Path) -> None:
    """What would be proposed has to pass its own cases first."""
    before = home.operator.reader.head().size
    error = run(
        "policy", "propose", a_set(tmp_path / "set", exports_per_day=5), "--data", home.data
    ).exception
    assert isinstance(error, CommandError)
    assert "1 of the set's cases fail" in str(error)
    assert before == home.operator.reader.head().size


def test_a_proposed_set_waits_for_reviewers(run: Run, home: Installation, tmp_path: Path) -> None:
    """Proposing copies the set and records it; status and approve say who has to approve, and where."""
    done = run("policy", "propose", a_set(tmp_path / "set", invitation_seconds=3600), "--data", home.data)
    assert 0 == done.exit_code, done.output
    digest = last_entries(home, 1)[0].resource.id
    assert Event.POLICY_PROPOSED is last_entries(home, 1)[0].event
    assert f"proposed {digest}" in done.stdout
    assert digest in home.operator.policies.kept()

    status = run("policy", "status", "--data", home.data).stdout
    assert f"in force          {packaged_set().digest}" in status
    assert f"{digest}  approved by nobody yet" in status
    said = run("policy", "approve", digest[:12], "--data", home.data).stdout
    assert f"{digest}: approved by nobody yet" in said
    assert "/policies" in said
    assert isinstance(run("policy", "approve", "ff", "--data", home.data).exception, CommandError)


def test_a_decision_is_explained(run: Run, home: Installation) -> None:
    """Each decision of an export is told with its rule, clause, advice and facts, under a look's entry."""
    agent = home.sign_in(home.enrol("0G58139"))
    with pytest.raises(RefusedError) as refused:
        home.ask(agent, acknowledged=False)
    export = refused.value.draft.export
    assert export is not None

    done = run("policy", "explain", export, "--data", home.data)

    assert 0 == done.exit_code, done.exception
    assert "RequestExport: refuse" in done.stdout
    assert "R21  Privacy acknowledgement" in done.stdout
    assert "Read the privacy acknowledgement and tick it." in done.stdout
    assert "acknowledged false" in done.stdout
    assert Event.LEDGER_REQUESTED is last_entries(home, 1)[0].event
    assert isinstance(run("policy", "explain", "x", "--data", home.data).exception, ExportNotFoundError)


def test_a_replay_finds_what_would_differ(run: Run, home: Installation, tmp_path: Path) -> None:
    """Recorded decisions are decided again on their proven facts; those that differ are listed."""
    agent = home.sign_in(home.enrol("0B65625"))
    home.ask(agent)
    index = home.operator.reader.head().size - 1
    same = run("policy", "replay", "--policies", POLICIES_FOLDER, "--data", home.data)
    assert ", 0 differ" in same.stdout

    other = a_set(tmp_path / "set", attestation_days=1)
    done = run("policy", "replay", "--policies", other, "--json", "--data", home.data)

    found = {line["entry"]: line for line in map(json.loads, done.stdout.splitlines())}
    assert ("0B65625", [], ["R37"]) == tuple(found[index][name] for name in ("whom", "was", "would_be"))
    late = run(
        "policy", "replay", "--policies", other, "--since", "2036-01-01T00:00:00Z", "--data", home.data
    )
    assert "0 decisions replayed" in late.stdout


def test_facts_that_were_changed_prove_nothing(run: Run, home: Installation) -> None:
    """A row of facts that was edited doesn't hash to its entry: the replay leaves the decision out."""
    agent = home.sign_in(home.enrol("0G58139"))
    home.ask(agent)
    index = home.operator.reader.head().size - 1
    with writing(home.operator.engine) as connection:
        connection.execute(
            text(
                "UPDATE ledger_inputs SET facts = replace(facts, 'link', 'email') || ' ' WHERE \"index\" = :i"
            ),
            {"i": index},
        )
    done = run("policy", "replay", "--policies", POLICIES_FOLDER, "--data", home.data)
    assert "of 1 no proven facts are kept" in done.stdout
