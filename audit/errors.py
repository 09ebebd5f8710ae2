"""What can go wrong with the ledger's storage, by whose fault it is.

LedgerError
├── LedgerUnavailableError   the database doesn't answer, or refused the write
├── LedgerBrokenError        what is stored contradicts itself
└── LedgerGapError           an entry was asked for or referred to that isn't there
    └── LedgerPrunedError    its bytes were pruned when its retention was over
"""

from __future__ import annotations


class LedgerError(Exception):
    """The ledger can't record or answer; messages hold indices and sizes only."""


class LedgerUnavailableError(LedgerError):
    """The database doesn't answer or refused: nothing was recorded, nothing may leave."""


class LedgerBrokenError(LedgerError):
    """Stored entries, nodes and head don't fit together; `sealedbook doctor` says more."""


class LedgerGapError(LedgerError):
    """There is no such entry in the ledger."""


class LedgerPrunedError(LedgerGapError):
    """The entry's leaf and proofs are there, its bytes no longer: its retention was over."""
