"""Cursors of pages: a place in one search of one person in one snapshot, and nothing else.

A cursor is URL-safe base64 over four bytes (the place, big-endian) and 16 bytes of HMAC-SHA-256
over the place and what it belongs to. What is searched for is in the MAC and not in the cursor.
The key comes from this door's own credential, so that each of its processes reads the others' cursors.
"""

from __future__ import annotations

import base64
import binascii
import hmac

import rfc8785

from api.errors import BadCursorError

_PLACE_BYTES = 4
_MAC_BYTES = 16
_USE = b"sealed-book/cursor/v1"


class Cursors:
    """Writes and reads the cursors of one search; `belongs` is everything that it depends on."""

    def __init__(self, credential: str, *belongs: str) -> None:
        self._key = hmac.digest(credential.encode(), _USE, "sha256")
        self._belongs = rfc8785.dumps(list(belongs))

    def write(self, place: int) -> str:
        """Return the cursor of a place."""
        number = place.to_bytes(_PLACE_BYTES, "big")
        return base64.urlsafe_b64encode(number + self._mac(number)).decode().rstrip("=")

    def read(self, cursor: str) -> int:
        """Return a cursor's place, or raise BadCursorError."""
        try:
            data = base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4))
        except (binascii.Error, ValueError):
            raise BadCursorError from None
        number = data[:_PLACE_BYTES]
        place = int.from_bytes(number, "big")
        # Written again it must be the same text: base64 that means the same but differs is no cursor.
        if not hmac.compare_digest(data[_PLACE_BYTES:], self._mac(number)) or self.write(place) != cursor:
            raise BadCursorError
        return place

    def _mac(self, number: bytes) -> bytes:
        return hmac.digest(self._key, number + self._belongs, "sha256")[:_MAC_BYTES]
