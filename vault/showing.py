"""A whole ledger shown to the vault, line by line, as a recovery and a restore need it.

Pure, and in memory: nothing that is shown changes anything by itself. The tree grows leaf by
leaf, so that whoever shows the ledger proves with it that nothing was left out: the head that
it ends in, and the roots that it passes at sizes which the vault knows already.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from audit import tree
from audit.checkpoint import Head
from audit.entry import Entry, EntryError
from audit.events import Event, Outcome
from audit.evidence import read_line
from vault.errors import Code, RefusalError
from vault.holdings import key_name, passphrase_name, snapshot_name

_DESTROY = "DestroyObject"
_BUILD = "BuildBook"
_IMPORT = "ImportSnapshot"
# Looked for in an entry's bytes, so that the others needn't be read.
_TOLD_BY = (b'"DestroyObject"', b'"BuildBook"', b'"ImportSnapshot"', b'"key.rotated"')


@dataclass(kw_only=True)
class Showing:
    """What was shown so far.

    `known` are heads that the ledger must pass if it is the one that the vault knows; `spent`
    are leaves of opened permits, from which those that are shown are taken away.
    """

    known: Sequence[Head]
    spent: set[bytes]
    size: int = 0
    peaks: list[bytes] = field(default_factory=list)
    passed: set[Head] = field(default_factory=set)
    last_at: str = ""
    # Objects that permits to destroy name, each with the permit's leaf, in the ledger's order.
    named: dict[tuple[str, bytes], None] = field(default_factory=dict)
    # Names that permits may have had minted.
    minted: dict[str, None] = field(default_factory=dict)
    # The index of the newest entry that tells of a fresh signing key.
    rotated: int = -1

    def __post_init__(self) -> None:
        self._pass()

    @property
    def head(self) -> Head:
        """The head of what was shown."""
        return Head(size=self.size, root=tree.fold(self.peaks))

    def add(self, lines: Iterable[bytes]) -> None:
        """Take the next lines: an entry's bytes, or the redaction that stands for a pruned one."""
        for data in lines:
            self._add(data)

    def _add(self, data: bytes) -> None:
        try:
            is_pruned = data.startswith(b'{"redacted_leaf"')
            leaf = read_line(data).leaf if is_pruned else tree.leaf_hash(data)
            if not is_pruned and any(told in data for told in _TOLD_BY):
                self._heed(Entry.decode(data), leaf)
        except EntryError:
            raise RefusalError(Code.UNREADABLE) from None
        self.last_at = max(self.last_at, _moment_of(data))
        _, self.peaks = tree.grow(self.size, self.peaks, [leaf])
        self.size += 1
        self.spent.discard(leaf)
        self._pass()

    def _heed(self, entry: Entry, leaf: bytes) -> None:
        if entry.outcome is Outcome.PERMIT and entry.action == _DESTROY:
            self.named |= {(object_id, leaf): None for object_id in entry.objects or ()}
        if entry.outcome is Outcome.PERMIT and entry.action == _IMPORT:
            self.minted[snapshot_name(entry.resource.id)] = None
        if entry.outcome is Outcome.PERMIT and entry.action == _BUILD:
            book = (entry.export or "", entry.fencing or 0)
            self.minted |= dict.fromkeys((key_name(*book), passphrase_name(*book)))
        if entry.event is Event.KEY_ROTATED and entry.vkey is not None:
            self.rotated = self.size

    def _pass(self) -> None:
        here = [head for head in self.known if head.size == self.size]
        if here:
            self.passed |= {head for head in here if head.root == self.head.root}

    def check_passed(self) -> None:
        """Raise a refusal unless every known head was passed: `rolled_back` or `fork`."""
        if any(head.size > self.size for head in self.known):
            raise RefusalError(Code.ROLLED_BACK)
        if not self.extends():
            raise RefusalError(Code.FORK)

    def extends(self) -> bool:
        """Tell whether every known head was passed."""
        return set(self.known) <= self.passed


def _moment_of(data: bytes) -> str:
    """Return an entry's `at` without reading all of it; of anything else nothing."""
    _, mark, rest = data.partition(b'"at":"')
    return rest[:27].decode("ascii", errors="replace") if mark and rest[27:28] == b'"' else ""
