"""Requests and answers as they travel: strict both ways, no field more, no field less.

The table of shapes says what a request of each call carries. Texts must be Unicode without
lone surrogates and without NUL (`values.py`). A batch names its entries once, in a list; what is opened
names them by their place in it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from audit.checkpoint import Head
from vault.errors import Code
from vault.framing import FramingError, decode_bytes, encode_bytes
from vault.heads import ShownProof
from vault.permits import ShownEntry
from vault.table import IN_BATCHES, SHAPES, Call
from vault.values import read_hashes, read_list, read_members, read_number, read_text, read_texts

_VERSION = 1


@dataclass(frozen=True, kw_only=True)
class Part:
    """One opening of a batch: `permit` and `published` are places in the batch's entries."""

    call: Call
    permit: int
    published: int | None = None
    texts: Mapping[str, str] = dataclasses.field(default_factory=dict, repr=False)
    lists: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict, repr=False)


@dataclass(frozen=True, kw_only=True)
class Request:
    """One question. `checkpoint` is the latest signed head that the caller knows, if any.

    `history` is the text of the ledger's signing keys as the caller knows it, once they changed.
    """

    call: Call
    credential: str = dataclasses.field(default="", repr=False)
    proof: ShownProof | None = None
    checkpoint: str | None = None
    history: str | None = None
    permit: ShownEntry | None = None
    published: ShownEntry | None = None
    texts: Mapping[str, str] = dataclasses.field(default_factory=dict, repr=False)
    lists: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict, repr=False)
    entries: tuple[ShownEntry, ...] = ()
    opens: tuple[Part, ...] = ()

    def parts(self) -> list[Request]:
        """Return a batch as the single requests that it stands for, each without credential and proof."""
        return [
            Request(
                call=part.call,
                permit=self.entries[part.permit],
                published=None if part.published is None else self.entries[part.published],
                texts=part.texts,
                lists=part.lists,
            )
            for part in self.opens
        ]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One answer: a code; `size` of V where it helps; the body of what was opened.

    V's root isn't named: with it a thief of a credential who can't read the ledger could
    extend V by an entry of their own whenever its size is a power of two.

    `rest` makes what takes long and changes nothing, so that it needn't be made in the
    caller's turn; `whole` is the answer with it.
    """

    code: Code
    field: str = ""
    size: int | None = None
    body: Mapping[str, Any] = dataclasses.field(default_factory=dict, repr=False)
    rest: Callable[[], Mapping[str, Any]] | None = dataclasses.field(default=None, repr=False, compare=False)

    def whole(self) -> Answer:
        """Return the answer with all that belongs to its body."""
        if self.rest is None:
            return self
        return dataclasses.replace(self, body={**self.body, **self.rest()}, rest=None)


def write_request(request: Request) -> dict[str, Any]:
    """Return a request's JSON members."""
    message: dict[str, Any] = {"v": _VERSION, "call": request.call.value}
    shape = SHAPES[request.call]
    if shape.has_credential:
        message["credential"] = request.credential
    if request.proof is not None:
        message["proof"] = {
            "base": request.proof.base,
            "size": request.proof.head.size,
            "root": encode_bytes(request.proof.head.root),
            "consistency": encode_bytes(b"".join(request.proof.consistency)),
        }
    if request.checkpoint is not None:
        message["checkpoint"] = request.checkpoint
    if request.history is not None:
        message["history"] = request.history
    for name, shown in (("permit", request.permit), ("published", request.published)):
        if shown is not None:
            message[name] = _write_entry(shown)
    if shape.has_opens:
        message["entries"] = [_write_entry(shown) for shown in request.entries]
        message["opens"] = [_write_part(part) for part in request.opens]
    return message | _write_said(request)


def _write_entry(shown: ShownEntry) -> dict[str, Any]:
    return {
        "index": shown.index,
        "entry": encode_bytes(shown.encoded),
        "inclusion": encode_bytes(b"".join(shown.inclusion)),
    }


def _write_said(said: Request | Part) -> dict[str, Any]:
    return {**said.texts, **{name: list(items) for name, items in said.lists.items()}}


def _write_part(part: Part) -> dict[str, Any]:
    message: dict[str, Any] = {"call": part.call.value, "permit": part.permit}
    if part.published is not None:
        message["published"] = part.published
    return message | _write_said(part)


def read_request(message: Mapping[str, Any]) -> Request:
    """Read a request; anything beside its call's shape is a FramingError."""
    if message.get("v") != _VERSION:
        raise FramingError("another version")
    call = _call(message.get("call"))
    shape = SHAPES[call]
    wanted = {"v", "call", *shape.texts, *shape.lists}
    wanted |= {"credential"} if shape.has_credential else set()
    wanted |= {"proof"} if shape.has_proof else set()
    wanted |= {"permit"} if shape.has_permit else set()
    wanted |= {"published"} if shape.has_published else set()
    wanted |= {"entries", "opens"} if shape.has_opens else set()
    allowed = wanted | ({"checkpoint", "history"} if shape.has_proof else set())
    if not wanted <= message.keys() <= allowed:
        raise FramingError("other fields than this call carries")
    entries = tuple(_entry(one) for one in read_list(message["entries"])) if shape.has_opens else ()
    return Request(
        call=call,
        credential=read_text(message["credential"]) if shape.has_credential else "",
        proof=_proof(message["proof"]) if shape.has_proof else None,
        checkpoint=read_text(message["checkpoint"]) if "checkpoint" in message else None,
        history=read_text(message["history"]) if "history" in message else None,
        permit=_entry(message["permit"]) if shape.has_permit else None,
        published=_entry(message["published"]) if shape.has_published else None,
        texts={name: read_text(message[name]) for name in shape.texts},
        lists={name: read_texts(message[name]) for name in shape.lists},
        entries=entries,
        opens=tuple(_part(one, len(entries)) for one in read_list(message["opens"]))
        if shape.has_opens
        else (),
    )


def write_answer(answer: Answer) -> dict[str, Any]:
    """Return an answer's JSON members."""
    message: dict[str, Any] = {"v": _VERSION, "code": answer.code.value}
    if answer.field:
        message["field"] = answer.field
    if answer.size is not None:
        message["size"] = answer.size
    if answer.body:
        message["body"] = dict(answer.body)
    return message


def read_answer(message: Mapping[str, Any]) -> Answer:
    """Read an answer, or a part of a batch's; the body's own form is its reader's business."""
    if message.get("v") != _VERSION or not message.keys() <= {"v", "code", "field", "size", "body"}:
        raise FramingError("not an answer")
    try:
        code = Code(read_text(message.get("code")))
    except ValueError:
        raise FramingError("an unknown code") from None
    size = message.get("size")
    return Answer(
        code=code,
        field=read_text(message.get("field", "")),
        size=None if size is None else read_number(size),
        body=read_members(message.get("body", {})),
    )


def _call(value: object) -> Call:
    try:
        return Call(read_text(value))
    except ValueError:
        raise FramingError("an unknown call") from None


def _part(value: object, entries: int) -> Part:
    members = read_members(value)
    call = _call(members.get("call"))
    shape = SHAPES[call]
    wanted = {"call", "permit", *shape.texts, *shape.lists} | (
        {"published"} if shape.has_published else set()
    )
    if call not in IN_BATCHES or members.keys() != wanted:
        raise FramingError("no part of a batch")
    places = [read_number(members[name]) for name in ("permit", "published") if name in members]
    if any(place >= entries for place in places):
        raise FramingError("a place outside the batch")
    return Part(
        call=call,
        permit=places[0],
        published=places[1] if shape.has_published else None,
        texts={name: read_text(members[name]) for name in shape.texts},
        lists={name: read_texts(members[name]) for name in shape.lists},
    )


def _proof(value: object) -> ShownProof:
    members = read_members(value, frozenset({"base", "size", "root", "consistency"}))
    return ShownProof(
        base=read_number(members["base"]),
        head=Head(size=read_number(members["size"]), root=decode_bytes(members["root"])),
        consistency=read_hashes(members["consistency"]),
    )


def _entry(value: object) -> ShownEntry:
    members = read_members(value, frozenset({"index", "entry", "inclusion"}))
    return ShownEntry(
        index=read_number(members["index"]),
        encoded=decode_bytes(members["entry"]),
        inclusion=read_hashes(members["inclusion"]),
    )
