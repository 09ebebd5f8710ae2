"""Every route is tried without a session, without CSRF token, and with another agent's ids.

Law: the routes are found, not listed, so that a new one can't be forgotten. Listed are the few
that need no session, each with its reason; a new one that belongs there has to be added by hand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

import pytest
from fastapi.routing import APIRoute
from httpx2 import Response

from api.app import make_app
from api.signed_in import COOKIE
from audit.events import Outcome
from house.wiring import WorkerHouse
from tests.api.callers import Caller, Desk, a_desk
from tests.api.linked import Linked, a_link
from tests.api.routes import READING, KnownRoute, every_route, routers
from tests.installation import Installation

AGENT, OTHER = "0B65625", "0I87223"

OPEN: Mapping[str, str] = MappingProxyType(
    {
        "GET /healthz": "a monitor asks whether the process answers",
        "GET /readyz": "a monitor asks whether the house can work; codes and numbers only",
        "GET /metrics": "a monitor asks for numbers; nobody is in them",
        "GET /v1/heads/newest": "a witness asks for the signed head and a proof; nobody is in them",
        "POST /v1/heads/cosigned": "a witness's signature proves who it is; nothing else is taken",
        "GET /help": "says how to open a book, to anybody",
        "GET /static/{name}": "style, script and sign of the pages",
        "GET /sign-in": "the way in",
        "POST /sign-in": "the way in: name, password and code",
        "POST /v1/sessions": "the way in: name, password and code",
        "GET /sign-out": "an address alone changes nothing: leads to the first page",
        "GET /books/{export}/{button}": "an address alone changes nothing: leads to the book",
        "GET /account/{button}": "an address alone changes nothing: leads to the account",
        "GET /people/{invitation}/approve": "an address alone changes nothing: leads to the people",
        "GET /desk/bundle": "an address alone takes nothing: leads to the page with the button",
        "GET /invitation": "asks for an invitation's code",
        "POST /invitation": "an invitation's code proves who it is",
        "GET /invitation/confirm": "an address alone changes nothing: leads to the code's page",
        "POST /invitation/confirm": "an invitation's code proves who it is",
        "POST /v1/invitations/accept": "an invitation's code proves who it is",
        "POST /v1/invitations/confirm": "an invitation's code proves who it is",
    }
)
"""The routes without a session, and why; whatever stands here shows nothing of anybody."""

PAGE = MappingProxyType({"Accept": "text/html"})
GUARDED = [route for route in every_route() if str(route) not in OPEN]
CHANGING = [route for route in GUARDED if not route.is_reading]
OF_A_BOOK = [route for route in GUARDED if "export" in route.parameters]


@pytest.fixture(scope="module")
def book(published: Installation, worker: WorkerHouse) -> Iterator[Linked]:
    """An agent's book by link that is ready, and that nobody touches."""
    with a_desk(published) as desk:
        yield a_link(desk, worker, AGENT)


def call(caller: Caller, route: KnownRoute, *, csrf: str = "", **values: str) -> Response:
    """Call a route as a page's form or as a program, with a good body and perhaps a token."""
    path = route.at(**values)
    if route.is_page:
        body = {"csrf": csrf} if csrf else {}
        data = None if route.is_reading else body
        return caller.client.request(route.method, path, data=data, headers=PAGE, follow_redirects=False)
    headers = {"X-CSRF-Token": csrf} if csrf else {}
    return caller.client.request(route.method, path, json=None if route.is_reading else {}, headers=headers)


def leads_to_sign_in(answer: Response) -> bool:
    """Tell whether an answer only asks to sign in."""
    is_led = answer.status_code == 303 and answer.headers["location"].startswith("/sign-in")
    return is_led or (answer.status_code == 401 and 'action="/sign-in"' in answer.text)


def test_every_route_is_found(desk: Desk) -> None:
    """What was found is what the application serves, and each open route still exists."""
    app = make_app(desk.house)
    included = [one for one in app.routes if not hasattr(one, "path")]
    described = {
        f"{method.upper()} {path}" for path, known in app.openapi()["paths"].items() for method in known
    }

    assert len(routers()) == len(included)
    assert set() == described - {str(route) for route in every_route()}
    assert set() == OPEN.keys() - {str(route) for route in every_route()}
    assert all(isinstance(one, APIRoute) for router in routers() for one in router.routes)


@pytest.mark.parametrize("route", GUARDED, ids=str)
def test_every_route_asks_who_it_is(route: KnownRoute) -> None:
    """A route that isn't open finds out whose session it is; one that changes asks for proof too."""
    assert route.asks_who
    assert route.is_reading or route.asks_proof


@pytest.mark.parametrize("route", GUARDED, ids=str)
def test_without_session_there_is_only_the_way_in(desk: Desk, book: Linked, route: KnownRoute) -> None:
    """Pages lead to the sign-in, calls are 401, and nothing is recorded but refusals."""
    before = desk.house.reader.head().size

    for cookie in ("", "x" * 43):
        caller = desk.caller()
        if cookie:
            caller.client.cookies.set(COOKIE, cookie)
        answer = call(caller, route, csrf=book.caller.csrf, export=book.export)

        if route.is_page:
            assert leads_to_sign_in(answer), answer.status_code
        else:
            assert 401 == answer.status_code
    assert {Outcome.REFUSE} >= {one.outcome for one in desk.entries()[before:]}


@pytest.mark.parametrize("route", CHANGING, ids=str)
@pytest.mark.parametrize("csrf", ["", "forged"])
def test_without_its_token_nothing_is_changed(desk: Desk, book: Linked, route: KnownRoute, csrf: str) -> None:
    """A session alone changes nothing: without the token, or with another, it is 403."""
    before = desk.house.reader.head().size

    answer = call(book.caller, route, csrf=csrf, export=book.export)

    assert 403 == answer.status_code
    assert before == desk.house.reader.head().size
    assert book.caller.get("/v1/me").status_code == 200


@pytest.mark.parametrize("route", OF_A_BOOK, ids=str)
def test_anothers_book_is_not_there(desk: Desk, book: Linked, route: KnownRoute) -> None:
    """With another agent's ids every route of a book is 404 (or for reviewers alone), and nothing happens."""
    before = book.shown()
    other = desk.with_session(OTHER)

    answer = call(other, route, csrf=other.csrf, export=book.export)

    assert answer.status_code == (403 if "/audit/" in route.path else 404)
    assert book.export not in answer.text
    assert before == book.shown()


@pytest.mark.parametrize("route", every_route(), ids=str)
def test_other_methods_are_405(desk: Desk, route: KnownRoute) -> None:
    """A method that no route of an address has is 405, or 404 where there is nothing."""
    served = {one.method for one in every_route() if one.path == route.path} | READING
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} - served:
        answer = desk.caller().client.request(method, route.at(), follow_redirects=False)
        assert answer.status_code in {401, 404, 405}, method
