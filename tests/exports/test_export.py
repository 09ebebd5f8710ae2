"""Tests of the record of one export."""

from __future__ import annotations

import dataclasses

import pytest

from exports.export import Export
from tests.delivery.makers import an_export
from tests.factories import stored_book


def test_a_books_name_carries_what_it_was_built_with() -> None:
    """The stored object is named by export and the token that built it, not the newest claim's."""
    export = an_export(fencing=7, built_fencing=3)
    assert f"books/{export.id}.3" == stored_book(export)


def test_an_entry_tells_the_build_not_the_claim() -> None:
    """An entry about a book names the token that built it, and nothing beside what it is and whose."""
    export = an_export(fencing=7, built_fencing=3)
    assert {
        "agent": export.agent,
        "export": export.id,
        "fencing": 3,
        "channel": export.channel,
        "book": export.book_digest,
    } == export.as_fields()


def test_a_record_doesnt_change() -> None:
    """An export is what was read; a change is another record."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        an_export().tries = 1  # type: ignore[misc]  # assigning is the point


def test_a_record_holds_nothing_of_consumers() -> None:
    """Of a book's content an export knows counts and digests alone."""
    about_content = {"rows", "withheld", "columns", "bytes", "snapshot_digest", "book_digest"}
    known = {field.name for field in dataclasses.fields(Export)}
    assert about_content <= known
    assert {
        "id", "state", "stage", "reason", "requester", "agent", "purpose", "profile", "channel", "created_at",
        "expires_at", "next_at", "tries", "fencing", "built_fencing", "snapshot_as_of", "snapshot_revision",
    } == known - about_content  # fmt: skip
