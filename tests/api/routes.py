"""Every route that the house has, found in the rooms' own routers, and what guards each.

A route that somebody adds is found here without being named anywhere.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from fastapi import APIRouter
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

import api
import api.pages
from api.bearers import sender
from api.pages.forms import read_posted
from api.signed_in import signed_in_to_change, watching

_KNOWN = frozenset({watching, read_posted, sender})
_OWN_DOING = frozenset({signed_in_to_change, read_posted, sender})
READING = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, kw_only=True)
class KnownRoute:
    """One method at one address; `path` has its parameters in braces."""

    method: str
    path: str
    asks_who: bool
    asks_proof: bool

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def is_reading(self) -> bool:
        """Tell whether the method may change nothing."""
        return self.method in READING

    @property
    def is_page(self) -> bool:
        """Tell whether people open it, rather than programs."""
        return not self.path.startswith("/v1/")

    @property
    def parameters(self) -> tuple[str, ...]:
        """Return the names of the parameters in the path."""
        return tuple(re.findall(r"{(\w+)(?::path)?}", self.path))

    def at(self, **values: str) -> str:
        """Return the address for some values; what isn't named gets a value that nothing has."""
        return re.sub(r"{(\w+)(?::path)?}", lambda found: values.get(found[1], NOTHINGS_ID), self.path)


NOTHINGS_ID = "00000000-0000-4000-8000-000000000000"


@cache
def routers() -> tuple[APIRouter, ...]:
    """Return the routers of all files of the room."""
    found = []
    for package in (api, api.pages):
        for file in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            router = getattr(importlib.import_module(file.name), "router", None)
            if isinstance(router, APIRouter):
                found.append(router)
    return tuple(found)


@cache
def every_route() -> tuple[KnownRoute, ...]:
    """Return every route, method by method."""
    return tuple(
        KnownRoute(
            method=method,
            path=route.path,
            asks_who=bool(_KNOWN & set(_calls(route.dependant))),
            asks_proof=bool(_OWN_DOING & set(_calls(route.dependant))),
        )
        for router in routers()
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in sorted(route.methods or ())
    )


def _calls(dependant: Dependant) -> Iterator[object]:
    yield dependant.call
    for below in dependant.dependencies:
        yield from _calls(below)
