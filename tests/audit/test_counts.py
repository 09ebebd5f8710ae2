"""Counting entries: the facts that the ledger itself holds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from audit.checkpoint import Head
from audit.counts import count_entries, find_entries, newest_index, ranges_length, signed_size
from audit.entry import Actor, new_salt
from audit.events import Event, Outcome
from audit.ledger import LedgerGapError
from runtime.database import reading
from tests.audit.factories import AT, a_draft, a_ledger, a_permit


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"event": Event.EXPORT_REQUESTED}, 4),
        ({"event": Event.EXPORT_REQUESTED, "outcome": Outcome.PERMIT}, 3),
        ({"event": Event.EXPORT_REQUESTED, "agent": "0B65625"}, 3),
        ({"event": Event.EXPORT_REQUESTED, "agent": "0B65625", "outcome": Outcome.REFUSE}, 1),
        ({"event": Event.EXPORT_REQUESTED, "actor": "p-7f3a"}, 3),
        ({"event": Event.EXPORT_REQUESTED, "since": "2026-11-21T19:00:00.000000Z"}, 2),
        ({"event": Event.EXPORT_REQUESTED, "since": AT}, 4),
        ({"event": Event.EXPORT_SENT, "export": "e-01"}, 1),
        ({"event": Event.EXPORT_SENT, "export": "e-02"}, 0),
        ({"event": Event.EXPORT_SENT, "action": "SendBook"}, 1),
        ({"event": Event.EXPORT_SENT, "action": "BuildBook"}, 0),
        ({"event": Event.EXPORT_BUILT}, 0),
    ],
)
def test_counts_are_of_all_given_fields(tmp_path: Path, asked: dict[str, str], expected: int) -> None:
    """A count takes the entries that have every field asked for, since a moment inclusive."""
    made = a_ledger(tmp_path)
    made.append(a_permit(), a_permit(agent="0C86404"), a_draft(export="e-01"))
    made.clock.advance(hours=1)
    made.append(
        a_permit(outcome=Outcome.REFUSE, expires=None),
        a_permit(actor=Actor(kind="person", id="p-other", role="agent")),
    )

    with reading(made.engine) as connection:
        assert expected == count_entries(connection, **asked)  # type: ignore[arg-type]  # one table of many types


def test_the_newest_of_an_export(tmp_path: Path) -> None:
    """The newest entry of an event and export is found; that there is none is an error."""
    made = a_ledger(tmp_path)
    made.append(a_draft(export="e-01"), a_draft(export="e-01"), a_draft(export="e-02"))

    with reading(made.engine) as connection:
        assert 1 == newest_index(connection, event=Event.EXPORT_SENT, export="e-01")
        with pytest.raises(LedgerGapError, match=r"no export\.built"):
            newest_index(connection, event=Event.EXPORT_BUILT, export="e-01")


def test_how_far_was_signed(tmp_path: Path) -> None:
    """The signed size is that of the newest kept checkpoint, and 0 before the first."""
    made = a_ledger(tmp_path)
    for size in (0, 2, 5):
        with reading(made.engine) as connection:
            assert size == signed_size(connection)
        made.reader.keep_checkpoint("a note", Head({0: 2, 2: 5}.get(size, 9), bytes(32)))


def test_ranges_are_added_up(tmp_path: Path) -> None:
    """The ranges of one actor's entries of an event and action count by their length, since a moment."""
    made = a_ledger(tmp_path)
    shown = a_draft(event=Event.RELEASE_STARTED, ranges=((0, 50), (60, 70)))
    made.append(
        shown, a_draft(event=Event.RELEASE_STARTED), a_draft(event=Event.RELEASE_ENDED, ranges=((0, 9),))
    )
    made.clock.advance(hours=1)
    made.append(replace(shown, salt=new_salt(), ranges=((3, 5),)))

    def length(actor: str, since: str) -> int:
        with reading(made.engine) as connection:
            return ranges_length(connection, event=shown.event, action=shown.action, actor=actor, since=since)

    assert 62 == length(shown.actor.id, AT)
    assert 2 == length(shown.actor.id, "2026-11-21T19:00:00.000000Z")
    assert 0 == length("p-other", AT)


def test_an_exports_entries_are_found_oldest_first(tmp_path: Path) -> None:
    """Those of the event, the action and the export, whole, and no others."""
    made = a_ledger(tmp_path)
    kept = made.append(a_draft(export="e-01"), a_draft(export="e-02"), a_draft(export="e-01"))

    with reading(made.engine) as connection:
        found = find_entries(connection, event=Event.EXPORT_SENT, export="e-01", action="SendBook")
        none = find_entries(connection, event=Event.EXPORT_SENT, export="e-01", action="BuildBook")

    assert ([kept[0].entry, kept[2].entry], []) == (found, none)
