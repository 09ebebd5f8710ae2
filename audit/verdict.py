"""What a verified bundle shows, in words, and what it doesn't show."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from audit.checkpoint import Head
from audit.replay import Period

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Cosigned:
    """A witness whose cosignature verified, and when it cosigned, in seconds since 1970."""

    witness: str
    seconds: int

    def __str__(self) -> str:
        try:
            at = (_EPOCH + timedelta(seconds=self.seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
        except OverflowError:
            at = f"second {self.seconds} since 1970"
        return f"{self.witness} at {at}"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What was found true.

    `since` is the older head that this one was shown to extend, and `left` its log's name where
    this one goes on after a restore.
    """

    origin: str
    head: Head
    pinned: bool
    redacted: int
    strangers: int
    since: Head | None
    left: str | None = None
    keys: int = 1
    cosigned: tuple[Cosigned, ...] = ()
    quiet: Period | None = None
    has_entries: bool = True

    def lines(self) -> list[str]:
        """Say it in words: the first line has size, root, trust mode and what was not checked."""
        mode, meaning = _TRUST[self.pinned]
        trust = f"{mode}, COSIGNED by {' and '.join(map(str, self.cosigned))}" if self.cosigned else mode
        found = f"verified: size {self.head.size}, root {_text(self.head.root)}, {trust}"
        return [
            f"{found}; not checked: {', '.join(self._unchecked())}",
            f"ledger {self.origin}; {mode}: {meaning}",
            *self._shown(),
        ]

    def _unchecked(self) -> Iterator[str]:
        if self.has_entries:
            yield f"{self.redacted} redacted lines (counted by their hashes)"
        else:
            yield "entries (none is here: only that the ledger extends the old checkpoint)"
            if self.keys > 1:
                yield "the heads at which keys changed"
        yield "time (as the writer's clock had it)"
        yield "completeness beyond the checkpoint"
        if self.strangers:
            yield f"{self.strangers} other files in the folder"

    def _shown(self) -> Iterator[str]:
        if self.keys > 1:
            yield f"keys: {self.keys}, each signed in by the one before"
        if self.quiet is not None:
            yield f"no entry stands from {self.quiet.start} to before {self.quiet.end}"
        if self.since is not None:
            yield f"extends the old checkpoint: size {self.since.size}, root {_text(self.since.root)}"
        if self.left is not None:
            yield f"restored since: {self.left} was left, and what it had beyond ledger.restored is lost"

    def __str__(self) -> str:
        return "\n".join(self.lines())


_TRUST = {
    True: ("PINNED", "the key is the one that you gave"),
    False: ("UNPINNED", "the key came with the bundle, so whoever made the bundle may have made the key"),
}


def _text(root: bytes) -> str:
    return base64.b64encode(root).decode("ascii")
