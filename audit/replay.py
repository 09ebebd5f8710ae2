"""Read a bundle's lines one by one, in flat memory, and hold them against what is known of them.

Laws of this file:
1. Every line is hashed and, unless redacted, read strictly; times never run backwards and
   `because` points backwards.
2. The root over the first n lines must be the one that each known head of size n has.
3. A redacted line has a time between those of its neighbours. That nothing stands in a period
   is said only if that holds for whatever the redacted lines and later entries may be.
4. Whatever is wrong is a VerifyError that names the file and, where one is to blame, the line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from audit.canonical import MAX_BYTES
from audit.checkpoint import Head
from audit.entry import EntryError
from audit.events import Event
from audit.evidence import ENTRIES, KEYS, read_line
from audit.proofs import RootBuilder
from audit.strict import Seen


class VerifyError(Exception):
    """The bundle doesn't hold; the message says what is wrong and where."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """A head that the lines must extend, and what it is called where they don't."""

    head: Head
    says: str


@dataclass(frozen=True, kw_only=True)
class Period:
    """From `start` (inclusive) to `end` (exclusive), RFC 3339 in UTC."""

    start: str
    end: str


@dataclass(kw_only=True)
class Replay:
    """One reading of the lines: what must hold of them, and how far it came."""

    head: Head
    known: tuple[Known, ...] = ()
    keys: frozenset[str] = frozenset()
    quiet: Period | None = None
    redacted: int = 0
    _at: bytes = b""
    _vkeys: dict[str, int] = field(default_factory=dict)
    _unsure: int = 0

    def read(self, path: Path) -> None:
        """Read all lines; `redacted` is then how many were redacted. Raises VerifyError."""
        builder, roots = RootBuilder(), self._roots()
        _check_known(builder, roots)
        for number, data in _lines(path):
            if number > self.head.size:
                raise VerifyError(
                    f"{ENTRIES} line {number}: the checkpoint is over {self.head.size} lines only"
                )
            try:
                line = read_line(data)
            except EntryError as error:
                raise VerifyError(f"{ENTRIES} line {number}: {error}") from None
            if line.entry is None:
                self._pass_over(number)
            else:
                self._take(line.entry, number)
            builder.add(line.leaf)
            if number in roots:
                _check_known(builder, roots)
        self._end(builder)

    def _roots(self) -> Mapping[int, list[Known]]:
        roots: dict[int, list[Known]] = {}
        for each in self.known:
            roots.setdefault(each.head.size, []).append(each)
        return roots

    def _take(self, entry: Seen, number: int) -> None:
        if entry.at < self._at:
            raise VerifyError(f"{ENTRIES} line {number}: entry.at is earlier than in a line before")
        # Lines count from one, entries from zero.
        if entry.because is not None and entry.because >= number - 1:
            raise VerifyError(f"{ENTRIES} line {number}: entry.because doesn't point backwards")
        self._at = entry.at
        if entry.vkey is not None:
            # A restored ledger starts anew with a key of its own.
            self._vkeys = {} if entry.event is Event.LEDGER_RESTORED else self._vkeys
            self._vkeys[entry.vkey] = number
        if self.quiet is not None:
            self._hear(self.quiet, entry.at.decode(), number)

    def _pass_over(self, number: int) -> None:
        self.redacted += 1
        if self.quiet is not None and self._at < self.quiet.end.encode() and not self._unsure:
            self._unsure = number

    def _hear(self, quiet: Period, at: str, number: int) -> None:
        if quiet.start <= at < quiet.end:
            raise VerifyError(f"{ENTRIES} line {number}: an entry stands in the period")
        if at < quiet.start:
            self._unsure = 0
        elif self._unsure:
            raise VerifyError(f"{ENTRIES} line {self._unsure}: a redacted line may stand in the period")

    def _end(self, builder: RootBuilder) -> None:
        size = self.head.size
        if builder.size < size:
            raise VerifyError(
                f"{ENTRIES} ends after line {builder.size}; the checkpoint is over {size} lines"
            )
        if builder.root() != self.head.root:
            raise VerifyError(
                f"{ENTRIES}: lines 1 to {size} don't have the checkpoint's root:"
                " one was changed, moved or replaced, or they belong to another ledger"
            )
        for vkey, number in self._vkeys.items():
            if vkey not in self.keys:
                raise VerifyError(f"{KEYS}: lacks the key that {ENTRIES} line {number} names")
        if self.quiet is not None and self._at.decode() < self.quiet.end:
            raise VerifyError(f"{ENTRIES} ends before the period does: a later entry may stand in it")


def _check_known(builder: RootBuilder, roots: Mapping[int, list[Known]]) -> None:
    for each in roots.get(builder.size, []):
        if builder.root() != each.head.root:
            raise VerifyError(f"{ENTRIES}: lines 1 to {builder.size} don't have {each.says}")


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    try:
        with path.open("rb") as file:
            for number in count(1):
                line = file.readline(MAX_BYTES + 1)
                if not line:
                    return
                if line == b"\n":
                    raise VerifyError(f"{path.name} line {number}: blank")
                if not line.endswith(b"\n"):
                    wrong = "too long" if len(line) > MAX_BYTES else "the last newline is missing"
                    raise VerifyError(f"{path.name} line {number}: {wrong}")
                yield number, line[:-1]
    except OSError as error:
        raise VerifyError(f"{path.name} can't be read ({error.strerror})") from None
