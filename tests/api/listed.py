"""A list to search: the test extract with many more rows of one agent, and whose rows are whose."""

from __future__ import annotations

from pathlib import Path

from api.signed_in import PROOFS
from audit.entry import Actor, Resource
from policies.actions import Action
from policies.arrow_types import CONSUMER_PSEUDONYM
from policies.gate import Ask, Who
from runtime.database import reading, writing
from snapshot.published import newest_published
from snapshot.shards import open_list
from store.people import person_by_licence
from store.sessions import new_token, start_session
from tests.api.callers import Desk
from tests.snapshot.extracts import Row, data_rows, row_of_kind, write_rows

AGENT = "0B65625"
PLANTED = "Wilhelmina-Planted"
"""A first name that stands in no entry and no line of the log."""

CLONES = 110


def some_rows() -> list[Row]:
    """Return the test extract's rows, and a hundred and more of one agent; some consumers have two."""
    rows = data_rows()
    base = rows[row_of_kind(rows, "Covered California")]
    own = next(row for row in rows if row["agent_license_number"] == AGENT)
    for name in ("agent_name", "agent_license_number", "agent_npn", "agency_name"):
        base = base | {name: own[name]}
    for number in range(CLONES):
        person = number // 2
        rows.append(
            base
            | {
                "delegation_status": "active",
                "delegation_end_date": "",
                "consumer_id": f"{9_000_000_000 + person}",
                "exchange_policy_id": f"P9{number:08d}",
                "coverage_type": ("Health", "Dental")[number % 2],
                "metal_tier": ("Silver", "")[number % 2],
                "first_name": PLANTED if number == CLONES - 1 else "Clone",
                "last_name": f"Row {person:03d}" if number < CLONES - 2 else f"Row {number}",
            }
        )
    rows[-1]["consumer_id"] = "9999999999"
    return rows


def some_extract(path: Path) -> Path:
    """Write those rows as an extract."""
    return write_rows(path, some_rows())


def listed(agent: str) -> list[Row]:
    """Return an agent's active rows."""
    active = [row for row in some_rows() if row["delegation_status"] == "active"]
    return [row for row in active if row["agent_license_number"] == agent]


def pseudonyms_of(desk: Desk, agent: str) -> dict[tuple[str, str], str]:
    """Return an agent's consumers' pseudonyms by first and last name, under a permit of their own."""
    house, token = desk.house, new_token()
    with writing(house.engine) as connection:
        person = person_by_licence(connection, agent)
        session, _ended = start_session(connection, person.id, token, house.clock.now())
    actor = Actor(kind="person", id=person.id, role="agent", session=session.digest, amr=PROOFS)
    ask = Ask(action=Action.VIEW_CONSUMERS, resource=Resource(kind="agent", id=agent), claims={"rows": 50})
    with house.gate.transaction(Who(actor=actor, client="local:test")) as tx:
        permit = tx.decide(ask)
    with reading(house.engine) as connection:
        snapshot = newest_published(connection)
    assert snapshot is not None
    grant = permit.grant()
    keys = house.vault.view_consumers(grant.index, published=snapshot.published_entry)
    rows = open_list(grant, keys, house.objects, snapshot)
    return {(row["first_name"], row["last_name"]): row[CONSUMER_PSEUDONYM] for row in rows.to_pylist()}
