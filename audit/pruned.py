"""Hold the entries without bytes against what the ledger itself says was pruned, and when.

Pure. It is shown the entries in order, whatever is left of them, and believes their bytes alone.
Which entries to look at as records of a pruning it is told by look-ups: one that it isn't told of
makes it find too much, never too little.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from audit.entry import Entry, EntryError
from audit.events import Event
from runtime.clock import parse_rfc3339

RETENTION_YEARS: Final = 10
"""What no policy may fall below (R25)."""


def years_before(moment: datetime, years: int) -> datetime:
    """Return the same moment some years earlier; of 29 February, the day before."""
    try:
        return moment.replace(year=moment.year - years)
    except ValueError:
        return moment.replace(year=moment.year - years, day=28)


@dataclass
class Pruned:
    """What was seen so far: `count` entries without bytes, the last of them at `newest`."""

    count: int = 0
    newest: int = -1
    _whole: bytes = b""
    _newest_follows: bytes = b""
    _below: int = 0
    _said_at: str = ""

    def see(self, place: int, event: str, encoded: bytes) -> None:
        """Take the next entry: its place, its look-up's event, its bytes or none."""
        if not encoded:
            self.count += 1
            self.newest, self._newest_follows = place, self._whole
            return
        self._whole = encoded
        if event == Event.LEDGER_PRUNED:
            self._believe(encoded)

    def contradiction(self) -> str:
        """Return what is wrong in words, empty if nothing is."""
        if self.newest >= self._below:
            return f"entry {self.newest} has no bytes, and the ledger doesn't say that it was pruned"
        if self._newest_follows and not self._is_over(self._newest_follows):
            return f"entry {self.newest} was pruned before its ten years were over"
        return ""

    def _is_over(self, before: bytes) -> bool:
        """Tell whether what came after an entry can have been ten years old when pruned."""
        try:
            at = parse_rfc3339(json.loads(before)["at"])
        except (ValueError, KeyError, TypeError):
            return False
        return at < years_before(parse_rfc3339(self._said_at), RETENTION_YEARS)

    def _believe(self, encoded: bytes) -> None:
        try:
            entry = Entry.decode(encoded)
        except EntryError:
            return
        if entry.event is Event.LEDGER_PRUNED and entry.head is not None:
            self._below, self._said_at = max(self._below, entry.head.size), entry.at
