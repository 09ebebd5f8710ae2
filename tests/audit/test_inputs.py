"""Facts beside decisions: canonical, of codes and numbers only, proven by the entry or worth nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.canonical import encode
from audit.inputs import (
    InputsError,
    canonical_facts,
    facts_digest,
    keep_inputs,
    kept_inputs,
    proven_facts,
)
from runtime.database import reading, writing
from tests.audit.factories import AT, a_permit
from tests.factories import a_database

NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,12}", fullmatch=True)
CODES = st.from_regex(r"[A-Za-z0-9._:-]{0,20}", fullmatch=True)
FACTS = st.dictionaries(
    NAMES,
    st.dictionaries(NAMES, st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | CODES, max_size=5),
    max_size=5,
)
SALT = "ab" * 16


@given(FACTS)
def test_facts_are_written_as_rfc_8785_says(facts: dict[str, dict[str, bool | int | str]]) -> None:
    """The fast writing is the canonical one."""
    assert encode(facts) == canonical_facts(facts).encode()


@pytest.mark.parametrize("value", ["Ana Ramos", "ana@mail.example", "ñ", "x" * 65, 2**53, -(2**53)])
def test_text_of_anybodys_is_no_fact(value: str | int) -> None:
    """What is no code and no exact number is refused, and the message doesn't repeat it."""
    with pytest.raises(InputsError) as refused:
        canonical_facts({"person": {"name": value}})
    assert str(value) not in str(refused.value)
    assert "person.name" in str(refused.value)


def test_only_the_entrys_own_facts_are_proven() -> None:
    """Facts prove nothing if they are gone, were edited, or belong to another salt."""
    canonical = canonical_facts({"quota": {"exports_24h": 3}})
    entry = a_permit(salt=SALT, facts=facts_digest(SALT, canonical)).settle(AT, None)
    other = a_permit(salt="cd" * 16, facts=facts_digest(SALT, canonical)).settle(AT, None)

    assert {"quota": {"exports_24h": 3}} == proven_facts(entry, canonical)
    for one, facts in ((entry, None), (entry, canonical.replace("3", "4")), (other, canonical)):
        with pytest.raises(InputsError):
            proven_facts(one, facts)


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    """Facts are kept by the entry's index; what isn't there is left out."""
    engine = a_database(tmp_path)
    with writing(engine) as connection:
        keep_inputs(connection, {})
        keep_inputs(connection, {3: "{}", 5: '{"a":{}}'})
    with reading(engine) as connection:
        assert {5: '{"a":{}}'} == kept_inputs(connection, [4, 5])
    engine.dispose()
