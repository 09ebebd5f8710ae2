"""Batches: many openings in one call, proven against one head, each with its own outcome.

    outcomes = client.open_many([sending(permit) for permit in permits])
    keys = [outcome.get() for outcome in outcomes]

Law: an outcome that isn't an opening is the error that the single call would have raised; it
is raised where it is asked for, so that one refusal doesn't hide what others opened.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from vault.answers import read_build_keys, read_found, read_list_keys
from vault.errors import ERROR_OF, Code, VaultError
from vault.framing import decode_bytes
from vault.messages import read_answer
from vault.table import Call


@dataclass(frozen=True, kw_only=True)
class Opening:
    """One permit to open, by its index; `published` is its snapshot's publication, where one is needed."""

    call: Call
    permit: int
    published: int | None = None
    texts: Mapping[str, str] = field(default_factory=dict, repr=False)
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one opening."""

    value: Any = field(default=None, repr=False)
    error: VaultError | None = None

    def get(self) -> Any:
        """Return what the single call returns, or raise what it raises."""
        if self.error is not None:
            raise self.error
        return self.value


def building(permit: int, *, published: int, passphrase: str) -> Opening:
    """Ask for what `build_book` returns."""
    return Opening(call=Call.BUILD_BOOK, permit=permit, published=published, texts={"passphrase": passphrase})


def sending(permit: int) -> Opening:
    """Ask for what `send_book` returns."""
    return Opening(call=Call.SEND_BOOK, permit=permit)


def downloading(permit: int) -> Opening:
    """Ask for what `download_book` returns."""
    return Opening(call=Call.DOWNLOAD_BOOK, permit=permit)


def revealing(permit: int) -> Opening:
    """Ask for what `reveal_passphrase` returns."""
    return Opening(call=Call.REVEAL_PASSPHRASE, permit=permit)


def viewing(permit: int, *, published: int) -> Opening:
    """Ask for what `view_consumers` returns."""
    return Opening(call=Call.VIEW_CONSUMERS, permit=permit, published=published)


def enrolling(permit: int) -> Opening:
    """Ask for what `enrol_factor` returns."""
    return Opening(call=Call.ENROL_FACTOR, permit=permit)


def releasing(permit: int) -> Opening:
    """Ask for what `release_factor` does."""
    return Opening(call=Call.RELEASE_FACTOR, permit=permit)


def destroying(permit: int) -> Opening:
    """Ask for what `destroy` returns."""
    return Opening(call=Call.DESTROY, permit=permit)


def finding(permit: int, ids: Sequence[str], *, kind: str) -> Opening:
    """Ask for what `find_consumer` returns."""
    return Opening(call=Call.FIND_CONSUMER, permit=permit, texts={"kind": kind}, lists={"ids": tuple(ids)})


def ending(permit: int, ids: Sequence[str]) -> Opening:
    """Ask for what `end_delegations` returns."""
    return Opening(call=Call.END_DELEGATIONS, permit=permit, lists={"ids": tuple(ids)})


def holding(permit: int) -> Opening:
    """Ask for what `hold_snapshot` returns."""
    return Opening(call=Call.HOLD_SNAPSHOT, permit=permit)


def rotating(permit: int, material: Sequence[str]) -> Opening:
    """Ask for what `rotate_key` returns."""
    return Opening(call=Call.ROTATE_KEY, permit=permit, lists={"material": tuple(material)})


def read_opened(opening: Opening, body: Mapping[str, Any]) -> Any:
    """Return what an opening's call returns, from its answer's body."""
    return _READERS[opening.call](opening, body)


def read_outcomes(openings: Sequence[Opening], body: Mapping[str, Any]) -> list[Outcome]:
    """Join a batch's answers with what was asked, in the same order."""
    outcomes = []
    for opening, said in zip(openings, body["answers"], strict=True):
        answer = read_answer(said)
        if answer.code is Code.OPENED:
            outcomes.append(Outcome(value=read_opened(opening, answer.body)))
        else:
            outcomes.append(Outcome(error=ERROR_OF[answer.code](answer.code, answer.field)))
    return outcomes


_READERS: Mapping[Call, Callable[[Opening, Mapping[str, Any]], Any]] = {
    Call.BUILD_BOOK: lambda _opening, body: read_build_keys(body),
    Call.SEND_BOOK: lambda _opening, body: decode_bytes(body["book"]),
    Call.DOWNLOAD_BOOK: lambda _opening, body: decode_bytes(body["book"]),
    Call.REVEAL_PASSPHRASE: lambda _opening, body: str(body["passphrase"]),
    Call.VIEW_CONSUMERS: lambda _opening, body: read_list_keys(body),
    Call.ENROL_FACTOR: lambda _opening, body: str(body["secret"]),
    Call.RELEASE_FACTOR: lambda _opening, _body: None,
    Call.DESTROY: lambda _opening, body: [str(record) for record in body["records"]],
    Call.HOLD_SNAPSHOT: lambda _opening, body: decode_bytes(body["index"]),
    Call.ROTATE_KEY: lambda _opening, body: {name: str(value) for name, value in body.items()},
    Call.FIND_CONSUMER: lambda opening, body: read_found(body, opening.lists["ids"]),
    Call.END_DELEGATIONS: lambda opening, body: read_found(body, opening.lists["ids"]),
}
