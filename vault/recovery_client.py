"""The operator's side of a recovery or a restore: show the whole ledger, then have two people agree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from vault.errors import ERROR_OF, Code
from vault.framing import decode_bytes, encode_bytes
from vault.lines import Lines
from vault.messages import Request
from vault.table import Call

_LINES_AT_ONCE = 1000


@dataclass(frozen=True, kw_only=True)
class TwoPeople:
    """Who agrees: ids of two people, and a code of now of each one's factor."""

    first: str
    first_code: str = field(repr=False)
    second: str
    second_code: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Rejoined:
    """How the vault stands after a recovery or a restore.

    `former_size` and `size` are V's, before and now; `former` is the origin that was left, if
    one was. `shut` are objects held shut, `destroyed` those that were shredded again. `opened`
    are places and bytes of permits that were opened and that the ledger shown lacks.
    """

    origin: str
    vkey: str
    former: str | None
    former_size: int
    size: int
    root: bytes
    shut: tuple[str, ...]
    destroyed: tuple[str, ...]
    opened: tuple[tuple[int, bytes], ...]


class RecoveryClient:
    """Speaks to the vault as the operator, also while it is locked."""

    def __init__(self, socket: Path, credential: str) -> None:
        self._lines = Lines(socket)
        self._credential = credential

    def show_ledger(self, lines: Iterable[bytes], newest: str | None) -> int:
        """Show all lines of the ledger, and its newest signed checkpoint; return how many they were."""
        shown, rest = 0, iter(lines)
        while True:
            some = list(islice(rest, _LINES_AT_ONCE))
            if not some and shown:
                return shown
            said = {"start": str(shown), "newest": newest or ""}
            shown = int(self._ask(Call.SHOW_LEDGER, said, lines=map(encode_bytes, some))["shown"])
            if not some:
                return shown

    def recover(self, people: TwoPeople, records: Sequence[str]) -> Rejoined:
        """Put a restored copy of the vault right with the ledger that was shown.

        `records` are signed destruction records, as far as they are at hand.
        """
        return _read_rejoined(self._ask(Call.RECOVER, vars(people), records=records))

    def restore(self, people: TwoPeople, records: Sequence[str]) -> Rejoined:
        """Start a new origin at the ledger that was shown."""
        return _read_rejoined(self._ask(Call.RESTORE, vars(people), records=records))

    def release(self, people: TwoPeople, objects: Sequence[str]) -> list[str]:
        """Let go what is held shut; return what was."""
        return [str(one) for one in self._ask(Call.RELEASE, vars(people), objects=objects)["released"]]

    def _ask(self, call: Call, texts: Mapping[str, str], **lists: Iterable[str]) -> Mapping[str, Any]:
        request = Request(
            call=call,
            credential=self._credential,
            texts=dict(texts),
            lists={name: tuple(items) for name, items in lists.items()},
        )
        with self._lines.line() as line:
            answer = line.ask(request)
        if answer.code is not Code.OPENED:
            raise ERROR_OF[answer.code](answer.code, answer.field)
        return answer.body


def _read_rejoined(body: Mapping[str, Any]) -> Rejoined:
    return Rejoined(
        origin=str(body["origin"]),
        vkey=str(body["vkey"]),
        former=str(body["former"]) if "former" in body else None,
        former_size=int(body["former_size"]),
        size=int(body["size"]),
        root=decode_bytes(body["root"]),
        shut=tuple(body["shut"]),
        destroyed=tuple(body["destroyed"]),
        opened=tuple((one["index"], decode_bytes(one["entry"])) for one in body.get("opened", ())),
    )
