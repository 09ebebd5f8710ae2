"""A problem's face: a page for people, `application/problem+json` for programs.

Laws
1. One table decides what went wrong (`api/handlers.py`); here it is only put on paper.
2. A page is shown to who accepts `text/html`, outside `/v1`. Everybody else gets the problem.
3. A page about a failure asks of the house only what may be broken too: if the frame can't be
   drawn whole, it is drawn bare.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import structlog
from fastapi import Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from api.errors import SignedOutError
from api.handlers import Handler
from api.pages.frame import page
from api.pages.sign_in_page import PATH, kept_page, sign_in_page, way_in
from api.problems import MEDIA_TYPE
from api.signed_in import SignedIn, watching
from house.wiring import House

_JSON_ONLY = ("/v1/", "/healthz", "/readyz", "/metrics", "/openapi.json")
_KIND = "urn:sealedbook:problem:"

TITLES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "refused": ("We can’t do that", ""),
        "quota": ("That’s as often as it may be", ""),
        "csrf": (
            "This form is out of date",
            (
                "It was opened before you last signed in, or it came from somewhere else. Nothing was "
                "changed. Go back to the page, load it again, and try once more."
            ),
        ),
        "not-found": (
            "Page not found",
            (
                "There is nothing at this address that you can open. Check the address, or start from "
                "your first page."
            ),
        ),
        "method": ("Page not found", "This address only answers to a button on one of our pages."),
        "wrong-state": (
            "That isn’t possible any more",
            "The book’s state doesn’t allow it. Open the book again to see how it stands.",
        ),
        "overtaken": (
            "Something else came first",
            "The book changed in the meantime and nothing was shown. Open it again.",
        ),
        "destroyed": ("This book is destroyed", "It can’t be opened again. Ask for a new export."),
        "invitation-used": (
            "This invitation was used",
            (
                "It was accepted already with another password, or somebody was faster. If that wasn’t you, "
                "tell whoever invited you right away."
            ),
        ),
        "busy": (
            "A verification is running",
            (
                "Somebody else is verifying the ledger at this moment. It reads every entry, so one runs "
                "at a time. Try again in a minute."
            ),
        ),
        "wrong-code": ("That code isn’t right", "Wait for your authenticator’s next code, then enter that."),
        "too-large": ("That was too much", "The form was larger than any form of ours. Nothing was changed."),
        "bad-input": ("We couldn’t read that", "The form was damaged on its way. Nothing was changed."),
        "broken": (
            "Something broke on our side",
            (
                "It isn’t your fault. Try again in a minute. If it stays, tell your exchange contact "
                "the number below."
            ),
        ),
        "unrecordable": (
            "Not available just now",
            (
                "We show nothing that can’t be recorded, and recording doesn’t work at the moment. "
                "Nothing was changed. Try again in a minute."
            ),
        ),
        "halted": (
            "Not available just now",
            (
                "We show nothing while we can’t vouch for our evidence. Nothing was changed. It goes on "
                "by itself once that is mended."
            ),
        ),
        "no-policy": (
            "Not available yet",
            "Nothing is shown before two people approved the rules, under Policies. Nothing was changed.",
        ),
        "snapshot-broken": (
            "Not available just now",
            (
                "This week’s data failed a check, so nothing was shown. Tell your exchange contact the "
                "number below."
            ),
        ),
        "unprovable": (
            "Not available just now",
            (
                "The key vault didn’t open, so nothing was shown. Try again in a minute, or tell your "
                "exchange contact the number below."
            ),
        ),
        "undecided": (
            "Not available just now",
            "The rules couldn’t be worked out, so the answer is no. Tell your exchange contact.",
        ),
    }
)
"""Heading and words for a person, by the problem's code; empty words where the rule speaks."""


def faced(handlers: Mapping[Any, Handler]) -> dict[Any, Handler]:
    """Return the same handlers with a page's face where a person looks."""
    return {kind: _faced(handler) for kind, handler in handlers.items()}


def _faced(handler: Handler) -> Handler:
    async def answer(request: Request, error: Any) -> Response:
        return await face(request, await handler(request, error))

    return answer


async def face(request: Request, answer: Response) -> Response:
    """Return a problem as its caller wants to see it."""
    if answer.media_type != MEDIA_TYPE or not wants_page(request):
        return answer
    problem = json.loads(bytes(answer.body))
    try:
        shown = await run_in_threadpool(_show, request, problem)
    except Exception as error:  # noqa: BLE001 - a failure's page must not hide the failure
        structlog.get_logger().error("page.broke", exc_info=error)
        return answer
    if "allow" in answer.headers:
        shown.headers["Allow"] = answer.headers["allow"]
    return shown


def wants_page(request: Request) -> bool:
    """Tell whether a person looks at the answer."""
    path = request.url.path
    return "text/html" in request.headers.get("accept", "") and not path.startswith(_JSON_ONLY)


def _show(request: Request, problem: dict[str, Any]) -> Response:
    code = str(problem["type"]).removeprefix(_KIND)
    fields: Mapping[str, str] = getattr(request.state, "fields", {})
    if code == "signed-out":
        return _ask_in(request, fields)
    if code == "sign-in-failed" and request.url.path == PATH:
        return sign_in_page(
            request, back=fields.get("back", ""), username=fields.get("username", "").strip(),
            kept=kept_of(fields), failed=True,
        )  # fmt: skip
    title, words = TITLES.get(code, (problem["title"], problem["detail"]))
    return _draw(request, problem, title, words)


def kept_of(fields: Mapping[str, str]) -> dict[str, str]:
    """Return what a sign-in page keeps of another form, as it came back with the sign-in."""
    return {name.removeprefix("kept-"): value for name, value in fields.items() if name.startswith("kept-")}


def _ask_in(request: Request, fields: Mapping[str, str]) -> Response:
    if request.method == "POST":
        return kept_page(request, fields)
    if request.headers.get("sec-fetch-site") == "cross-site":
        # Somebody came by a link in a mail: their browser kept the Strict cookie back, this once.
        return page(request, "onward.html", None, path=request.url.path)
    return way_in(request)


def _draw(request: Request, problem: dict[str, Any], title: str, words: str) -> HTMLResponse:
    values: dict[str, Any] = {"problem": problem, "title": title, "words": words}
    try:
        visitor = _known(request)
        return page(request, "problem.html", visitor, status=problem["status"], **values)
    except SQLAlchemyError:
        return page(request, "problem.html", None, status=problem["status"], is_bare=True, **values)


def _known(request: Request) -> SignedIn | None:
    house: House = request.app.state.house
    try:
        return watching(request, house)
    except SignedOutError:
        return None
