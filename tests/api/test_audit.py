"""The ledger at the door: search, entries with proofs, checkpoints, and each look recorded."""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from uuid import uuid4

import pytest
import rfc8785
from httpx2 import Response

from audit.checkpoint import VerifierKey, read_checkpoint
from audit.events import Event, Outcome
from audit.proofs import verify_inclusion
from identity.people import Role
from runtime.clock import parse_rfc3339
from tests.api.callers import ASKED, Caller, Desk, a_licence
from tests.api.reviewers import NAME, a_member

PROBLEM = "urn:sealedbook:problem:"
SEARCH = "/v1/audit/search"


def looks(caller: Caller) -> dict[str, Response]:
    """Take every look that there is, once each."""
    return {
        "search": caller.post(SEARCH, {}),
        "entry": caller.get("/v1/audit/entries/0"),
        "proof": caller.get("/v1/audit/proof/0"),
        "checkpoint": caller.get("/v1/audit/checkpoint"),
        "story": caller.get(f"/v1/audit/exports/{uuid4()}"),
        "verify": caller.post("/v1/audit/verify", {}),
        "bundle": caller.post("/v1/audit/bundle"),
    }


def search(caller: Caller, **asked: Any) -> dict[str, Any]:
    """Search and return the page."""
    answer = caller.post(SEARCH, asked)
    assert 200 == answer.status_code, answer.text
    page: dict[str, Any] = answer.json()
    return page


def an_export(desk: Desk, licence: str) -> tuple[Caller, str]:
    """Let an agent ask for an export; return them and the export's id."""
    agent = desk.with_session(licence)
    answer = agent.post("/v1/exports", ASKED)
    assert 202 == answer.status_code
    return agent, answer.json()["id"]


def check_proof(desk: Desk, proof: dict[str, Any], encoded: bytes) -> None:
    """Check a proof as an outsider does who knows the key."""
    vkey = (desk.house.settings.data / "vkey").read_text().strip()
    assert vkey == proof["vkey"]
    _origin, head = read_checkpoint(proof["checkpoint"], VerifierKey.parse(vkey))
    assert (head.size, base64.b64encode(head.root).decode()) == (proof["size"], proof["root"])
    leaf = hashlib.sha256(b"\0" + encoded).digest()
    assert base64.b64encode(leaf).decode() == proof["leaf"]
    path = [base64.b64decode(step) for step in proof["inclusion"]]
    verify_inclusion(leaf, proof["index"], head.size, path, head.root)


def test_a_search_shows_the_newest_entries_and_itself(desk: Desk) -> None:
    """The first page begins with the look that it is; all of the ledger is indexed."""
    reviewer = a_member(desk)

    page = search(reviewer)

    newest, size = page["items"][0], len(desk.entries())
    assert (size, size, size - 1) == (page["size"], page["indexed_to"], newest["index"])
    assert ("ledger.requested", "permit", "audit", reviewer.person) == (
        newest["entry"]["event"],
        newest["entry"]["outcome"],
        newest["entry"]["purpose"],
        newest["entry"]["actor"]["id"],
    )
    assert {"name": NAME, "role": "reviewer", "licence": None} == page["people"][reviewer.person]
    assert [item["index"] for item in page["items"]] == list(range(size - 1, max(-1, size - 51), -1))


def test_filters_find_what_they_name(desk: Desk) -> None:
    """Person (by id, user name or licence), action, outcome, rule, export and time narrow a search."""
    lapsed = a_licence(desk, licence_status="lapsed")
    agent, reviewer = desk.with_session(lapsed), a_member(desk)
    refused = agent.post("/v1/exports", ASKED).json()["decision"]
    entry = desk.entry(refused)
    person = {"person": agent.person}

    for asked in (
        person,
        {"person": lapsed},
        person | {"action": "RequestExport", "outcome": "refuse", "rule": "R01"},
        person | {"export": entry.export},
        person | {"from": entry.at},
    ):
        found = search(reviewer, **asked)
        assert [refused] == [item["index"] for item in found["items"]], asked
        assert lapsed == found["people"][agent.person]["licence"]
    for asked in ({"rule": "R99"}, {"outcome": "permit"}, {"action": "BuildBook"}, {"to": entry.at}):
        assert [] == search(reviewer, **(person | asked))["items"]
    assert parse_rfc3339(entry.at) <= desk.house.clock.now()


def test_a_look_names_whom_it_was_at_only_when_known(desk: Desk) -> None:
    """A known person or export stands in the look's entry; what was merely typed does not."""
    agent, export = an_export(desk, a_licence(desk))
    reviewer, before = a_member(desk), len(desk.entries())

    search(reviewer, person=agent.person)
    search(reviewer, export=export)
    search(reviewer, person="Wilhelmina Planted", export=str(uuid4()))

    ledger = desk.house.settings.origin.rpartition("/")[2]
    assert [("person", agent.person), ("export", export), ("ledger", ledger)] == [
        (entry.resource.kind, entry.resource.id) for entry in desk.entries()[before:]
    ]


def test_pages_follow_by_cursor(desk: Desk) -> None:
    """Cursors lead through all entries once, though looks are added meanwhile."""
    reviewer = a_member(desk)
    for _ in range(60):
        search(reviewer, person=reviewer.person, outcome="refuse")
    pages = [search(reviewer, person=reviewer.person)]
    while pages[-1]["next"]:
        pages.append(search(reviewer, person=reviewer.person, cursor=pages[-1]["next"]))

    assert [50, 11] == [len(page["items"]) for page in pages]
    places = [item["index"] for page in pages for item in page["items"]]
    assert sorted(places, reverse=True) == places
    assert 61 == len(set(places))


def test_a_cursor_belongs_to_its_search(desk: Desk) -> None:
    """Another search's cursor, another session's, or a changed one is 422 and no look."""
    reviewer = a_member(desk)
    for _ in range(51):
        search(reviewer, rule="R99")
    cursor = search(reviewer, action="ReadLedger")["next"]
    other = a_member(desk)
    before = len(desk.entries())

    for caller, asked in (
        (reviewer, {"cursor": cursor}),
        (reviewer, {"action": "ReadLedger", "outcome": "permit", "cursor": cursor}),
        (reviewer, {"action": "ReadLedger", "cursor": cursor[::-1]}),
        (reviewer, {"action": "ReadLedger", "cursor": "x"}),
        (other, {"action": "ReadLedger", "cursor": cursor}),
    ):
        answer = caller.post(SEARCH, asked)
        assert (422, PROBLEM + "cursor") == (answer.status_code, answer.json()["type"])
    assert before == len(desk.entries())


@pytest.mark.parametrize(
    "asked",
    [
        {"outcome": "maybe"},
        {"from": "yesterday"},
        {"from": "2026-11-20T21:00:00"},
        {"rule": "R" * 41},
        {"x": 1},
    ],
)
def test_what_cant_be_read_is_422(desk: Desk, asked: dict[str, Any]) -> None:
    """A search that can't be read is turned away, without repeating what was sent."""
    answer = a_member(desk).post(SEARCH, asked)

    assert (422, PROBLEM + "bad-input") == (answer.status_code, answer.json()["type"])
    assert "yesterday" not in answer.text


def test_an_entry_comes_with_a_proof_that_holds(desk: Desk) -> None:
    """Bytes, entry and proof belong together, under a checkpoint that the vault signed."""
    reviewer = a_member(desk)
    for number in (0, 1, len(desk.entries()) - 1):
        shown = reviewer.get(f"/v1/audit/entries/{number}").json()
        assert rfc8785.dumps(shown["entry"]) == shown["encoded"].encode()
        assert desk.entry(number).encode() == shown["encoded"].encode()
        check_proof(desk, shown["proof"], shown["encoded"].encode())
        assert number == shown["proof"]["index"]


def test_a_proof_of_the_newest_entry_is_signed_for(desk: Desk) -> None:
    """An entry that no checkpoint covers yet gets one."""
    reviewer = a_member(desk)
    search(reviewer)
    newest = len(desk.entries()) - 1

    check_proof(desk, reviewer.get(f"/v1/audit/proof/{newest}").json(), desk.entry(newest).encode())


def test_a_checkpoint_covers_the_look_at_it(desk: Desk) -> None:
    """The head that is signed holds the entry of this very look."""
    told = a_member(desk).get("/v1/audit/checkpoint").json()

    _origin, head = read_checkpoint(told["checkpoint"], VerifierKey.parse(told["vkey"]))
    assert (len(desk.entries()), head.size) == (head.size, told["size"])


@pytest.mark.parametrize("number", ["-1", "x", str(2**53)])
def test_a_number_thats_none_is_422(desk: Desk, number: str) -> None:
    """An index is a whole number from nought on."""
    assert 422 == a_member(desk).get(f"/v1/audit/entries/{number}").status_code


def test_an_entry_that_isnt_there_is_404(desk: Desk) -> None:
    """Beyond the ledger there is nothing, and the look stands."""
    reviewer, before = a_member(desk), len(desk.entries())

    for path in ("entries", "proof"):
        assert 404 == reviewer.get(f"/v1/audit/{path}/{2**40}").status_code
    assert [("entry", str(2**40))] * 2 == [
        (entry.resource.kind, entry.resource.id) for entry in desk.entries()[before:]
    ]


def test_every_look_is_an_entry(desk: Desk) -> None:
    """Whatever a reviewer opens, one permit with the purpose `audit` is recorded for it."""
    reviewer, before = a_member(desk), len(desk.entries())

    answers = looks(reviewer)

    assert {"story": 404} == {
        name: each.status_code for name, each in answers.items() if each.status_code != 200
    }
    mine = [entry for entry in desk.entries()[before:] if entry.actor.id == reviewer.person]
    events = [entry.event for entry in mine]
    assert [Event.LEDGER_REQUESTED] * len(answers) + [Event.LEDGER_EXPORTED] == events
    assert {("audit", Outcome.PERMIT)} == {(entry.purpose, entry.outcome) for entry in mine[:-1]}


def test_agents_and_managers_look_at_nothing(desk: Desk) -> None:
    """To whoever isn't a reviewer nothing is permitted: 403 with P00, each try an entry."""
    for role in (Role.AGENT, Role.MANAGER):
        agent = desk.with_session(a_licence(desk, role=role))
        before = len(desk.entries())

        answers = looks(agent)

        assert {(403, "P00")} == {(each.status_code, each.json()["rule"]) for each in answers.values()}
        tries = desk.entries()[before:]
        assert len(answers) == len(tries)
        assert {(Event.LEDGER_REQUESTED, Outcome.REFUSE, ("P00",))} == {
            (entry.event, entry.outcome, entry.rules) for entry in tries
        }
        assert [before + n for n in range(len(tries))] == [
            each.json()["decision"] for each in answers.values()
        ]


def test_only_the_session_itself_looks(desk: Desk) -> None:
    """Without a session it is 401; what is posted needs the token; nothing of it is recorded."""
    reviewer, before = a_member(desk), len(desk.entries())

    assert {401} == {each.status_code for each in looks(desk.caller()).values()}
    for path in (SEARCH, "/v1/audit/verify", "/v1/audit/bundle"):
        assert 405 == reviewer.get(path).status_code
        forged = Caller(reviewer.client).post(path, {})
        assert (403, PROBLEM + "csrf") == (forged.status_code, forged.json()["type"])
    assert before == len(desk.entries())


def test_what_cant_be_recorded_isnt_shown(desk: Desk) -> None:
    """With a ledger that takes no entry every look is 503."""
    reviewer = a_member(desk)
    with desk.with_full_disk():
        answers = looks(reviewer)

    assert {(503, PROBLEM + "unrecordable")} == {
        (each.status_code, each.json()["type"]) for each in answers.values()
    }
