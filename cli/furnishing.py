"""What `serve --demo` puts into a demo installation: a published sample, and people who can sign in.

Laws
1. Each step is done once and found done the next time, so that an interrupted start goes on.
2. What people sign in with is kept in `demo/sign-ins.json`, for the owner of the folder alone:
   in demo mode only, so that a demo can be started again. Nothing else in the house keeps a
   password or a second factor's secret outside the vault.
3. Who is enrolled already and isn't in that file keeps what they have; somebody else is taken.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from uuid import uuid4

from audit.entry import Resource
from audit.events import Event
from cli.demo_data import SAMPLE_AS_OF, clear_files
from cli.desk import CONSOLE_OPERATOR, CommandError
from cli.people import take_roster
from cli.telling import Telling
from house.enrolment import SignIn, enrol_member, enrol_person
from house.importing import bring_in
from house.wiring import House
from identity.people import Person, Role
from policies.actions import Action
from policies.gate import Ask
from runtime.database import reading
from runtime.files import write_whole
from snapshot.published import newest_published, rows_of_agent
from snapshot.publishing import publish
from store.people import PersonNotFoundError, agents_of_role, keep_member, person_by_username

DEMO_FOLDER = "demo"
SIGN_INS = "sign-ins.json"
REVIEWER = "reviewer"
_REVIEWER_NAME = "Robin Reviewer"
_REVIEWER_EMAIL = "reviewer@exchange.example"
_ACTIVE = "active"

SignIns = dict[str, SignIn]


def furnish(house: House, telling: Telling) -> SignIns:
    """Load, publish and enrol what isn't yet; return who signs in with what, by their part in the demo."""
    folder = house.settings.data / DEMO_FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    with reading(house.engine) as connection:
        published = newest_published(connection)
    if published is None:
        _load_sample(house, folder, telling)
    kept = _read(folder / SIGN_INS)
    if kept is not None and len(kept) == len(_PARTS):
        return kept
    with telling.step("Agent, other agent, manager and reviewer enrolled") as tell:
        made = kept or {}
        for part, choose in _PARTS.items():
            if part not in made:
                made[part] = choose(house, made)
                _keep(folder / SIGN_INS, made)
        tell(", ".join(sign_in.username for sign_in in made.values()))
    return made


def _load_sample(house: House, folder: Path, telling: Telling) -> None:
    with clear_files(None, folder) as material:
        with telling.step("Roster taken over") as tell:
            taken = take_roster(house, material.roster)
            tell(f"{taken.added + taken.known} agents and managers with their papers")
        with telling.step("Weekly extract checked and stored encrypted, agent by agent") as tell:
            imported = bring_in(house, CONSOLE_OPERATOR, material.extract, SAMPLE_AS_OF, progress=tell)
            tell(f"{material.what}, {imported.report.rows} rows of consumers")
    with telling.step("Snapshot published") as tell:
        ref = publish(imported.attempt, who=CONSOLE_OPERATOR, gate=house.gate, vault=house.vault)
        tell(f"digest {ref.digest[:16]}…")


def _an_agent(house: House, made: SignIns) -> SignIn:
    """Enrol an agent of an agency whose manager and another agent can sign in too."""
    taken = {sign_in.username for sign_in in made.values()}
    for manager in _fit(house, Role.MANAGER, taken=set()):
        mates = _mates(house, manager, taken)
        if manager.password_hash is None and len(mates) > 1:
            return enrol_person(house, CONSOLE_OPERATOR, mates[0].papers.licence)
    raise CommandError(
        "no agency of this roster has a manager and two agents who aren't enrolled yet and whose "
        "papers are in order: choose a new folder with --data"
    )


def _another_agent(house: House, made: SignIns) -> SignIn:
    first = _person(house, made["agent"].username)
    taken = {sign_in.username for sign_in in made.values()}
    for mate in _mates(house, first, taken):
        return enrol_person(house, CONSOLE_OPERATOR, mate.papers.licence)
    raise CommandError("no other agent of that agency is left to be enrolled: choose a new folder")


def _manager(house: House, made: SignIns) -> SignIn:
    agency = _person(house, made["agent"].username).papers.agency_id
    for manager in _fit(house, Role.MANAGER, taken=set()):
        if manager.papers.agency_id == agency and manager.password_hash is None:
            return enrol_person(house, CONSOLE_OPERATOR, manager.papers.licence)
    raise CommandError("no manager of that agency is left to be enrolled: choose a new folder")


def _reviewer(house: House, _made: SignIns) -> SignIn:
    name = REVIEWER
    for number in range(2, 100):
        try:
            if _person(house, name).password_hash is None:
                break
            name = f"{REVIEWER}{number}"
        except PersonNotFoundError:
            _add_reviewer(house, name)
            break
    return enrol_member(house, CONSOLE_OPERATOR, name)


def _add_reviewer(house: House, name: str) -> None:
    resource = Resource(kind="person", id=str(uuid4()))
    with house.gate.transaction(CONSOLE_OPERATOR) as tx:
        permit = tx.decide(Ask(action=Action.MANAGE_PEOPLE, resource=resource))
        keep_member(
            tx.connection, Role.REVIEWER, name, _REVIEWER_NAME, _REVIEWER_EMAIL, tx.now, member=resource.id
        )
        record = house.records.of(tx.connection, resource.id)
        tx.record(Event.PERSON_RECORDED, Action.MANAGE_PEOPLE, resource, because=permit, record=record)


_PARTS: dict[str, Callable[[House, SignIns], SignIn]] = {
    "agent": _an_agent,
    "other_agent": _another_agent,
    "manager": _manager,
    "reviewer": _reviewer,
}


def _person(house: House, username: str) -> Person:
    with reading(house.engine) as connection:
        return person_by_username(connection, username)


def _mates(house: House, person: Person, taken: set[str]) -> list[Person]:
    """Return the agents of somebody's agency who may be enrolled, who has most to show first."""
    agency = person.papers.agency_id
    mates = [
        one
        for one in _fit(house, Role.AGENT, taken)
        if agency and one.papers.agency_id == agency and one.password_hash is None
    ]
    with reading(house.engine) as connection:
        newest = newest_published(connection)
        digest = newest.ref.digest if newest else ""
        return sorted(mates, key=lambda one: -rows_of_agent(connection, digest, one.papers.licence))


def _fit(house: House, role: Role, taken: set[str]) -> list[Person]:
    """Return who may open books today: papers in order, and consumers in the snapshot."""
    with reading(house.engine) as connection:
        newest = newest_published(connection)
        return [
            one
            for one in agents_of_role(connection, role)
            if one.username not in taken
            and one.papers.licence_status == one.papers.certification_status == _ACTIVE
            and one.papers.agreement_version == house.policy.numbers.agreement_version
            and newest is not None
            and rows_of_agent(connection, newest.ref.digest, one.papers.licence) > 0
        ]


def _read(path: Path) -> SignIns | None:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return {part: SignIn(**kept[part]) for part in _PARTS if part in kept}
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, AttributeError):
        raise CommandError(f"{path} is damaged: remove it, and others are enrolled") from None


def _keep(path: Path, made: SignIns) -> None:
    write_whole(path, json.dumps({part: asdict(sign_in) for part, sign_in in made.items()}, indent=2))
