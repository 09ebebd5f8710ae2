"""The index of a stored snapshot comes back from its bytes, and finds each agent's page."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.arrow_types import rows_schema
from runtime.envelope import open_envelope
from snapshot.index import PageRef, Part, Root, Section, decode_page, encode_page, object_names
from tests.snapshot.extracts import CATALOGUE, active_agents
from tests.snapshot.fakes import Room

_AGENTS = st.from_regex(r"0[A-K][0-9]{5}", fullmatch=True)


def test_the_index_says_how_to_read_itself(room: Room) -> None:
    """A root comes back from its bytes with the rows' schema, and another version is an error."""
    newest = room.newest()
    key = room.vault.keys_of(newest.attempt, "").index
    sealed = room.objects.read(object_names(newest.attempt)["index"])
    clear = open_envelope(key, sealed, use="snapshot.index", attempt=newest.attempt)
    root = Root.decode(clear)
    assert clear == root.encode()
    assert rows_schema(CATALOGUE) == root.schemas[Section.SHARDS]
    with pytest.raises(ValueError, match="another version"):
        Root.decode(clear.replace(b'"v":2', b'"v":3'))


def test_the_pages_hold_every_agent_once(room: Room) -> None:
    """All agents with active rows stand on the pages, in order, each with both parts."""
    newest = room.newest()
    key = room.vault.keys_of(newest.attempt, "").index
    names = object_names(newest.attempt)
    root = Root.decode(
        open_envelope(key, room.objects.read(names["index"]), use="snapshot.index", attempt=newest.attempt)
    )
    held: list[str] = []
    for number, page in enumerate(root.pages):
        sealed = room.objects.read(names["pages"], offset=page.offset, length=page.length)
        parts = decode_page(
            open_envelope(key, sealed, use="snapshot.page", attempt=newest.attempt, number=number)
        )
        assert page.first == next(iter(parts))
        assert all(set(Section) == set(of) for of in parts.values())
        held += parts
    assert active_agents() == held


@given(st.sets(_AGENTS, min_size=1, max_size=40), st.integers(1, 7), _AGENTS)
def test_an_agent_is_looked_for_on_the_one_right_page(agents: set[str], each: int, other: str) -> None:
    """The page found for an agent is the one that starts at or before them; before all is none."""
    held = sorted(agents)
    firsts = held[::each]
    pages = tuple(PageRef(first=first, offset=0, length=1, sha256="ab" * 32) for first in firsts)
    root = Root(attempt="a", schemas={section: pa.schema([]) for section in Section}, pages=pages)
    for place, agent in enumerate(held):
        assert place // each == root.page_of(agent)
    before = [first for first in firsts if first <= other]
    assert (len(before) - 1 if before else None) == root.page_of(other)


def test_a_page_comes_back() -> None:
    """A page's parts are the same after encoding."""
    part = Part(position=3, offset=7, length=11, rows=2, sha256="cd" * 32)
    parts = {"0B12345": {Section.SHARDS: part, Section.LISTS: part}}
    assert parts == decode_page(encode_page(parts))
