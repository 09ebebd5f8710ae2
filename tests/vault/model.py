"""The vault's protocol as a small pure model: what each step must answer.

Here a head is the whole history that it stands for, so that a proof is a comparison of
prefixes; there is no cryptography, no store and no process. The machines in
`test_protocol.py` walk the real vault and this model side by side, under an adversary.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from vault.errors import Code
from vault.keeper import STALE_TIMES
from vault.marks import KEPT_AFTER_EXPIRY
from vault.table import CALLERS_WITHOUT_PERMIT, ROWS, Call, CallerKind

History = tuple[bytes, ...]
# What an installation under test sets in `quotas.toml`, for an hour.
HOURLY = {Call.REVEAL_PASSPHRASE: 3}


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a permit's bytes mean."""

    call: Call
    at: str
    expires: datetime
    export: str = ""
    fencing: int = 0
    attempt: str = ""
    objects: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The name of the book's key."""
        return f"key:{self.export}.{self.fencing}"

    @property
    def passphrase(self) -> str:
        """The name of the book's passphrase."""
        return f"passphrase:{self.export}.{self.fencing}"


@dataclass(frozen=True, kw_only=True)
class Published:
    """What a publication's bytes mean."""

    attempt: str


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One try of one call: who asks what, and the history as it was read."""

    kind: CallerKind
    call: Call
    history: History
    base: int
    indices: tuple[int, ...]
    now: datetime


@dataclass(kw_only=True)
class ModelTries:
    """The stale answers that one call heard."""

    size: int = -1
    times: int = 0


def _may_call(kind: CallerKind, call: Call) -> bool:
    return kind in (CALLERS_WITHOUT_PERMIT.get(call) or ROWS[call].callers)


@dataclass(kw_only=True)
class ModelVault:
    """V as a history, permits spent, names taken (True while their secret is held)."""

    meaning: dict[bytes, Said | Published]
    seen: History = ()
    spent: dict[bytes, datetime] = field(default_factory=dict)
    floor: datetime | None = None
    held: dict[str, bool] = field(default_factory=dict)
    barred: set[str] = field(default_factory=set)
    shut: set[str] = field(default_factory=set)
    recorded: set[tuple[bytes, str]] = field(default_factory=set)
    counted: dict[tuple[CallerKind, Call], int] = field(default_factory=dict)
    void: frozenset[bytes] = frozenset()
    void_until: str = ""

    def show(self, asked: Asked, tries: ModelTries) -> Code:
        """Return what a try must be answered, and change as the vault must."""
        if not _may_call(asked.kind, asked.call):
            return Code.CALLER
        moved = self._move(asked, tries)
        if moved is not Code.OPENED or asked.call is Call.SIGN:
            return moved
        return self._open(asked)

    def show_batch(self, batch: Asked, parts: Sequence[Asked], tries: ModelTries) -> tuple[Code, list[Code]]:
        """Return what a batch must be answered, and each of its parts."""
        moved = self._move(batch, tries)
        if moved is not Code.OPENED:
            return moved, []
        return moved, [self._open(part) if _may_call(part.kind, part.call) else Code.CALLER for part in parts]

    def _move(self, asked: Asked, tries: ModelTries) -> Code:
        if asked.base != len(self.seen) or len(asked.history) < len(self.seen):
            tries.times = tries.times + 1 if tries.size == len(self.seen) else 1
            tries.size = len(self.seen)
            return Code.STALE if tries.times < STALE_TIMES else Code.ROLLED_BACK
        if asked.history[: len(self.seen)] != self.seen:
            return Code.FORK
        self.seen = asked.history
        return Code.OPENED

    def _open(self, asked: Asked) -> Code:
        leaf = asked.history[asked.indices[0]]
        said = self.meaning[leaf]
        if not isinstance(said, Said):
            return Code.NOT_A_PERMIT
        if said.call is not asked.call:
            return Code.MISFIT
        alive = self._life(said, asked)
        if alive is not Code.OPENED:
            return alive
        if leaf in self.void or said.at <= self.void_until:
            return Code.VOID
        if self.floor is not None and said.expires <= self.floor:
            return Code.EXPIRED
        if leaf in self.spent:
            code = Code.OPENED if asked.call is Call.DESTROY else Code.SPENT
        elif self.counted.get((asked.kind, asked.call), 0) >= HOURLY.get(asked.call, 10**6):
            code = Code.QUOTA
        else:
            code = self._effect(said, asked)
            if code is Code.OPENED:
                counted = self.counted.get((asked.kind, asked.call), 0) + 1
                self.counted[asked.kind, asked.call] = counted
        if code is Code.OPENED:
            self._drop(asked.now)
            self.spent[leaf] = said.expires
        return code

    def _life(self, said: Said, asked: Asked) -> Code:
        if said.expires <= asked.now:
            return Code.EXPIRED
        if said.expires > asked.now + ROWS[asked.call].longest_life:
            return Code.TOO_LONG
        return Code.OPENED

    def _drop(self, now: datetime) -> None:
        old = [expires for expires in self.spent.values() if expires < now - KEPT_AFTER_EXPIRY]
        if old:
            latest = max(old)
            self.floor = latest if self.floor is None else max(latest, self.floor)
            self.spent = {leaf: expires for leaf, expires in self.spent.items() if expires > latest}

    def _effect(self, said: Said, asked: Asked) -> Code:
        if said.call is Call.IMPORT_SNAPSHOT:
            return self._take(f"snapshot:{said.attempt}")
        if said.call is Call.BUILD_BOOK:
            published = self.meaning[asked.history[asked.indices[1]]]
            if not isinstance(published, Published):
                return Code.MISFIT
            opened = self._look(f"snapshot:{published.attempt}")
            return opened if opened is not Code.OPENED else self._build(said)
        if said.call is Call.DESTROY:
            for object_id in said.objects:
                self._destroy(object_id)
                self.recorded.add((asked.history[asked.indices[0]], object_id))
            return Code.OPENED
        return self._look(said.passphrase if said.call is Call.REVEAL_PASSPHRASE else said.key)

    def _look(self, name: str) -> Code:
        if self._is_shut(name):
            return Code.SHUT
        if name not in self.held:
            return Code.UNKNOWN
        return Code.OPENED if self.held[name] else Code.DESTROYED

    def _take(self, name: str) -> Code:
        if name in self.held:
            return Code.EXISTS
        self.held[name] = True
        return Code.OPENED

    def _build(self, said: Said) -> Code:
        if said.export in self.barred:
            return Code.BARRED
        if self._is_shut(said.key):
            return Code.SHUT
        if said.key in self.held or said.passphrase in self.held:
            return Code.EXISTS
        self.held |= {said.key: True, said.passphrase: True}
        return Code.OPENED

    def _is_shut(self, name: str) -> bool:
        kind, _, rest = name.partition(":")
        owner = rest.rpartition(".")[0] if kind in {"key", "passphrase"} else ""
        return not {name, f"export:{owner}"}.isdisjoint(self.shut)

    def _names_of(self, object_id: str) -> list[str]:
        kind, _, rest = object_id.partition(":")
        return [f"key:{rest}", f"passphrase:{rest}"] if kind == "book" else [object_id]

    def recover(self, history: History, until: str, records: set[tuple[bytes, str]]) -> None:
        """Change as a copy must that is shown a history, and records of what was destroyed.

        `until` is the latest moment that the history or the clock knows.
        """
        self.seen, self.void, self.void_until = history, frozenset(history), until
        for _leaf, object_id in sorted(records - self.recorded):
            self._destroy(object_id)
        self.recorded |= records
        for leaf in history:
            said = self.meaning.get(leaf)
            if isinstance(said, Said) and said.call is Call.DESTROY:
                self._hold_shut([one for one in said.objects if (leaf, one) not in self.recorded])
        for leaf in history:
            said = self.meaning.get(leaf)
            if isinstance(said, Said) and said.call is Call.BUILD_BOOK:
                self.held = {said.key: False, said.passphrase: False} | self.held
            if isinstance(said, Said) and said.call is Call.IMPORT_SNAPSHOT:
                self.held = {f"snapshot:{said.attempt}": False} | self.held

    def restore(self, history: History, until: str) -> None:
        """Change as a vault must that goes on with a restored ledger."""
        self.seen, self.void, self.void_until = history, frozenset(history), until

    def _hold_shut(self, objects: Sequence[str]) -> None:
        for object_id in objects:
            kind, _, rest = object_id.partition(":")
            is_gone = (
                rest in self.barred
                if kind == "export"
                else all(self.held.get(name, True) is False for name in self._names_of(object_id))
            )
            if not is_gone:
                self.shut |= set(self._names_of(object_id))

    def _destroy(self, object_id: str) -> None:
        self.shut -= set(self._names_of(object_id))
        kind, _, rest = object_id.partition(":")
        if kind == "export":
            self.barred.add(rest)
            names = [name for name in self.held if name.partition(":")[2].rpartition(".")[0] == rest]
        else:
            names = [f"key:{rest}", f"passphrase:{rest}"] if kind == "book" else [object_id]
        self.held |= dict.fromkeys(names, False)
