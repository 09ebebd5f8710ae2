"""Searching Active Consumers: permitted, recorded with its subjects' root, counted, and no wider."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
import structlog
from httpx2 import Response
from sqlalchemy import update

from audit.entry import Entry, consumers_root
from audit.events import Event, Outcome
from policies.columns import Profile, columns_digest
from runtime.database import reading, writing
from snapshot.published import newest_published
from store.people import person_by_licence
from store.sessions import digest_of, end_session
from store.tables import people
from store.viewing import rows_shown
from tests.api.callers import Caller, Desk, a_desk, a_licence
from tests.api.fakes import FailingVault, GivenPolicies, SlowVault
from tests.api.listed import AGENT, PLANTED, listed, pseudonyms_of, some_extract
from tests.installation import Installation, an_installation, take_down
from tests.leaks import leaking_files
from vault.errors import Code, VaultUnavailableError

LAPSED = "0F85573"
ANOTHER_SEARCH = {"words": {"query": "clon"}, "county": {"county": "Yolo"}}
PROBLEM = "urn:sealedbook:problem:"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation whose snapshot holds many rows of one agent."""
    folder = tmp_path_factory.mktemp("consumers")
    with an_installation(folder) as installation:
        installation.take_roster()
        installation.publish(some_extract(folder / "extract.csv"))
        (folder / "extract.csv").unlink()
        yield installation


def search(caller: Caller, **body: Any) -> Response:
    """Search with a body."""
    return caller.post("/v1/consumers/search", body)


def found(caller: Caller, **body: Any) -> list[dict[str, Any]]:
    """Return the first page's rows of a search."""
    items: list[dict[str, Any]] = search(caller, **body).json()["items"]
    return items


def pages_of(caller: Caller, **body: Any) -> list[dict[str, Any]]:
    """Return all pages of a search."""
    pages = [search(caller, **body).json()]
    while pages[-1]["next"]:
        pages.append(search(caller, **body, cursor=pages[-1]["next"]).json())
    return pages


def added(desk: Desk, before: int) -> list[Entry]:
    """Return the entries since a size of the ledger."""
    return desk.entries()[before:]


def test_a_page_is_shown_after_it_was_recorded(desk: Desk) -> None:
    """Permit, `release.started` with the page's root and `release.ended` stand in the ledger."""
    caller, before = desk.with_session("0G58139"), len(desk.entries())

    answer = search(caller)

    page, rows = answer.json(), listed("0G58139")
    assert (200, "no-store") == (answer.status_code, answer.headers["cache-control"])
    assert (len(rows), len(rows), 0) == (page["total"], page["listed"], page["first"])
    assert (None, None, "2026-11-21T05:00:00.000000Z") == (page["next"], page["previous"], page["as_of"])
    permit, started, ended = added(desk, before)
    assert (Event.CONSUMERS_REQUESTED, Outcome.PERMIT, "0G58139") == (
        permit.event,
        permit.outcome,
        permit.agent,
    )
    assert (Event.RELEASE_STARTED, Event.RELEASE_ENDED) == (started.event, ended.event)
    assert before == started.because == ended.because
    assert ("complete", ((0, len(rows)),)) == (ended.state, ended.ranges)
    assert (permit.snapshot, permit.columns_digest) == (started.snapshot, started.columns_digest)


def test_a_page_holds_the_lists_columns_and_the_agents_rows(desk: Desk) -> None:
    """Items are the rows actively delegated, with exactly the columns of the profile `list`."""
    before = len(desk.entries())
    items = found(desk.with_session("0G58139"))

    names = desk.house.policy.catalogue.names(Profile.LIST)
    expected = [[row[name] or None for name in names] for row in listed("0G58139")]
    assert {names} == {tuple(item) for item in items}
    assert sorted(expected, key=str) == sorted((list(item.values()) for item in items), key=str)
    assert columns_digest(names, "list") == desk.entry(before + 1).columns_digest


def test_the_root_is_over_the_consumers_of_the_page_alone(desk: Desk) -> None:
    """Each page's root comes again from the salt and the pseudonyms of its rows' consumers."""
    before = len(desk.entries())
    pages = pages_of(desk.with_session(AGENT))

    roots = [entry for entry in added(desk, before) if entry.event is Event.RELEASE_STARTED]
    pseudonyms = pseudonyms_of(desk, AGENT)
    assert len(pages) == len(roots) > 2
    for page, entry in zip(pages, roots, strict=True):
        mine = {pseudonyms[(item["first_name"], item["last_name"])] for item in page["items"]}
        assert entry.consumers is not None
        assert (len(mine), 0) == (entry.consumers.count, entry.consumers.withheld)
        assert consumers_root(entry.salt, mine).hex() == entry.consumers.root
        assert len(mine) < len(pseudonyms)


def test_pages_part_the_list(desk: Desk) -> None:
    """Pages of fifty follow by cursor, hold each row once, and lead back."""
    caller, rows = desk.with_session(AGENT), listed(AGENT)

    pages = pages_of(caller, sort="case_number,-first_name")

    sizes = [len(page["items"]) for page in pages]
    assert [50] * (len(rows) // 50) + [len(rows) % 50] == sizes
    assert [0, 50, 100] == [page["first"] for page in pages]
    assert {len(rows)} == {page["total"] for page in pages}
    names = sorted((row["first_name"], row["last_name"]) for row in rows)
    items = [item for page in pages for item in page["items"]]
    assert names == sorted((item["first_name"], item["last_name"]) for item in items)
    back = search(caller, sort="case_number,-first_name", cursor=pages[2]["previous"]).json()
    assert pages[1]["items"] == back["items"]


@pytest.mark.parametrize(
    ("body", "column", "value"),
    [
        ({"kind": "Medi-Cal"}, "consumer_kind", "Medi-Cal"),
        ({"status": "inactive"}, "case_status", "inactive"),
        ({"county": "Riverside"}, "home_county", "Riverside"),
    ],
)
def test_filters_keep_what_fits(desk: Desk, body: dict[str, str], column: str, value: str) -> None:
    """A filter keeps the rows with that value; total follows, and the whole list's size stays."""
    page = search(desk.with_session("0G58139"), **body).json()

    expected = [row for row in listed("0G58139") if row[column] == value]
    assert (len(expected), len(listed("0G58139"))) == (page["total"], page["listed"])
    assert {value} >= {item[column] for item in page["items"]}
    assert value in page["facets"][next(iter(body))] or not expected


def test_words_are_found_and_an_order_is_kept(desk: Desk) -> None:
    """Words meet names without case and accents; `-` sorts downwards."""
    caller = desk.with_session(AGENT)

    assert [PLANTED] == [item["first_name"] for item in found(caller, query="wilhelmína PLANT")]
    numbers = [item["last_name"] for item in found(caller, query="clone", sort="-last_name")]
    assert 50 == len(numbers)
    assert sorted(numbers, reverse=True) == numbers
    nothing = search(caller, query="nobody at all").json()
    assert ([], 0, None) == (nothing["items"], nothing["total"], nothing["next"])


def test_an_empty_text_is_as_good_as_none(desk: Desk) -> None:
    """A form that sends every field empty finds the whole list."""
    empty = dict.fromkeys(("query", "kind", "status", "county", "sort", "cursor"), "")

    assert len(listed("0G58139")) == search(desk.with_session("0G58139"), **empty).json()["total"]


def test_somebody_without_consumers_gets_an_empty_page(desk: Desk) -> None:
    """An agent of whom the snapshot holds nobody sees an empty list, and that is recorded."""
    caller, before = desk.with_session(a_licence(desk)), len(desk.entries())

    answer = search(caller)

    page, started = answer.json(), desk.entry(before + 1)
    assert (200, [], 0, 0) == (answer.status_code, page["items"], page["total"], page["listed"])
    assert {"kind": [], "status": [], "county": []} == page["facets"]
    assert started.consumers is not None
    assert (0, None) == (started.consumers.count, started.ranges)


def test_another_agents_list_cant_be_named(desk: Desk) -> None:
    """A body has no field for an agent, and two agents' lists have no row in common."""
    caller = desk.with_session("0G58139")
    mine = found(caller)
    theirs = found(desk.with_session("0G96486"))

    assert 422 == search(caller, agent="0G96486").status_code
    assert [] == [item for item in mine if item in theirs]


@pytest.mark.parametrize("change", ["cut", "flip", "words", "county", "session", "person"])
def test_a_cursor_goes_with_its_own_search(desk: Desk, change: str) -> None:
    """A cursor that was changed, or comes with another search or session, is 422 and no entry."""
    caller = desk.with_session(AGENT)
    cursor: str = search(caller, query="clone").json()["next"]
    body = {"query": "clone", "cursor": cursor}
    if change == "cut":
        body["cursor"] = cursor[:-1]
    if change == "flip":
        body["cursor"] = ("B" if cursor[0] == "A" else "A") + cursor[1:8] + "__" + cursor[10:]
    body |= ANOTHER_SEARCH.get(change, {})
    if change == "session":
        caller = desk.with_session(AGENT)
    if change == "person":
        caller = desk.with_session("0G58139")
    before = len(desk.entries())

    answer = search(caller, **body)

    assert (422, PROBLEM + "cursor") == (answer.status_code, answer.json()["type"])
    assert [] == added(desk, before)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": PLANTED}, "body.kind"),
        ({"status": PLANTED}, "body.status"),
        ({"sort": PLANTED}, "body.sort"),
        ({"sort": "email"}, "body.sort"),
        ({"sort": "last_name;drop"}, "body.sort"),
        ({"query": PLANTED * 10}, "body.query"),
        ({"query": 7}, "body.query"),
        ({"cursor": "A" * 65}, "body.cursor"),
        ({PLANTED: "x"}, "body.(unknown)"),
    ],
)
def test_bad_input_is_named_and_not_repeated(desk: Desk, body: dict[str, Any], field: str) -> None:
    """A wrong field is 422 with its name and a code, and no value comes back."""
    answer = search(desk.with_session("0G58139"), **body)

    assert (422, [field]) == (answer.status_code, [one["field"] for one in answer.json()["fields"]])
    assert PLANTED not in answer.text


def test_half_a_letter_is_bad_input(desk: Desk) -> None:
    """A lone surrogate in a search is 422, no traceback."""
    caller = desk.with_session("0G58139")
    headers = {"X-CSRF-Token": caller.csrf, "Content-Type": "application/json"}

    answer = caller.client.post("/v1/consumers/search", content=b'{"query": "\\ud800"}', headers=headers)

    assert 422 == answer.status_code


@contextmanager
def a_day_of(desk: Desk, rows: int) -> Iterator[Desk]:
    """Put an application with another daily number of rows before the same installation."""
    with a_desk(desk.home) as made:
        numbers = replace(made.house.policy.numbers, list_rows_per_day=rows)
        policy = replace(made.house.policy, numbers=numbers, digest="0" * 64)
        made.house.__dict__["policies"] = GivenPolicies(made.house, policy)
        yield made


def test_the_days_rows_are_counted(desk: Desk) -> None:
    """R09 is 429 as soon as a page could go beyond the day's rows; rows shown count, not pages."""
    with a_day_of(desk, 75) as small:
        caller, rows = small.with_session("0E96936"), listed("0E96936")
        shown = [search(caller).json()["total"] for _ in range(2)]
        nothing = [search(caller, query="nobody at all").status_code for _ in range(9)]
        last = search(caller)
        over = search(caller)

    assert 10 == len(rows)
    assert ([10, 10], [200] * 9, 200) == (shown, nothing, last.status_code)
    assert (429, "R09") == (over.status_code, over.json()["rule"])
    assert (Event.CONSUMERS_REQUESTED, Outcome.REFUSE) == _outcome(desk, over)


def test_two_pages_at_once_dont_share_the_days_rest(desk: Desk) -> None:
    """A page whose rows another page used up since its permit is 409, and starts no release."""
    with reading(desk.house.engine) as connection:
        person = person_by_licence(connection, AGENT)
        shown = rows_shown(connection, person.id, desk.house.clock.now())
    with a_day_of(desk, shown + 60) as small:
        caller, vault = small.with_session(AGENT), small.house.vault
        others: list[int] = []

        def meanwhile() -> None:
            small.replace_vault(vault)
            others.append(search(caller).status_code)

        small.replace_vault(SlowVault(vault, meanwhile))
        answer = search(caller)

    assert ([200], 409, PROBLEM + "overtaken") == (others, answer.status_code, answer.json()["type"])
    assert [Event.RELEASE_STARTED, Event.RELEASE_ENDED] == [entry.event for entry in desk.entries()[-2:]]


def test_a_lapsed_licence_sees_no_list(desk: Desk) -> None:
    """R01 refuses, it is recorded, and nothing is released."""
    caller, before = desk.with_session(LAPSED), len(desk.entries())

    answer = search(caller)

    assert (403, "R01") == (answer.status_code, answer.json()["rule"])
    assert [(Event.CONSUMERS_REQUESTED, Outcome.REFUSE)] == [
        (entry.event, entry.outcome) for entry in added(desk, before)
    ]


@pytest.mark.parametrize(("role", "rule"), [("reviewer", "P00"), ("operator", "F01")])
def test_who_has_no_list_is_refused_and_recorded(desk: Desk, role: str, rule: str) -> None:
    """A reviewer is permitted by nothing, an operator forbidden for good."""
    licence = a_licence(desk)
    with writing(desk.house.engine) as connection:
        connection.execute(update(people).where(people.c.licence == licence).values(role=role))
        person = person_by_licence(connection, licence).id
    take_down(desk.house, person)

    answer = search(desk.with_session(licence))

    assert (403, rule) == (answer.status_code, answer.json()["rule"])
    assert (Event.CONSUMERS_REQUESTED, Outcome.REFUSE) == _outcome(desk, answer)


def test_a_manager_sees_the_own_list(desk: Desk) -> None:
    """A manager is an agent too."""
    assert len(listed("0C86404")) == search(desk.with_session("0C86404")).json()["total"]


def test_only_the_session_itself_searches(desk: Desk) -> None:
    """Without a session it is 401, without the token 403, with an ended session 401; never by GET."""
    caller = desk.with_session("0G58139")
    before = len(desk.entries())

    assert 401 == search(desk.caller()).status_code
    assert 405 == caller.get("/v1/consumers/search").status_code
    assert 403 == search(Caller(caller.client)).status_code
    with writing(desk.house.engine) as connection:
        person = person_by_licence(connection, "0G58139")
        session = caller.client.cookies["session"]
        end_session(connection, digest_of(session), desk.house.clock.now())
    assert (401, person.id) == (search(caller).status_code, caller.person)
    assert [] == added(desk, before)


def test_without_the_vault_nothing_is_shown(desk: Desk) -> None:
    """A vault that doesn't answer is 503; the permit stands and no release was started."""
    caller, before = desk.with_session("0G58139"), len(desk.entries())
    desk.replace_vault(FailingVault(VaultUnavailableError(Code.UNAVAILABLE)))

    answer = search(caller)

    assert (503, PROBLEM + "unprovable") == (answer.status_code, answer.json()["type"])
    assert [Event.CONSUMERS_REQUESTED] == [entry.event for entry in added(desk, before)]


@pytest.mark.parametrize("part", ["index", "pages", "lists"])
def test_data_that_fail_their_check_are_not_shown(desk: Desk, part: str) -> None:
    """A stored object that was altered is 503 and says so; no release was started."""
    house = desk.home.operator
    with reading(house.engine) as connection:
        newest = newest_published(connection)
    assert newest is not None
    path = desk.home.settings.objects_root / f"snapshots/{newest.attempt}/{part}"
    whole = path.read_bytes()
    caller, before = desk.with_session("0G58139"), len(desk.entries())
    path.write_bytes(bytes(byte ^ 1 for byte in whole))
    try:
        answer = search(caller)
    finally:
        path.write_bytes(whole)

    assert (503, PROBLEM + "snapshot-broken") == (answer.status_code, answer.json()["type"])
    permit, broken = added(desk, before)
    assert (Event.CONSUMERS_REQUESTED, before) == (permit.event, broken.because)
    assert (Event.SNAPSHOT_BROKEN, Outcome.ERROR, "snapshot-broken", newest.ref) == (
        broken.event,
        broken.outcome,
        broken.reason,
        broken.snapshot,
    )


def test_what_cant_be_recorded_isnt_shown(desk: Desk) -> None:
    """With a ledger that takes no entry a search is 503 and shows nothing."""
    caller = desk.with_session("0G58139")
    with desk.with_full_disk():
        answer = search(caller)

    assert (503, PROBLEM + "unrecordable") == (answer.status_code, answer.json()["type"])
    assert "items" not in answer.json()


def test_before_the_first_snapshot_a_search_says_so(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Without a published snapshot it is 409 with the reason, and no entry."""
    with an_installation(tmp_path_factory.mktemp("bare")) as bare, a_desk(bare) as desk:
        bare.take_roster()
        caller, before = desk.with_session(AGENT), len(desk.entries())

        answer = search(caller)

        assert (409, PROBLEM + "no-snapshot") == (answer.status_code, answer.json()["type"])
        assert [] == added(desk, before)


def test_what_is_searched_and_found_stays_in_the_answer(desk: Desk) -> None:
    """Names that were typed and shown stand in no entry, no line of the log and no file."""
    caller = desk.with_session(AGENT)
    with structlog.testing.capture_logs() as logged:
        answer = search(caller, query=PLANTED, sort="first_name")
        search(caller, query=PLANTED, cursor="x")
        search(caller, query=PLANTED, county=PLANTED)

    assert PLANTED in answer.text
    assert PLANTED.casefold() not in repr(logged).casefold()
    needles = {form.encode() for form in (PLANTED, PLANTED.casefold())}
    assert [] == leaking_files([desk.home.data], needles)


def _outcome(desk: Desk, answer: Response) -> tuple[Event, Outcome]:
    entry = desk.entry(answer.json()["decision"])
    return entry.event, entry.outcome
