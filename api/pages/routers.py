"""All the portal's page groups, for the application."""

from __future__ import annotations

from fastapi import APIRouter

from api.pages import (
    account,
    asking,
    books,
    consumers,
    dashboard,
    desk,
    disclosures,
    entrance,
    joining,
    oversight,
    people,
    policies,
    static,
    system_keys,
)

PAGES: tuple[APIRouter, ...] = (
    static.router,
    entrance.router,
    joining.router,
    dashboard.router,
    consumers.router,
    asking.router,
    books.router,
    account.router,
    people.router,
    system_keys.router,
    policies.router,
    desk.router,
    disclosures.router,
    oversight.router,
)
