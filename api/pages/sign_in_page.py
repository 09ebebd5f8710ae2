"""The page that asks people to sign in: first, again after a time-out, and after a wrong try.

Laws
1. Before there is a session a form proves itself by a random value that stands in it and in
   a `SameSite=Strict` cookie, and by what the browser says of where it was sent from.
2. Where sign-in leads back to is a path of ours, never an address that somebody handed in.
3. What was typed into a form when the session ended is kept in the page itself, not on the
   server and not in the address; passwords and codes are never kept.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.errors import ForgedCallError
from api.pages.frame import page

PATH = "/sign-in"
ENTRY_COOKIE = "entry"
KEPT: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "/export": ("agent", "purpose", "channel"),
        "/consumers": ("query", "kind", "status", "county", "sort"),
        "/desk": ("person", "action", "outcome", "rule", "export", "from", "to"),
    }
)
"""The fields that each form gets back after a time-out."""

_OURS = re.compile(r"(?:/[a-z0-9-]{1,64}){1,4}")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_FAILED = "User name, password or code isn’t right."


def back_of(path: str) -> str:
    """Return a path of ours to go to after signing in; empty for anything else."""
    return path if _OURS.fullmatch(path) and path != PATH else ""


def way_in(request: Request) -> RedirectResponse:
    """Send somebody who isn't signed in to the sign-in page, and back here afterwards."""
    back = back_of(request.url.path)
    return RedirectResponse(f"{PATH}?back={quote(back)}" if back else PATH, 303)


def sign_in_page(
    request: Request,
    *,
    back: str = "",
    username: str = "",
    kept: Mapping[str, str] | None = None,
    failed: bool = False,
    ended: bool = False,
    missing: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """Render the sign-in page."""
    errors = dict(missing or {})
    if failed:
        errors["username"] = _FAILED
    return stranger_page(
        request,
        "sign_in.html",
        status=401 if failed or ended else 422 if errors else 200,
        back=back_of(back),
        username=username,
        kept=kept or {},
        errors=errors,
        ended=ended,
    )


def stranger_page(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """Render a page with a form for somebody without a session, and set the cookie that protects it."""
    token = request.cookies.get(ENTRY_COOKIE, "")
    if not _TOKEN.fullmatch(token):
        token = secrets.token_urlsafe(32)
    answer = page(request, template, None, status=status, entry=token, **values)
    answer.set_cookie(
        ENTRY_COOKIE, token, path="/", httponly=True, samesite="strict", secure=request.url.scheme == "https"
    )
    return answer


def kept_page(request: Request, fields: Mapping[str, str]) -> Response:
    """Answer a form that came after the session's end: sign in, and it is as it was typed."""
    path = request.url.path
    if path not in KEPT or not is_from_here(request):
        return way_in(request)
    kept = {name: fields[name] for name in KEPT[path] if fields.get(name)}
    return sign_in_page(request, back=path, kept=kept, ended=True)


def check_entry(request: Request, token: str) -> None:
    """Raise ForgedCallError unless a stranger's form was ours and sent from one of our pages."""
    cookie = request.cookies.get(ENTRY_COOKIE, "")
    if not (cookie and hmac.compare_digest(cookie.encode(), token.encode()) and is_from_here(request)):
        raise ForgedCallError


def is_from_here(request: Request) -> bool:
    """Tell whether the browser says that a form was sent from our own pages, or says nothing."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    # Under `no-referrer` browsers send the Origin of a form as `null`, even to ourselves.
    origin = request.headers.get("origin", "null")
    return origin in {"null", f"{request.url.scheme}://{request.url.netloc}"}
