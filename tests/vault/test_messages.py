"""Requests and answers: each call's shape exactly, both ways."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.checkpoint import Head
from vault.errors import Code
from vault.framing import FramingError, decode_body, encode_frame
from vault.heads import ShownProof
from vault.messages import Answer, Part, Request, read_answer, read_request, write_answer, write_request
from vault.permits import ShownEntry
from vault.table import BATCH_MOST, IN_BATCHES, SHAPES, Call

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
        **(draw(batches()) if shape.has_opens else {}),
    )


@st.composite
def batches(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a batch's entries and openings of any call that may stand in one."""
    entries = tuple(draw(st.lists(ENTRIES, min_size=1, max_size=3)))
    places = st.integers(min_value=0, max_value=len(entries) - 1)
    opens = []
    for call in draw(st.lists(st.sampled_from(sorted(IN_BATCHES)), max_size=4)):
        shape = SHAPES[call]
        opens.append(
            Part(
                call=call,
                permit=draw(places),
                published=draw(places) if shape.has_published else None,
                texts={name: draw(TEXTS) for name in shape.texts},
                lists={name: tuple(draw(st.lists(TEXTS, max_size=3))) for name in shape.lists},
            )
        )
    return {"entries": entries, "opens": tuple(opens)}


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
        entries=(entry,) if shape.has_opens else (),
        opens=(Part(call=Call.SEND_BOOK, permit=0),) if shape.has_opens else (),
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
        ("proof", {"base": True, "size": 1, "root": "", "consistency": ""}),
        ("proof", {"base": -1, "size": 1, "root": "", "consistency": ""}),
        ("proof", {"base": 0, "size": 2**62, "root": "", "consistency": ""}),
        ("permit", {"index": 0, "entry": "?", "inclusion": ""}),
        ("permit", {"index": 0, "entry": "", "inclusion": []}),
        ("permit", {"index": 0, "entry": "", "inclusion": "AAAA"}),
        ("permit", {"index": 0, "entry": "", "inclusion": b64encode(bytes(32 * 129)).decode()}),
        ("published", []),
    ],
)
def test_a_field_of_another_form_is_refused(name: str, value: object) -> None:
    """Wrong types, numbers out of range, odd base64 and texts that aren't Unicode are errors."""
    with pytest.raises(FramingError):
        read_request({**message_of(Call.BUILD_BOOK), name: value})


@pytest.mark.parametrize(
    "part",
    [
        {"call": "send_book"},
        {"call": "send_book", "permit": 1},
        {"call": "send_book", "permit": 0, "published": 0},
        {"call": "send_book", "permit": 0, "more": 0},
        {"call": "build_book", "permit": 0, "passphrase": "t"},
        {"call": "import_snapshot", "permit": 0, "attempt": "t", "agents": []},
        {"call": "verify_totp", "permit": 0, "person": "t", "code": "t"},
        {"call": "sign", "permit": 0},
        {"call": "open_many", "permit": 0},
        [],
    ],
)
def test_what_cannot_stand_in_a_batch_is_refused(part: object) -> None:
    """Other fields than the call's own, places outside the batch, imports, and calls without a permit."""
    with pytest.raises(FramingError):
        read_request({**message_of(Call.OPEN_MANY), "opens": [part]})


@pytest.mark.parametrize("name", ["entries", "opens"])
def test_a_batch_beyond_its_size_is_refused(name: str) -> None:
    """No list of a batch is longer than a full batch can need."""
    message = message_of(Call.OPEN_MANY)
    with pytest.raises(FramingError):
        read_request({**message, name: message[name] * (2 * BATCH_MOST + 1)})


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
