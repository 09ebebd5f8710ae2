"""An agent's first pages: the Agent Dashboard and Delegations; the operator's, and help."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api.errors import SignedOutError
from api.exports import list_exports
from api.pages.frame import page
from api.pages.papers import papers_of
from api.pages.roles import Agent, Operator
from api.signed_in import HouseHere, SignedIn, watching
from house.wiring import House

router = APIRouter(include_in_schema=False)

_NEWEST = 5


@router.get("/dashboard")
def show_dashboard(request: Request, visitor: Agent, house: HouseHere) -> Response:
    """Show the newest books, what lapses soon, and what the data are as of."""
    papers = papers_of(visitor.person.papers, house.policy.numbers, house.clock.now())
    books = list_exports(visitor, house).items
    return page(
        request,
        "dashboard.html",
        visitor,
        books=books[:_NEWEST],
        has_more=len(books) > _NEWEST,
        lapsing=[paper for paper in papers if paper.standing != "good"],
        numbers=house.policy.numbers,
        now=house.clock.now(),
    )


@router.get("/delegations")
def show_delegations(request: Request, visitor: Agent) -> Response:
    """Show what there is about the consumers who delegated this agent."""
    return page(request, "delegations.html", visitor)


@router.get("/operator")
def show_operator(request: Request, visitor: Operator) -> Response:
    """Tell an operator that nothing of consumers is here."""
    return page(request, "operator.html", visitor)


@router.get("/help")
def show_help(request: Request, house: HouseHere) -> Response:
    """Tell how to open a book, how it is protected, and whom to ask; to anybody."""
    return page(request, "help.html", _if_known(request, house), numbers=house.policy.numbers)


def _if_known(request: Request, house: House) -> SignedIn | None:
    try:
        return watching(request, house)
    except SignedOutError:
        return None
