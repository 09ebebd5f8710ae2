"""The two ways in which an export doesn't get on: it waits, or it ends."""

from __future__ import annotations

from exports.states import Reason, State


class PutOffError(Exception):
    """Nothing left the house; try again later, with the reason shown.

    Where it is final, nothing tries again: the export stays as it is until it expires.
    """

    def __init__(self, reason: Reason, *, is_final: bool = False) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.is_final = is_final


class EndedError(Exception):
    """The export ended in a state that only a person changes, for a reason."""

    def __init__(self, state: State, reason: Reason) -> None:
        super().__init__(f"{state.value}: {reason.value}")
        self.state = state
        self.reason = reason
