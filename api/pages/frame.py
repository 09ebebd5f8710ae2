"""What every page stands in: header, navigation, footer, headers of the answer.

Laws
1. A page loads nothing but our own stylesheet and script, frames nowhere, and posts to us
   alone (`PAGE_POLICY`). Nothing is inline.
2. What stands in a page may be personal, so nobody keeps it (`no-store`, set by the door).
3. The navigation shows what a role can open, and no more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api.pages import dates, spoken, words
from api.signed_in import SignedIn
from house.wiring import House
from identity.people import Role
from runtime.clock import parse_rfc3339
from runtime.database import reading
from snapshot.calendar import next_cutoff
from snapshot.published import newest_row
from snapshot.week import this_week
from store.glass import GlassState, recent_glasses

PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
STATIC = Path(__file__).parent.parent / "static"
_TEMPLATES = Path(__file__).parent.parent / "templates"


@dataclass(frozen=True, kw_only=True)
class Link:
    """One place in the navigation; `within` are paths that belong to it."""

    label: str
    href: str
    within: tuple[str, ...] = ()

    def is_current(self, path: str) -> bool:
        """Tell whether a path is this place or belongs to it."""
        return any(path == place or path.startswith(f"{place}/") for place in (self.href, *self.within))


_ACCOUNT = Link(label="Account", href="/account")
_PEOPLE = Link(label="People", href="/people")
_DISCLOSURES = Link(label="Disclosures", href="/disclosures")
_KEYS = Link(label="System keys", href="/keys")
_POLICIES = Link(label="Policies", href="/policies")
_AGENTS = (
    Link(label="Agent Dashboard", href="/dashboard"),
    Link(label="Delegations", href="/delegations", within=("/consumers", "/export")),
    Link(label="My Books", href="/books"),
    _ACCOUNT,
)
NAVIGATION: Mapping[Role, tuple[Link, ...]] = MappingProxyType(
    {
        Role.AGENT: _AGENTS,
        Role.MANAGER: (*_AGENTS[:-1], _KEYS, _ACCOUNT),
        Role.REVIEWER: (
            Link(label="Desk", href="/desk"),
            _DISCLOSURES,
            _PEOPLE,
            _POLICIES,
            _ACCOUNT,
        ),
        Role.OPERATOR: (Link(label="Operator", href="/operator"), _KEYS, _PEOPLE, _POLICIES, _ACCOUNT),
    }
)
HOME: Mapping[Role, str] = MappingProxyType({role: links[0].href for role, links in NAVIGATION.items()})
"""Where each role lands after signing in."""


def can_open(role: Role, path: str) -> bool:
    """Tell whether a path lies within what a role's navigation shows."""
    return any(link.is_current(path) for link in NAVIGATION[role])


@dataclass(frozen=True, kw_only=True)
class DataDates:
    """What the data are as of, and when the next ones are cut off; None before the first publication.

    `late_as_of` are those that should be out by now and aren't, None where all are.
    """

    as_of: Any
    next_as_of: Any
    late_as_of: Any


def data_dates(house: House) -> DataDates | None:
    """Return what the newest published data are as of."""
    with reading(house.engine) as connection:
        row = newest_row(connection)
        week = this_week(connection, house.clock.now())
    if row is None:
        return None
    as_of = parse_rfc3339(row["as_of"])
    late_as_of = week.as_of if week.is_late else None
    return DataDates(as_of=as_of, next_as_of=next_cutoff(late_as_of or as_of), late_as_of=late_as_of)


def broken_glasses(house: House, visitor: SignedIn | None) -> int:
    """Return how many glasses are broken or about to be, for those who watch over them."""
    if visitor is None or visitor.person.role is not Role.REVIEWER:
        return 0
    with reading(house.engine) as connection:
        glasses = recent_glasses(connection, house.policy.numbers, house.clock.now())
    return sum(glass.state is not GlassState.OVER for glass in glasses)


@cache
def static_version() -> str:
    """Return a short digest of the files that pages load, so that browsers fetch new ones at once."""
    files = b"".join((STATIC / name).read_bytes() for name in ("portal.css", "portal.js", "seal.svg"))
    return hashlib.sha256(files).hexdigest()[:12]


@cache
def templates() -> Environment:
    """Return the templates; a name that nobody set is an error, everything shown is escaped."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "moment": dates.say_moment,
        "short": dates.say_short,
        "exact": dates.say_exact,
        "clock": dates.say_time,
        "day": dates.say_day,
        "brief": dates.say_brief,
        "number": words.say_number,
        "size": words.say_bytes,
        "reason": words.say_reason,
        "rule": words.say_rule,
        "spell": spoken.spell,
    }
    environment.globals |= {
        "words_of": words.words_of,
        "PURPOSES": words.PURPOSES,
        "CHANNELS": words.CHANNELS,
        "version": version("sealedbook"),
    }
    return environment


def page(
    request: Request,
    template: str,
    visitor: SignedIn | None,
    *,
    status: int = 200,
    is_bare: bool = False,
    **values: Any,
) -> HTMLResponse:
    """Render a page; `is_bare` asks the database nothing, for when it may be what broke."""
    house: House = request.app.state.house
    path = request.url.path
    frame = {
        "exchange": house.settings.exchange,
        "is_demo": house.settings.mode == "demo",
        "static": static_version(),
        "dates": None if is_bare else data_dates(house),
        "glasses_up": 0 if is_bare else broken_glasses(house, visitor),
        "visitor": visitor,
        "csrf": visitor.session.csrf if visitor else "",
        "navigation": [
            (link, link.is_current(path)) for link in (NAVIGATION[visitor.person.role] if visitor else ())
        ],
    }
    html = templates().get_template(template).render(frame | values)
    return HTMLResponse(html, status_code=status, headers={"Content-Security-Policy": PAGE_POLICY})
