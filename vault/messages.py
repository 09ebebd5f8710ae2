"""Requests and answers as they travel: strict both ways, no field more, no field less.

The table of shapes says what a request of each call carries. Texts must be Unicode without
lone surrogates and without NUL.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from audit.checkpoint import Head
from vault.errors import Code
from vault.framing import FramingError, decode_bytes, encode_bytes
from vault.heads import ShownProof
from vault.permits import ShownEntry
from vault.table import SHAPES, Call

_VERSION = 1
_SIZE_LIMIT = 2**62
_PROOF_LIMIT = 128


@dataclass(frozen=True, kw_only=True)
class Request:
    """One question. `checkpoint` is the latest signed head that the caller knows, if any."""

    call: Call
    credential: str = dataclasses.field(default="", repr=False)
    proof: ShownProof | None = None
    checkpoint: str | None = None
    permit: ShownEntry | None = None
    published: ShownEntry | None = None
    texts: Mapping[str, str] = dataclasses.field(default_factory=dict, repr=False)
    lists: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict, repr=False)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One answer: a code; `size` of V where it helps; the body of what was opened.

    V's root isn't named: with it a thief of a credential who can't read the ledger could
    extend V by an entry of their own whenever its size is a power of two.
    """

    code: Code
    field: str = ""
    size: int | None = None
    body: Mapping[str, Any] = dataclasses.field(default_factory=dict, repr=False)


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
            "consistency": [encode_bytes(one) for one in request.proof.consistency],
        }
    if request.checkpoint is not None:
        message["checkpoint"] = request.checkpoint
    for name, shown in (("permit", request.permit), ("published", request.published)):
        if shown is not None:
            message[name] = {
                "index": shown.index,
                "entry": encode_bytes(shown.encoded),
                "inclusion": [encode_bytes(one) for one in shown.inclusion],
            }
    message |= dict(request.texts)
    message |= {name: list(items) for name, items in request.lists.items()}
    return message


def read_request(message: Mapping[str, Any]) -> Request:
    """Read a request; anything beside its call's shape is a FramingError."""
    if message.get("v") != _VERSION:
        raise FramingError("another version")
    try:
        call = Call(_text(message.get("call")))
    except ValueError:
        raise FramingError("an unknown call") from None
    shape = SHAPES[call]
    wanted = {"v", "call", *shape.texts, *shape.lists}
    wanted |= {"credential"} if shape.has_credential else set()
    wanted |= {"proof"} if shape.has_proof else set()
    wanted |= {"permit"} if shape.has_permit else set()
    wanted |= {"published"} if shape.has_published else set()
    allowed = wanted | ({"checkpoint"} if shape.has_proof else set())
    if not wanted <= message.keys() <= allowed:
        raise FramingError("other fields than this call carries")
    return Request(
        call=call,
        credential=_text(message["credential"]) if shape.has_credential else "",
        proof=_proof(message["proof"]) if shape.has_proof else None,
        checkpoint=_text(message["checkpoint"]) if "checkpoint" in message else None,
        permit=_entry(message["permit"]) if shape.has_permit else None,
        published=_entry(message["published"]) if shape.has_published else None,
        texts={name: _text(message[name]) for name in shape.texts},
        lists={name: _texts(message[name]) for name in shape.lists},
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
    """Read an answer; the body's own form is its reader's business."""
    if message.get("v") != _VERSION or not message.keys() <= {"v", "code", "field", "size", "body"}:
        raise FramingError("not an answer")
    try:
        code = Code(_text(message.get("code")))
    except ValueError:
        raise FramingError("an unknown code") from None
    size = message.get("size")
    return Answer(
        code=code,
        field=_text(message.get("field", "")),
        size=None if size is None else _number(size),
        body=_members(message.get("body", {})),
    )


def _members(value: object, names: frozenset[str] | None = None) -> dict[str, Any]:
    if not isinstance(value, dict) or (names is not None and value.keys() != names):
        raise FramingError("other members than expected")
    return value


def _number(value: object) -> int:
    if type(value) is not int or not 0 <= value < _SIZE_LIMIT:
        raise FramingError("not a number of the ledger")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise FramingError("not a text")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise FramingError("not a text") from None
    return value


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise FramingError("not a list")
    return tuple(_text(one) for one in value)


def _hashes(value: object) -> tuple[bytes, ...]:
    if not isinstance(value, list) or len(value) > _PROOF_LIMIT:
        raise FramingError("not a proof")
    return tuple(decode_bytes(one) for one in value)


def _proof(value: object) -> ShownProof:
    members = _members(value, frozenset({"base", "size", "root", "consistency"}))
    return ShownProof(
        base=_number(members["base"]),
        head=Head(size=_number(members["size"]), root=decode_bytes(members["root"])),
        consistency=_hashes(members["consistency"]),
    )


def _entry(value: object) -> ShownEntry:
    members = _members(value, frozenset({"index", "entry", "inclusion"}))
    return ShownEntry(
        index=_number(members["index"]),
        encoded=decode_bytes(members["entry"]),
        inclusion=_hashes(members["inclusion"]),
    )
