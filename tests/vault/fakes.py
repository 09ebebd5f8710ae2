"""A ledger in memory with the switches of an adversary, and counters that can die."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from audit import tree
from audit.checkpoint import Head
from audit.entry import Entry
from audit.errors import LedgerGapError
from vault.errors import Code
from vault.file_keys import FileKeys
from vault.heads import ShownProof
from vault.home import CounterFile
from vault.keeper import Keeper, Tries
from vault.messages import Answer, Request
from vault.permits import ShownEntry
from vault.store import Store
from vault.table import Call


@dataclass(frozen=True, kw_only=True)
class MemoryProof:
    """What `prove` saw."""

    base: int
    head: Head
    consistency: list[bytes]
    permits: list[ShownEntry]
    checkpoint: str | None


class MemoryLedger:
    """Entries and their tree in memory; it can be copied, cut and rewritten."""

    def __init__(self, entries: Sequence[bytes] = (), notes: dict[int, str] | None = None) -> None:
        self.entries: list[bytes] = []
        self.nodes: dict[tuple[int, int], bytes] = {}
        self.peaks: list[bytes] = []
        self.notes = dict(notes or {})
        for encoded in entries:
            self.append_bytes(encoded)

    def append(self, entry: Entry) -> int:
        """Append an entry and return its index."""
        return self.append_bytes(entry.encode())

    def append_bytes(self, encoded: bytes) -> int:
        """Append any bytes as a leaf."""
        made, self.peaks = tree.grow(len(self.entries), self.peaks, [tree.leaf_hash(encoded)])
        self.nodes.update({(node.level, node.position): node.hash for node in made})
        self.entries.append(encoded)
        return len(self.entries) - 1

    def earlier(self, size: int) -> MemoryLedger:
        """Return a copy as it stood at a size, with the signed checkpoints of that time."""
        return MemoryLedger(self.entries[:size], {at: note for at, note in self.notes.items() if at <= size})

    def node(self, level: int, position: int, /) -> bytes:
        """Return one stored node."""
        return self.nodes[level, position]

    def head_at(self, size: int) -> Head:
        """Return the head of the first `size` entries."""
        return Head(size, tree.root(size, self.node))

    def prove(self, base: int, indices: Sequence[int]) -> MemoryProof:
        """Prove as audit's reader does."""
        size = len(self.entries)
        if any(index >= size for index in indices):
            raise LedgerGapError("the ledger lacks an entry that was asked for")
        return MemoryProof(
            base=base,
            head=self.head_at(size),
            consistency=tree.consistency(base, size, self.node) if base <= size else [],
            permits=[
                ShownEntry(
                    index=index,
                    encoded=self.entries[index],
                    inclusion=tuple(tree.inclusion(index, size, self.node)),
                )
                for index in indices
            ],
            checkpoint=self.notes[max(self.notes)] if self.notes else None,
        )

    def keep_checkpoint(self, note: str, head: Head) -> None:
        """Keep a signed checkpoint; a size that has one keeps it."""
        self.notes.setdefault(head.size, note)


class CrashError(BaseException):
    """The process dies here. No `except Exception` of ours can stop it."""


class DyingCounter(CounterFile):
    """A counter file whose process can be made to die before or after a write."""

    dies_before = False
    dies_after = False

    def write(self, changes: int) -> None:
        """Write, or die on the side that is switched on."""
        if self.dies_before:
            raise CrashError
        super().write(changes)
        if self.dies_after:
            raise CrashError


class Asker:
    """One call at a keeper in this process, step by step, as the client makes it."""

    def __init__(
        self,
        keeper: Keeper,
        credential: str,
        ledger: MemoryLedger,
        call: Call,
        *indices: int,
        seen: int = 0,
        texts: dict[str, str] | None = None,
        lists: dict[str, tuple[str, ...]] | None = None,
        history: str | None = None,
    ) -> None:
        self.keeper = keeper
        self.credential = credential
        self.ledger = ledger
        self.call = call
        self.indices = indices
        self.seen = seen
        self.texts = texts or {}
        self.lists = lists or {}
        self.history = history
        self.tries = Tries()
        self.request: Request | None = None

    def read(self) -> Request:
        """Read the ledger and write the request down."""
        proof = self.ledger.prove(self.seen, self.indices)
        self.request = Request(
            call=self.call,
            credential=self.credential,
            proof=ShownProof(base=proof.base, head=proof.head, consistency=tuple(proof.consistency)),
            checkpoint=proof.checkpoint,
            history=self.history,
            permit=proof.permits[0] if proof.permits else None,
            published=proof.permits[1] if len(proof.permits) > 1 else None,
            texts=self.texts,
            lists=self.lists,
        )
        return self.request

    def show(self) -> Answer:
        """Show what was read."""
        answer = self.keeper.answer(self.request or self.read(), self.tries).whole()
        if answer.size is not None:
            self.seen = answer.size
        return answer

    def ask(self) -> Answer:
        """Read and show until the answer isn't stale."""
        answer = Answer(code=Code.STALE)
        while answer.code is Code.STALE:
            self.read()
            answer = self.show()
        return answer


class DyingKeys(FileKeys):
    """Key files whose process can be made to die before one is destroyed."""

    dies = False

    def destroy(self, key_id: str) -> None:
        """Destroy a key, or die."""
        if self.dies:
            raise CrashError
        super().destroy(key_id)


class DyingStore(Store):
    """A store whose process can be made to die just before a commit."""

    dies_before_commit = False

    def put_fact(self, name: str, value: bytes) -> None:
        """Write a fact, or die at the last one before the commit."""
        if self.dies_before_commit and name == "changes":
            raise CrashError
        super().put_fact(name, value)
