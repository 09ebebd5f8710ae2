"""The portal's stylesheet, script and sign: the only files that a page loads."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse

from api.pages.frame import STATIC
from exports.errors import ExportNotFoundError

router = APIRouter(include_in_schema=False)

KINDS = {"portal.css": "text/css", "portal.js": "text/javascript", "seal.svg": "image/svg+xml"}
_KEEP = "public, max-age=31536000, immutable"


@router.get("/static/{name}")
def show_static(name: str) -> Response:
    """Return one of the files. Pages name them with a digest, so they may be kept."""
    if name not in KINDS:
        raise ExportNotFoundError("there is no such file")
    return FileResponse(STATIC / name, media_type=KINDS[name], headers={"Cache-Control": _KEEP})
