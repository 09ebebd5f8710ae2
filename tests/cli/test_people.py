"""Rosters are taken over whole under a permit; in a demo an agent is enrolled once."""

from __future__ import annotations

import json
from pathlib import Path

import pyotp

from audit.events import Event, Outcome
from house.enrolment import EnrolledAlreadyError
from identity.roster import RosterError
from store.people import PersonNotFoundError
from tests.cli.conftest import Run, last_entries
from tests.installation import Installation


def test_roster_is_taken_over_under_a_permit(run: Run, home: Installation) -> None:
    """A roster's import is a decision and an entry that follows from it."""
    done = run("people", "import", home.roster, "--data", home.data)
    assert "24 known" in done.stdout, done.exception
    decision, imported = last_entries(home, 2)
    assert (Event.PEOPLE_REQUESTED, Outcome.PERMIT) == (decision.event, decision.outcome)
    assert (Event.ROSTER_IMPORTED, "operator") == (imported.event, imported.actor.kind)


def test_bad_roster_is_refused_whole(run: Run, home: Installation, tmp_path: Path) -> None:
    """A roster with a bad record changes nothing and records nothing."""
    size = home.operator.reader.head().size
    bad = tmp_path / "roster.csv"
    bad.write_text(home.roster.read_text().replace("2027-05-28", "soon", 1))
    assert isinstance(run("people", "import", bad, "--data", home.data).exception, RosterError)
    assert size == home.operator.reader.head().size


def test_enrolled_agent_can_be_verified(run: Run, home: Installation) -> None:
    """What `enrol` prints signs in: the vault knows the factor, and the entry says who was enrolled."""
    done = run("people", "enrol", "0C86404", "--json", "--data", home.data)
    made = json.loads(done.stdout)
    assert {"username", "password", "totp_secret"} == made.keys()
    entry = last_entries(home, 1)[0]
    assert Event.PERSON_ENROLLED == entry.event
    code = pyotp.TOTP(made["totp_secret"]).now()
    assert home.api.vault.verify_totp(entry.resource.id, code)


def test_enrolment_is_readable_without_json(run: Run, home: Installation) -> None:
    """Without --json each thing to sign in with is one line."""
    done = run("people", "enrol", "0F85573", "--data", home.data)
    names = [line.partition(": ")[0] for line in done.stdout.splitlines()]
    assert ["username", "password", "totp_secret"] == names


def test_second_enrolment_is_refused(run: Run, home: Installation) -> None:
    """Who can sign in keeps what they have."""
    home.enrol("0B65625")
    assert isinstance(run("people", "enrol", "0B65625", "--data", home.data).exception, EnrolledAlreadyError)


def test_unknown_agent_is_not_enrolled(run: Run, home: Installation) -> None:
    """A licence that the roster lacks is an error."""
    assert isinstance(run("people", "enrol", "0Z00000", "--data", home.data).exception, PersonNotFoundError)
