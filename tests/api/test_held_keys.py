"""Keys in memory: for whom, for what, for how long."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from api.held_keys import MOST_KEYS, HeldKey, HeldKeys
from audit.entry import Resource
from tests.policies.factories import a_grant

GRANT = a_grant()
BEFORE = GRANT.expires_at - timedelta(minutes=1)
EXPORT = GRANT.resource.id


def a_key(export: str = EXPORT, expires_at: datetime = GRANT.expires_at) -> HeldKey:
    """Return a held key of an export."""
    resource = Resource(kind="export", id=export)
    return HeldKey(
        grant=replace(GRANT, resource=resource, expires_at=expires_at), recipient=None, key=b"k" * 32
    )


def test_a_key_is_found_by_its_session_and_export() -> None:
    """Nobody else finds it, and it opens nothing else."""
    keys, held = HeldKeys(), a_key()
    keys.keep("mine", held, BEFORE)

    assert held is keys.find("mine", EXPORT, BEFORE)
    assert [None, None] == [keys.find("other", EXPORT, BEFORE), keys.find("mine", "e2", BEFORE)]


def test_a_key_is_gone_when_its_permit_ends() -> None:
    """At the permit's very end nothing is found."""
    keys = HeldKeys()
    keys.keep("mine", a_key(), BEFORE)

    assert keys.find("mine", EXPORT, GRANT.expires_at) is None


def test_a_dropped_export_has_no_key_left() -> None:
    """Every session's key of it goes, others stay."""
    keys = HeldKeys()
    for session in ("one", "two"):
        keys.keep(session, a_key(), BEFORE)
    keys.keep("one", a_key("e2"), BEFORE)
    keys.drop(EXPORT)

    assert [None, None] == [keys.find(session, EXPORT, BEFORE) for session in ("one", "two")]
    assert keys.find("one", "e2", BEFORE) is not None


def test_only_so_many_are_held() -> None:
    """One more than there may be, and the one that ends first goes."""
    keys = HeldKeys()
    soonest = GRANT.expires_at - timedelta(seconds=30)
    keys.keep("first", a_key(expires_at=soonest), BEFORE)
    for number in range(MOST_KEYS):
        keys.keep(f"s{number}", a_key(), BEFORE)

    assert keys.find("first", EXPORT, BEFORE) is None
    assert keys.find("s0", EXPORT, BEFORE) is not None


def test_a_key_is_never_shown() -> None:
    """The key doesn't stand in what a log or an error might print."""
    assert "kkkk" not in repr(a_key())
