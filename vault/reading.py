"""What the client asks of the ledger: proofs from a head, and a place for signed checkpoints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from audit.checkpoint import Head


class ProvenEntry(Protocol):
    """An entry with its inclusion proof in the head that it was read with."""

    @property
    def index(self) -> int:
        """The entry's place in the ledger."""
        ...

    @property
    def encoded(self) -> bytes:
        """The entry's bytes."""
        ...

    @property
    def inclusion(self) -> Sequence[bytes]:
        """The audit path."""
        ...


class LedgerProof(Protocol):
    """What one read transaction of the ledger saw."""

    @property
    def base(self) -> int:
        """The size that the consistency proof starts from."""
        ...

    @property
    def head(self) -> Head:
        """The ledger's head."""
        ...

    @property
    def consistency(self) -> Sequence[bytes]:
        """The consistency proof from `base` to `head`."""
        ...

    @property
    def permits(self) -> Sequence[ProvenEntry]:
        """The entries asked for, in the order asked."""
        ...

    @property
    def checkpoint(self) -> str | None:
        """The latest signed checkpoint that the ledger keeps."""
        ...


class ProofReader(Protocol):
    """Reads proofs of the ledger; audit's LedgerReader is one."""

    def prove(self, base: int, indices: Sequence[int], /) -> LedgerProof:
        """Prove, in one read transaction, that the head extends `base` entries and holds the indices.

        Where the ledger is shorter than `base` the consistency proof is empty. Raises
        LedgerGapError where an entry isn't there.
        """
        ...

    def keep_checkpoint(self, note: str, head: Head, /) -> None:
        """Store a signed checkpoint of a head; it survives a power loss once this returns."""
        ...
