"""The tables of actions are complete."""

from __future__ import annotations

import pytest

from policies.actions import EVENT_OF, LIFE_OF, Action


def test_every_action_has_a_row_in_every_table() -> None:
    """Each action has an event for its decision and a life for its permit."""
    assert set(Action) == set(EVENT_OF)
    assert set(Action) == set(LIFE_OF)


def test_no_two_actions_share_an_event() -> None:
    """A decision's event tells which action was decided, and ends in `.requested`."""
    assert len(Action) == len(set(EVENT_OF.values()))
    assert all(event.value.endswith(".requested") for event in EVENT_OF.values())


@pytest.mark.parametrize(
    ("action", "seconds"),
    [
        (Action.BUILD_BOOK, 300),
        (Action.SEND_BOOK, 300),
        (Action.DOWNLOAD_BOOK, 600),
        (Action.REVEAL_PASSPHRASE, 300),
        (Action.IMPORT_SNAPSHOT, 3600),
        (Action.DESTROY_OBJECT, 300),
        (Action.READ_LEDGER, 300),
    ],
)
def test_a_permit_lives_no_longer_than_its_work_needs(action: Action, seconds: int) -> None:
    """A permit's life is the action's own."""
    assert seconds == LIFE_OF[action]
