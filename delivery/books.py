"""Stored books: sealed workbooks, encrypted once more under a key of their own.

Law: a book is put only as a SealedBook (re-opened and checked) under a BuildBook grant, and
opened only under a grant that hands it over. The envelope is bound to export and fencing
token, so that a swapped or late object is an error and never another person's book.
"""

from __future__ import annotations

from book.seal import SealedBook
from exports.export import stored_name
from policies.actions import Action
from policies.grant import Grant
from runtime.envelope import open_envelope, seal_envelope
from runtime.objects import Objects

_OPENERS = frozenset({Action.SEND_BOOK, Action.DOWNLOAD_BOOK})


class WrongGrantError(Exception):
    """The grant isn't for this; a defect of ours, never a person's."""


def put_book(grant: Grant, key: bytes, objects: Objects, sealed: SealedBook, *, recipient: str) -> str:
    """Store a sealed book and return its object's name.

    `recipient` is the licence number of the person whom the permit names; what the sealed
    bytes say of themselves must agree with it and with the permit, else WrongGrantError.
    """
    if grant.action is not Action.BUILD_BOOK:
        raise WrongGrantError("a book is stored under the permit that it was built under")
    if (sealed.export, sealed.agent, sealed.recipient) != (grant.export, grant.agent, recipient):
        raise WrongGrantError("the sealed book is not the one that the permit is for")
    name = _name_of(grant)
    objects.put(
        name, seal_envelope(key, sealed.data, use="book", export=_export_of(grant), fencing=_token_of(grant))
    )
    return name


def open_stored_book(grant: Grant, key: bytes, objects: Objects) -> bytes:
    """Return the sealed workbook's bytes as the agent will have them."""
    if grant.action not in _OPENERS:
        raise WrongGrantError("this permit hands no book over")
    stored = objects.read(_name_of(grant))
    return open_envelope(key, stored, use="book", export=_export_of(grant), fencing=_token_of(grant))


def _name_of(grant: Grant) -> str:
    return stored_name(_export_of(grant), _token_of(grant))


def _export_of(grant: Grant) -> str:
    if grant.export is None:
        raise WrongGrantError("the permit names no export")
    return grant.export


def _token_of(grant: Grant) -> int:
    if grant.fencing is None:
        raise WrongGrantError("the permit names no built book")
    return grant.fencing
