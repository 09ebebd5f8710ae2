"""Requests and answers: each call's shape exactly, both ways."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.checkpoint import Head
from vault.errors import Code
from vault.framing import FramingError, decode_body, encode_frame
from vault.heads import ShownProof
from vault.messages import Answer, Request, read_answer, read_request, write_answer, write_request
from vault.permits import ShownEntry
from vault.table import SHAPES, Call

HASHES = st.binary(min_size=32, max_size=32)
SIZES = st.integers(min_value=0, max_value=2**53)
ENTRIES = st.builds(
    ShownEntry, index=SIZES, encoded=st.binary(max_size=40), inclusion=st.lists(HASHES, max_size=3).map(tuple)
)
PROOFS = st.builds(
    ShownProof,
    base=SIZES,
    head=st.builds(Head, SIZES, HASHES),
    consistency=st.lists(HASHES, max_size=3).map(tuple),
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)


@st.composite
def requests(draw: st.DrawFn) -> Request:
    """Draw a request of any call in its own shape."""
    call = draw(st.sampled_from(Call))
    shape = SHAPES[call]
    return Request(
        call=call,
        credential=draw(TEXTS) if shape.has_credential else "",
        proof=draw(PROOFS) if shape.has_proof else None,
        checkpoint=draw(st.none() | TEXTS) if shape.has_proof else None,
        permit=draw(ENTRIES) if shape.has_permit else None,
        published=draw(ENTRIES) if shape.has_published else None,
        texts={name: draw(TEXTS) for name in shape.texts},
        lists={name: tuple(draw(st.lists(TEXTS, max_size=3))) for name in shape.lists},
    )


def message_of(call: Call) -> dict[str, Any]:
    """Return one right message of a call."""
    shape, entry = SHAPES[call], ShownEntry(index=0, encoded=b"e", inclusion=(bytes(32),))
    request = Request(
        call=call,
        credential="c",
        proof=ShownProof(base=0, head=Head(1, bytes(32)), consistency=()) if shape.has_proof else None,
        permit=entry if shape.has_permit else None,
        published=entry if shape.has_published else None,
        texts=dict.fromkeys(shape.texts, "t"),
        lists=dict.fromkeys(shape.lists, ("t",)),
    )
    message: dict[str, Any] = json.loads(json.dumps(write_request(request)))
    return message


@given(requests())
def test_a_request_survives_the_way_there(request: Request) -> None:
    """What is written is read as the same request."""
    assert request == read_request(decode_body(encode_frame(write_request(request))[4:]))


@pytest.mark.parametrize("call", Call)
def test_a_field_more_or_less_is_refused(call: Call) -> None:
    """No call carries another's fields, and none misses one of its own."""
    message = message_of(call)

    assert call is read_request(message).call
    with pytest.raises(FramingError):
        read_request({**message, "more": 1})
    for name in message:
        with pytest.raises(FramingError):
            read_request({key: value for key, value in message.items() if key != name})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("v", 2),
        ("call", "open"),
        ("call", 7),
        ("credential", None),
        ("credential", "\ud800"),
        ("passphrase", "a\0"),
        ("checkpoint", 1),
        ("proof", {"base": 0}),
        ("proof", {"base": True, "size": 1, "root": "", "consistency": []}),
        ("proof", {"base": -1, "size": 1, "root": "", "consistency": []}),
        ("proof", {"base": 0, "size": 2**62, "root": "", "consistency": []}),
        ("permit", {"index": 0, "entry": "?", "inclusion": []}),
        ("permit", {"index": 0, "entry": "", "inclusion": [""] * 129}),
        ("published", []),
    ],
)
def test_a_field_of_another_form_is_refused(name: str, value: object) -> None:
    """Wrong types, numbers out of range, odd base64 and texts that aren't Unicode are errors."""
    with pytest.raises(FramingError):
        read_request({**message_of(Call.BUILD_BOOK), name: value})


def test_an_answer_survives_the_way_back() -> None:
    """Code, field, size and body are read as written; anything else isn't an answer."""
    answer = Answer(code=Code.MISFIT, field="agent", size=7, body={"key": "AA=="})

    assert answer == read_answer(write_answer(answer))
    for broken in (
        {"v": 1},
        {"v": 1, "code": "x"},
        {"v": 1, "code": "stale", "why": ""},
        {"v": 2, "code": "stale"},
    ):
        with pytest.raises(FramingError):
            read_answer(broken)


def test_secrets_stay_out_of_reprs() -> None:
    """What is logged by mistake shows no credential, argument or body."""
    request = Request(call=Call.VERIFY_TOTP, credential="hidden", texts={"code": "hidden"})

    assert "hidden" not in repr(request) + repr(Answer(code=Code.OPENED, body={"key": "hidden"}))
