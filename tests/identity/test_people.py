"""Tests of people and their roles."""

from __future__ import annotations

import pytest

from identity.people import Papers, Person, Role
from identity.roster import read_roster
from tests.installation import DATA


def a_person(papers: Papers) -> Person:
    """Return somebody with these papers."""
    return Person(
        id="5c1f0a52-9a3e-4f0b-8a57-0f4f7f0f8d10",
        username=papers.licence,
        papers=papers,
        roster_at="2026-11-21T18:00:00.000000Z",
        password_hash=None,
        factors_reset_at=None,
        last_sign_in_at=None,
        disabled=False,
        listed=True,
        joined_at=None,
    )


def test_a_persons_role_is_their_papers() -> None:
    """Whoever the roster calls a manager is one, and an agent with a book of their own too."""
    papers = read_roster((DATA / "roster.csv").read_bytes())
    roles = {one.licence: a_person(one).role for one in papers}
    assert (Role.AGENT, Role.MANAGER) == (roles["0B65625"], roles["0C86404"])


@pytest.mark.parametrize("role", Role)
def test_a_role_is_one_word(role: Role) -> None:
    """A role is a plain word that policies and entries carry."""
    assert role.value.isalpha()
    assert role.value == role.value.lower()
