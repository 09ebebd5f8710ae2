"""Rosters are taken over whole under a permit; in a demo an agent is enrolled once."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pyotp
import pytest

from audit.events import Event, Outcome
from cli.desk import CommandError
from house.enrolment import EnrolledAlreadyError
from house.invitations import InvitingError
from identity.roster import RosterError
from runtime.database import writing
from store.people import PersonNotFoundError, person_by_licence
from store.tables import people
from tests.cli.conftest import Run, last_entries
from tests.installation import Installation


def test_roster_is_taken_over_under_a_permit(run: Run, home: Installation) -> None:
    """A roster's import is a decision and an entry that follows from it."""
    done = run("people", "import", home.roster, "--data", home.data)
    assert "24 known" in done.stdout, done.exception
    decision, imported = last_entries(home, 2)
    assert (Event.PEOPLE_REQUESTED, Outcome.PERMIT) == (decision.event, decision.outcome)
    assert (Event.ROSTER_IMPORTED, "operator") == (imported.event, imported.actor.kind)


def test_a_roster_is_told_before_it_is_taken_over(run: Run, home: Installation, tmp_path: Path) -> None:
    """With --plan nothing changes; who differs is named with the column and without its value."""
    header, first, *others = home.roster.read_text().splitlines()
    moved = tmp_path / "roster.csv"
    moved.write_text("\n".join([header, first.replace("agent0000@", "moved@"), *others[1:]]) + "\n")
    size = home.operator.reader.head().size
    told = run("people", "import", moved, "--plan", "--data", home.data).stdout
    assert "changed  0B65625: email\n" in told
    assert "missing  0C86404: access stops\n" in told
    assert "moved@" not in told
    assert told.endswith("nothing was changed\n")
    assert size + 1 == home.operator.reader.head().size


def test_a_roster_that_lacks_many_agents_stops_and_asks(run: Run, home: Installation, tmp_path: Path) -> None:
    """A cut-off file takes nobody's access away; with --yes it does, until the next whole roster."""
    cut = tmp_path / "roster.csv"
    cut.write_text("\n".join(home.roster.read_text().splitlines()[:13]) + "\n")
    refused = run("people", "import", cut, "--data", home.data).exception
    assert isinstance(refused, CommandError)
    assert "50 percent of the agents are missing" in str(refused)
    assert "12 known" in run("people", "import", cut, "--yes", "--data", home.data).stdout
    whole = run("people", "import", home.roster, "--data", home.data).stdout
    assert 12 == whole.count("back     ")


def test_bad_roster_is_refused_whole(run: Run, home: Installation, tmp_path: Path) -> None:
    """A roster with a bad record changes nothing; the command alone is recorded."""
    size = home.operator.reader.head().size
    bad = tmp_path / "roster.csv"
    bad.write_text(home.roster.read_text().replace("2027-05-28", "soon", 1))
    assert isinstance(run("people", "import", bad, "--data", home.data).exception, RosterError)
    assert size + 1 == home.operator.reader.head().size


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


def test_an_invitation_of_a_demo_prints_its_code(run: Run, home: Installation) -> None:
    """A demo without a mail server approves at once and prints; the list shows whom, and no code."""
    done = run("people", "invite", "--role", "agent", "--license", "0E96936", "--data", home.data)
    code = done.stdout.rpartition("code: ")[2].strip()
    listed = run("people", "invitations", "--data", home.data).stdout

    assert re.fullmatch(r"(?:[0-9A-Z]{4}-){12}[0-9A-Z]{4}", code), done.exception
    assert "agent 0E96936" in listed
    assert code not in listed
    approved, listing = last_entries(home, 2)
    assert "demo-mode" == approved.reason
    assert (Event.COMMAND_ISSUED, "people-invitations") == (listing.event, listing.resource.id)


def test_a_member_is_invited_by_address_and_name(run: Run, home: Installation) -> None:
    """A reviewer needs no roster; inviting them is a decision and its entries."""
    member = ("--role", "reviewer", "--email", "rita@exchange.example", "--name", "Rita Review")
    done = run("people", "invite", *member, "--data", home.data)

    assert "for rita@exchange.example" in done.stdout, done.exception
    assert [Event.PEOPLE_REQUESTED, Event.PERSON_INVITED, Event.PERSON_APPROVED] == [
        entry.event for entry in last_entries(home, 3)
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--role", "agent"),
        ("--role", "agent", "--license", "0E96936", "--email", "a@exchange.example"),
        ("--role", "manager", "--license", "0E96936"),
        ("--role", "reviewer", "--license", "0E96936"),
        ("--role", "operator", "--email", "o@exchange.example"),
        ("--role", "operator", "--email", "no address", "--name", "Omar"),
        ("--role", "operator", "--email", "o@exchange.example", "--name", "Omar\nOperate"),
    ],
)
def test_a_contradictory_invitation_records_nothing(
    run: Run, home: Installation, arguments: tuple[str, ...]
) -> None:
    """Agents and managers are the roster's, members are named by address and name; else an error."""
    size = home.operator.reader.head().size
    assert isinstance(run("people", "invite", *arguments, "--data", home.data).exception, CommandError)
    assert size == home.operator.reader.head().size


def test_a_reset_needs_somebody_who_joined(run: Run, home: Installation) -> None:
    """Who joined is reset and invited anew; who never did is to be invited."""
    home.enrol("0D64081")
    done = run("people", "reset", "0D64081", "--data", home.data)
    assert "for 0D64081" in done.stdout, done.exception
    assert isinstance(run("people", "reset", "0K70688", "--data", home.data).exception, InvitingError)


def test_a_roster_leaves_alone_whose_record_was_changed(run: Run, home: Installation) -> None:
    """An agent whose row was edited by SQL is counted, and their papers aren't taken over."""
    edited = people.update().where(people.c.licence == "0K70688")
    with writing(home.operator.engine) as connection:
        before = person_by_licence(connection, "0K70688").papers.agency_id
        connection.execute(edited.values(agency_id="A-planted"))

    said = run("people", "import", home.roster, "--data", home.data).stdout

    with writing(home.operator.engine) as connection:
        assert "A-planted" == person_by_licence(connection, "0K70688").papers.agency_id
        connection.execute(edited.values(agency_id=before))
    assert "1 left alone" in said
    assert "left alone" not in run("people", "import", home.roster, "--data", home.data).stdout
