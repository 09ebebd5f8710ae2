"""The index of a stored snapshot comes back from its bytes."""

from __future__ import annotations

import pytest

from runtime.envelope import open_envelope
from snapshot.index import Index, Section, object_names
from tests.snapshot.extracts import active_agents
from tests.snapshot.fakes import Room


def test_the_index_says_how_to_read_itself(room: Room) -> None:
    """An index comes back from its bytes, and another version is an error."""
    newest = room.newest()
    key = room.vault.keys_of(newest.attempt, "").index
    sealed = room.objects.read(object_names(newest.attempt)["index"])
    clear = open_envelope(key, sealed, use="snapshot.index", attempt=newest.attempt)
    index = Index.decode(clear)
    assert clear == index.encode()
    assert active_agents() == list(index.sections[Section.SHARDS].parts)
    with pytest.raises(ValueError, match="another version"):
        Index.decode(clear.replace(b'"v":1', b'"v":2'))
