"""Post something to somebody's server and read a short answer, within a time that is kept.

Laws
1. The whole call has one deadline, however slowly the other end drips; an answer has a limit.
2. TLS is verified, against the system's authorities or named ones. Without TLS the loopback only.
3. No redirect is followed and no proxy of the environment used: what is sent goes where it was
   configured to go, or nowhere.
"""

from __future__ import annotations

import ssl
import time
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

import httpx2

MAX_ANSWER_BYTES = 64 * 1024


class PostingError(Exception):
    """Nothing could be posted, or no answer came in time; the message says which and no more."""


@dataclass(frozen=True)
class Answer:
    """What the other end said."""

    status: int
    body: bytes


@dataclass(frozen=True, kw_only=True)
class Road:
    """The way to somebody's server: their certificate's authorities, and how long to wait."""

    authorities: Path | None = None
    seconds: float = 10.0

    def post(self, url: str, body: bytes, **headers: str) -> Answer:
        """Post a body; header names have `_` for `-`. Raises PostingError."""
        return self._call("POST", url, body, headers)

    def get(self, url: str) -> Answer:
        """Ask for something. Raises PostingError."""
        return self._call("GET", url, None, {})

    def _call(self, method: str, url: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        check_address(url)
        deadline = time.monotonic() + self.seconds
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            with (
                httpx2.Client(verify=self._trust(url), trust_env=False, timeout=self.seconds) as client,
                client.stream(method, url, content=body, headers=named) as answer,
            ):
                read = bytearray()
                for piece in answer.iter_raw():
                    read += piece
                    if len(read) > MAX_ANSWER_BYTES or time.monotonic() > deadline:
                        raise PostingError("the answer is too long or too slow")
                return Answer(answer.status_code, bytes(read))
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            raise PostingError(f"no answer ({type(error).__name__})") from None

    def _trust(self, url: str) -> ssl.SSLContext | bool:
        if url.startswith("http://"):
            return True
        return ssl.create_default_context(cafile=self.authorities)


def check_address(url: str) -> None:
    """Raise PostingError unless an address is https, or http on the loopback."""
    try:
        parsed = httpx2.URL(url)
        is_loopback = parsed.host == "localhost" or ip_address(parsed.host).is_loopback
    except httpx2.InvalidURL:
        raise PostingError("that isn't an address") from None
    except ValueError:
        is_loopback = False
    if not parsed.host or not (parsed.scheme == "https" or (parsed.scheme == "http" and is_loopback)):
        raise PostingError("an address is https, or http on this machine")
