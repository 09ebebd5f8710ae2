"""What can go wrong with an export, as families by whose fault it is.

ExportError
├── ExportNotFoundError       there is none of that id that this person may know of
├── WrongStateError           the export's state doesn't allow it
└── LostClaimError            another worker holds the export now; stop quietly
"""

from __future__ import annotations

from exports.states import State


class ExportError(Exception):
    """Something is wrong with an export; messages hold ids and states only."""


class ExportNotFoundError(ExportError):
    """There is no such export for this person."""


class WrongStateError(ExportError):
    """The export's state doesn't allow what was asked."""

    def __init__(self, state: State) -> None:
        super().__init__(f"the export is {state.value}")
        self.state = state


class LostClaimError(ExportError):
    """The fencing token moved on: another worker has this export."""
