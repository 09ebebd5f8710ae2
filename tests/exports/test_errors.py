"""Tests of what can go wrong with an export."""

from __future__ import annotations

import pytest

from exports.errors import ExportError, ExportNotFoundError, LostClaimError, WrongStateError
from exports.states import State


@pytest.mark.parametrize("state", State)
def test_a_wrong_state_is_named(state: State) -> None:
    """The error says in which state the export is, and carries it."""
    error = WrongStateError(state)
    assert (f"the export is {state.value}", state) == (str(error), error.state)


def test_they_are_one_family() -> None:
    """Whoever catches ExportError catches each of them."""
    assert [ExportError] * 3 == [
        error.__base__ for error in (ExportNotFoundError, WrongStateError, LostClaimError)
    ]
