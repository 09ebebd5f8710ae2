"""The two ways in which an export doesn't get on: it waits, or it ends."""

from __future__ import annotations

from exports.states import Reason, State


class PutOffError(Exception):
    """Nothing left the house; try again later, with the reason shown."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class EndedError(Exception):
    """The export ended in a state that only a person changes, for a reason."""

    def __init__(self, state: State, reason: Reason) -> None:
        super().__init__(f"{state.value}: {reason.value}")
        self.state = state
        self.reason = reason
