"""Active Consumers as a page: search, filters, order and pages by forms alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.api.callers import Desk, a_desk, a_licence
from tests.api.listed import AGENT, CLONES, PLANTED, listed, some_extract
from tests.api.surfing import PageRead, signed_in_surfer
from tests.installation import Installation, an_installation


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation whose snapshot has several pages of one agent's rows."""
    folder = tmp_path_factory.mktemp("list")
    with an_installation(folder) as installation:
        installation.take_roster()
        installation.publish(some_extract(folder / "extract.csv"))
        yield installation


@pytest.fixture
def many(house: Installation) -> Iterator[Desk]:
    """The application over it."""
    with a_desk(house) as desk:
        yield desk


def names(page: PageRead) -> list[str]:
    """Return the names that a page's rows begin with."""
    return page.row_names


def test_pages_follow_each_other_and_lead_back(many: Desk) -> None:
    """Fifty rows a page; all pages together are all rows, and the way back is the same page."""
    surfer = signed_in_surfer(many, AGENT)
    first = names(surfer.open("/consumers"))
    seen = [first]
    while "Next page" in surfer.page.buttons:
        seen.append(names(surfer.send("/consumers", having="Next page")))
        assert "/consumers" == surfer.path

    assert [50] * (len(seen) - 1) == [len(page) for page in seen[:-1]]
    assert len(listed(AGENT)) == sum(map(len, seen)) >= CLONES
    surfer.send("/consumers", having="Previous page")
    assert seen[-2] == names(surfer.page)


def test_a_search_stays_in_the_form_and_out_of_the_address(many: Desk) -> None:
    """What was typed stands in the field again; the address and the ledger don't have it."""
    surfer = signed_in_surfer(many, AGENT)
    surfer.open("/consumers")

    page = surfer.send("/consumers", having="query", query=PLANTED.lower())

    assert [PLANTED] == [name.partition(", ")[2] for name in names(page)]
    assert PLANTED.lower() == page.form("/consumers", "query").fields["query"]
    assert PLANTED.encode() not in b"".join(entry.encode() for entry in many.entries())


def test_a_heading_sorts_and_sorts_back(many: Desk) -> None:
    """The heading's button sorts by its column; pressed again it turns the order."""
    surfer = signed_in_surfer(many, AGENT)
    surfer.open("/consumers")

    down = names(surfer.send("/consumers", having="query", sort="-last_name,-first_name"))

    assert max(down, key=str.casefold) == down[0]
    up = names(surfer.send("/consumers", having="query", sort="last_name,first_name"))
    assert up[0] != down[0]


@pytest.mark.parametrize("typed", [{"query": "x" * 101}, {"kind": "nothing"}, {"cursor": "forged"}])
def test_what_there_isnt_is_told_at_its_field(many: Desk, typed: dict[str, str]) -> None:
    """A text too long and a filter that doesn't exist are errors; a foreign cursor starts anew."""
    surfer = signed_in_surfer(many, AGENT)
    surfer.open("/consumers")

    surfer.send("/consumers", having="query", **typed)

    assert (200 if "cursor" in typed else 422) == surfer.status


def test_nobody_found_says_what_to_do(many: Desk) -> None:
    """An empty result leads back to the whole list."""
    surfer = signed_in_surfer(many, AGENT)
    surfer.open("/consumers")

    page = surfer.send("/consumers", having="query", query="zzzzqqqq")

    assert "Nobody fits that search." in page.text
    assert "/consumers" == page.links["Show all active consumers"]


def test_nobody_delegated_says_so(many: Desk) -> None:
    """An agent without consumers reads a page that says so, or the rule that says so."""
    surfer = signed_in_surfer(many, a_licence(many))

    page = surfer.open("/consumers")

    assert "You have no active consumers in these data." in page.text


def test_a_search_outlives_the_session_in_the_page_only(many: Desk) -> None:
    """After a time-out the search is there again, and never stood in an address."""
    enrolled = many.home.enrol(AGENT)
    surfer = signed_in_surfer(many, AGENT)
    surfer.open("/consumers")
    many.house.clock.advance(minutes=16)

    surfer.send("/consumers", having="query", query=PLANTED)
    many.house.clock.advance(minutes=-16)
    surfer.sign_in(enrolled)
    surfer.send("/consumers")

    assert [PLANTED] == [name.partition(", ")[2] for name in names(surfer.page)]
