"""Pseudonyms beside rows, and pairs of them: the same as when each is made alone."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from snapshot.pairs import pack_pair
from snapshot.pseudonyms import pseudonymise
from tests.snapshot.fakes import Keys

KEYS = Keys(shard={}, list={}, index=b"")
IDS = st.lists(st.tuples(st.text(min_size=1, max_size=4), st.sampled_from(["0A1", "0B22222", "0C3"])))


@given(rows=IDS)
def test_rows_and_pairs_have_their_ids_pseudonyms(rows: list[tuple[str, str]]) -> None:
    """Each row has the text of its id's pseudonym, and each pair stands once, packed."""
    ids = pa.chunked_array([pa.array([one for one, _ in rows], pa.string())])
    agents = pa.array([agent for _, agent in rows], pa.string())
    expected = [f"2026:{KEYS.derive('consumer', (one,)).hex()}" for one, _ in rows]

    made = pseudonymise(ids, "consumer", KEYS)
    pairs = made.pairs_with(agents)

    assert expected == made.texts().to_pylist()
    assert len(set(rows)) == len(pairs)
    assert {pack_pair(text, agent) for text, (_, agent) in zip(expected, rows, strict=True)} == set(pairs)
