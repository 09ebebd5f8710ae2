"""What this room asks of the vault: an attempt's keys and pseudonyms, and what opens one part.

Protocols only: the vault's client fits them, and so does a test's stand-in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol


class SealingKeys(Protocol):
    """The keys of one import attempt: per agent for shards and lists, and the index's."""

    @property
    def shard(self) -> Mapping[str, bytes]:
        """Key of each agent's shard."""
        ...

    @property
    def list(self) -> Mapping[str, bytes]:
        """Key of each agent's list projection."""
        ...

    @property
    def index(self) -> bytes:
        """Key of the index."""
        ...


class RowKeys(Protocol):
    """What opens one agent's shard."""

    @property
    def shard(self) -> bytes:
        """Key of the agent's shard."""
        ...

    @property
    def index(self) -> bytes:
        """Key of the index."""
        ...


class ListKeys(Protocol):
    """What opens one agent's list projection."""

    @property
    def list(self) -> bytes:
        """Key of the agent's list projection."""
        ...

    @property
    def index(self) -> bytes:
        """Key of the index."""
        ...


class ImportedKeys(SealingKeys, Protocol):
    """The keys of an attempt, and a way to the pseudonyms of its consumers and cases."""

    @property
    def year(self) -> int:
        """The year that all pseudonyms of the attempt are of."""
        ...

    @property
    def derive(self) -> Callable[[str, tuple[str, ...]], bytes]:
        """What gives the 16 bytes of each id's pseudonym, by kind (`consumer`, `case`); from any thread."""
        ...


class ImportVault(Protocol):
    """The vault, as far as imports need it."""

    def import_snapshot(
        self,
        permit: int,
        *,
        attempt: str,
        agents: Sequence[str],
    ) -> ImportedKeys:
        """Mint an attempt's keys against the permit at an index of the ledger."""
        ...

    def sign(self) -> str:
        """Return a signed checkpoint of the ledger's head."""
        ...
