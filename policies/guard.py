"""What may halt the gate: evidence that can't be brought outside, a clock that is off, a full disk.

Law: a halt refuses by error, as a ledger that can't record does. Nothing is decided, nothing is
recorded and nothing is released; what only looks, ends or destroys goes on, so that people can
find out why and put it right. It ends by itself.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final, Protocol

from sqlalchemy import Connection

from policies.actions import Action

RELEASING: Final = frozenset(
    {
        Action.REQUEST_EXPORT,
        Action.BUILD_BOOK,
        Action.SEND_BOOK,
        Action.DOWNLOAD_BOOK,
        Action.REVEAL_PASSPHRASE,
        Action.VIEW_CONSUMERS,
        Action.FIND_CONSUMER,
    }
)
"""Actions that show a consumer's data, or lead to it."""


class Guard(Protocol):
    """Knows what keeps the gate from releasing anything just now."""

    def halted_by(self, connection: Connection, now: datetime) -> Collection[str]:
        """Return the names of what is wrong; empty when all is well."""
        ...
