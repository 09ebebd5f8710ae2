"""Tests of stored books: one opens under its own permit or not at all."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from book.seal import SealedBook, seal_book
from delivery.books import WrongGrantError, open_stored_book, put_book
from policies.actions import Action
from runtime.envelope import EnvelopeError, open_envelope
from runtime.objects import DirectoryObjects, ObjectExistsError, ObjectMissingError
from tests.book.makers import AGENT, EXPORT, a_minted_key, a_notice, a_table, the_catalogue
from tests.delivery.makers import a_grant

KEY = bytes(range(32))
OTHER_EXPORT = "7a1d0f0e-6a53-4a55-9f39-0d6c2f4f1b22"
OTHER_AGENT = "0B65625"
OPENERS = (Action.SEND_BOOK, Action.DOWNLOAD_BOOK)


@cache
def a_sealed_book() -> SealedBook:
    """Return one sealed book for all tests: each costs a spin."""
    table = a_table()
    return seal_book(table, a_notice(table), the_catalogue(), a_minted_key())


@pytest.fixture
def objects(tmp_path: Path) -> DirectoryObjects:
    """Return an empty folder of objects."""
    return DirectoryObjects(tmp_path)


def put(objects: DirectoryObjects, *, action: Action = Action.BUILD_BOOK, **changes: Any) -> str:
    """Store the sealed book under a permit to build it."""
    grant = a_grant(action, **changes)
    return put_book(grant, KEY, objects, a_sealed_book(), recipient=AGENT)


@pytest.mark.parametrize("action", OPENERS)
def test_a_stored_book_opens_under_a_permit_that_hands_it_over(
    objects: DirectoryObjects, action: Action
) -> None:
    """Sending and downloading open the very bytes that were sealed."""
    assert f"books/{EXPORT}.1" == put(objects)
    assert a_sealed_book().data == open_stored_book(a_grant(action), KEY, objects)


def test_what_lies_there_isnt_the_sealed_book(objects: DirectoryObjects) -> None:
    """The stored object is encrypted once more: it holds no stretch of the sealed book."""
    stored = objects.read(put(objects))
    assert -1 == stored.find(a_sealed_book().data[:64])
    assert len(a_sealed_book().data) + 32 == len(stored)


@pytest.mark.parametrize("action", [action for action in Action if action not in OPENERS])
def test_no_other_permit_opens_a_book(objects: DirectoryObjects, action: Action) -> None:
    """A permit for anything but handing a book over opens none, the one that it was built under included."""
    put(objects)
    with pytest.raises(WrongGrantError):
        open_stored_book(a_grant(action), KEY, objects)


@pytest.mark.parametrize("action", [action for action in Action if action is not Action.BUILD_BOOK])
def test_no_other_permit_stores_a_book(objects: DirectoryObjects, action: Action) -> None:
    """Only a permit to build stores a book."""
    with pytest.raises(WrongGrantError):
        put(objects, action=action)
    assert [] == objects.names()


@pytest.mark.parametrize(
    "changes", [{"export": OTHER_EXPORT}, {"agent": OTHER_AGENT}, {"export": None}, {"agent": None}]
)
def test_a_book_of_another_isnt_stored(objects: DirectoryObjects, changes: dict[str, Any]) -> None:
    """A sealed book goes under the permit of its own export and agent only."""
    with pytest.raises(WrongGrantError):
        put(objects, **changes)
    assert [] == objects.names()


def test_a_book_for_another_recipient_isnt_stored(objects: DirectoryObjects) -> None:
    """A sealed book whose Notice names another recipient than the permit is refused."""
    with pytest.raises(WrongGrantError):
        put_book(a_grant(Action.BUILD_BOOK), KEY, objects, a_sealed_book(), recipient=OTHER_AGENT)
    assert [] == objects.names()


@pytest.mark.parametrize("changes", [{"export": OTHER_EXPORT}, {"fencing": 2}])
def test_a_permit_for_another_book_finds_nothing(objects: DirectoryObjects, changes: dict[str, Any]) -> None:
    """A permit of another export or another building doesn't reach this book."""
    put(objects)
    with pytest.raises(ObjectMissingError):
        open_stored_book(a_grant(Action.SEND_BOOK, **changes), KEY, objects)


@pytest.mark.parametrize("changes", [{"export": OTHER_EXPORT}, {"fencing": 2}])
def test_a_swapped_object_is_an_error(objects: DirectoryObjects, changes: dict[str, Any]) -> None:
    """A book that was laid in another's place opens nothing, with the right key too."""
    stored = objects.read(put(objects))
    grant = a_grant(Action.SEND_BOOK, **changes)
    objects.put(f"books/{grant.export}.{grant.fencing}", stored)
    with pytest.raises(EnvelopeError):
        open_stored_book(grant, KEY, objects)


def test_an_object_of_another_kind_is_an_error(objects: DirectoryObjects) -> None:
    """A stored book doesn't open as a shard, though key and names are right."""
    stored = objects.read(put(objects))
    with pytest.raises(EnvelopeError):
        open_envelope(KEY, stored, use="shard", export=EXPORT, fencing=1)


def test_another_key_opens_nothing(objects: DirectoryObjects) -> None:
    """The permit alone is not enough: the book's own key is needed."""
    put(objects)
    with pytest.raises(EnvelopeError):
        open_stored_book(a_grant(Action.SEND_BOOK), bytes(32), objects)


@pytest.mark.parametrize("changes", [{"export": None}, {"fencing": None}])
def test_a_permit_that_names_no_book_opens_nothing(
    objects: DirectoryObjects, changes: dict[str, Any]
) -> None:
    """A permit without export or fencing token is a defect of ours, and an error."""
    put(objects)
    with pytest.raises(WrongGrantError):
        open_stored_book(a_grant(Action.SEND_BOOK, **changes), KEY, objects)


def test_a_late_builder_overwrites_nothing(objects: DirectoryObjects) -> None:
    """A book of a fencing token is stored once; the next building has a place of its own."""
    put(objects)
    with pytest.raises(ObjectExistsError):
        put(objects)
    put(objects, fencing=2)
    assert [f"books/{EXPORT}.1", f"books/{EXPORT}.2"] == objects.names()
