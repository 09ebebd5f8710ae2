"""Recorders around everything that opens: the vault's calls, the readers of rows and books, objects' reads.

The real parts work inside; a recorder only notes. `unexplained` holds what was noted against the
ledger, and says what of it no entry allowed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pytest

import api.consumers
import api.downloads
import worker.building
import worker.sending
from audit.entry import Entry
from audit.events import Event, Outcome
from house.wiring import House
from policies.actions import EVENT_OF, Action

ACTION_OF = {
    "import_snapshot": Action.IMPORT_SNAPSHOT,
    "build_book": Action.BUILD_BOOK,
    "send_book": Action.SEND_BOOK,
    "download_book": Action.DOWNLOAD_BOOK,
    "reveal_passphrase": Action.REVEAL_PASSPHRASE,
    "view_consumers": Action.VIEW_CONSUMERS,
    "enrol_factor": Action.ENROL_FACTOR,
    "release_factor": Action.RELEASE_LOCK,
    "destroy": Action.DESTROY_OBJECT,
    "find_consumer": Action.FIND_CONSUMER,
    "rotate_key": Action.ROTATE_KEY,
    "end_delegations": Action.END_DELEGATIONS,
    "hold_snapshot": Action.HOLD_SNAPSHOT,
}
"""Every call of the vault that opens something, and the action of the permit that it needs."""

CLOSED = frozenset({"verify_totp", "sign", "status"})
"""Calls that open nothing: a yes or no, a signature, numbers."""

READERS = {
    "rows": (worker.building, "open_rows", Action.BUILD_BOOK),
    "list": (api.consumers, "open_list", Action.VIEW_CONSUMERS),
    "mailed": (worker.sending, "open_stored_book", Action.SEND_BOOK),
    "served": (api.downloads, "open_stored_book", Action.DOWNLOAD_BOOK),
}
"""The readers of rows and books, where each is used, and the action of the Grant that it needs."""

RELEASING = frozenset(
    {Action.SEND_BOOK, Action.DOWNLOAD_BOOK, Action.REVEAL_PASSPHRASE, Action.VIEW_CONSUMERS}
)
"""Actions under which data leave the house."""

_reader: ContextVar[int | None] = ContextVar("_reader", default=None)


@dataclass(frozen=True)
class Opening:
    """One thing that was opened: by which recorder, under which permit (None: under none)."""

    what: str
    permit: int | None


class _Vault:
    """A vault's client that notes each call that opened something."""

    def __init__(self, real: Any, seen: list[Opening]) -> None:
        self._real, self._seen = real, seen

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._real, name)
        if name in CLOSED or name.startswith("_"):
            return found
        if name == "open_many":
            return self._many(found)

        def noting(permit: int, *arguments: Any, **named: Any) -> Any:
            opened = found(permit, *arguments, **named)
            self._seen.append(Opening(name, permit))
            return opened

        return noting

    def _many(self, found: Callable[..., Any]) -> Callable[..., Any]:
        def noting(openings: Sequence[Any]) -> Any:
            outcomes = found(openings)
            for one in openings:
                self._seen.append(Opening(one.call.value, one.permit))
            return outcomes

        return noting


class _Objects:
    """A store of objects that notes each read: whichever isn't a reader's own is under no permit."""

    def __init__(self, real: Any, seen: list[Opening]) -> None:
        self._real, self._seen = real, seen

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def read(self, name: str, **named: Any) -> bytes:
        """Read, and note under which permit."""
        data: bytes = self._real.read(name, **named)
        self._seen.append(Opening("object", _reader.get()))
        return data


@contextmanager
def watched() -> Iterator[list[Opening]]:
    """Put the recorders around the parts of every house that is opened in this process meanwhile."""
    seen: list[Opening] = []
    with pytest.MonkeyPatch.context() as patched:
        for part, recorder in (("vault", _Vault), ("objects", _Objects)):
            patched.setattr(House, part, _around(part, recorder, seen))
        for what, (module, name, _action) in READERS.items():
            patched.setattr(module, name, _noting(what, getattr(module, name), seen))
        yield seen


def _around(part: str, recorder: Callable[[Any, list[Opening]], Any], seen: list[Opening]) -> Any:
    make = House.__dict__[part].func
    around: cached_property[Any] = cached_property(lambda house: recorder(make(house), seen))
    around.__set_name__(House, part)
    return around


def _noting(what: str, real: Callable[..., Any], seen: list[Opening]) -> Callable[..., Any]:
    def noting(grant: Any, *arguments: Any, **named: Any) -> Any:
        token = _reader.set(grant.index)
        try:
            opened = real(grant, *arguments, **named)
        finally:
            _reader.reset(token)
        seen.append(Opening(what, grant.index))
        return opened

    return noting


def unexplained(openings: Sequence[Opening], entries: Sequence[Entry]) -> list[str]:
    """Return, in words, what was opened without its one entry, and releases that don't fit the openings."""
    wrong: list[str] = []
    for one in openings:
        wrong += _wrong_with(one, entries)
    by_vault = Counter(one.permit for one in openings if one.what in ACTION_OF)
    wrong += [
        f"permit {permit} opened the vault {times} times" for permit, times in by_vault.items() if times > 1
    ]
    by_reader = Counter((one.what, one.permit) for one in openings if one.what in {"rows", "list", "mailed"})
    wrong += [
        f"{what} under permit {index} {times} times"
        for (what, index), times in by_reader.items()
        if times > 1
    ]
    return wrong + _wrong_releases(openings, entries)


def _wrong_with(one: Opening, entries: Sequence[Entry]) -> list[str]:
    if one.permit is None or not 0 <= one.permit < len(entries):
        return [f"{one.what} was opened under no permit"]
    entry = entries[one.permit]
    if one.what == "object":
        needed = {action for _module, _name, action in READERS.values()}
    else:
        needed = {ACTION_OF[one.what] if one.what in ACTION_OF else READERS[one.what][2]}
    fits = entry.action in needed and entry.event is EVENT_OF[Action(entry.action)]
    if not fits or entry.outcome is not Outcome.PERMIT:
        return [f"{one.what} was opened under entry {one.permit}, which is no permit for it"]
    return []


def _wrong_releases(openings: Sequence[Opening], entries: Sequence[Entry]) -> list[str]:
    """Hold openings that let data out against releases that started and ended, both ways."""
    opened = {one.permit for one in openings if one.what in ACTION_OF and ACTION_OF[one.what] in RELEASING}
    started = Counter(entry.because for entry in entries if entry.event is Event.RELEASE_STARTED)
    ended = Counter(entry.because for entry in entries if entry.event is Event.RELEASE_ENDED)
    served = Counter(one.permit for one in openings if one.what == "served")
    wrong = [f"permit {permit} let data out and no release started" for permit in opened - started.keys()]
    wrong += [f"a release started under {permit}, which opened nothing" for permit in started.keys() - opened]
    wrong += [f"releases under {permit} didn't end" for permit in started if started[permit] != ended[permit]]
    wrong += [
        f"a book was served {times} times under permit {permit}, with {started[permit]} releases"
        for permit, times in served.items()
        if times > started[permit]
    ]
    return wrong
