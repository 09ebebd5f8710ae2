"""What one does with a built export over HTTP: download it, revoke it, watch it."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Header, Request, Response
from pydantic import Field

from api.documented import PROBLEMS
from api.downloads import MEDIA_TYPE as BOOK
from api.downloads import start_download
from api.endings import revoke_export
from api.events import MEDIA_TYPE as EVENTS
from api.events import EventStream, WatchingHere, look
from api.export_bodies import ExportBody, show_export
from api.held_keys import HeldKeysHere
from api.signed_in import COOKIE, Changer, HouseHere, Watcher, client_of
from runtime.database import reading

router = APIRouter(prefix="/v1/exports", tags=["exports"], responses=PROBLEMS)

_Asked = Annotated[str | None, Header(max_length=200)]


class RevokedBody(ExportBody):
    """A revoked export."""

    opened: bool = Field(description="whether anything of it had left before, by the ledger")


def _file(description: str) -> dict[str, object]:
    return {"description": description, "content": {BOOK: {"schema": {"type": "string", "format": "binary"}}}}


@router.post(
    "/{export}/download",
    response_class=Response,
    responses={200: _file("the sealed workbook"), 206: _file("the range asked for")},
)
def download_book(
    export: str,
    visitor: Changer,
    house: HouseHere,
    keys: HeldKeysHere,
    range: _Asked = None,  # noqa: A002 - the header's name
    if_range: _Asked = None,
) -> Response:
    """Download a book by link. One range is honoured; ETag and digests name the whole."""
    return start_download(house, visitor, keys, export, asked=range, if_range=if_range)


@router.post("/{export}/revoke")
def revoke(export: str, visitor: Changer, house: HouseHere, keys: HeldKeysHere) -> RevokedBody:
    """Revoke an export: nothing of it is shown any more, and its keys are destroyed."""
    ended = revoke_export(house, visitor, keys, export)
    with reading(house.engine) as connection:
        body = show_export(connection, ended.export, house.clock.now())
    return RevokedBody(**body.model_dump(), opened=ended.opened)


@router.get(
    "/{export}/events",
    response_class=Response,
    responses={200: {"description": "events `state` and `end`", "content": {EVENTS: {}}}},
)
def watch_export(
    export: str, request: Request, visitor: Watcher, house: HouseHere, watching: WatchingHere
) -> EventStream:
    """Watch an export of one's own until it rests; this keeps no session awake."""
    see = partial(look, house, request.cookies.get(COOKIE, ""), client_of(request), export)
    see()
    return EventStream(see, visitor, watching)
