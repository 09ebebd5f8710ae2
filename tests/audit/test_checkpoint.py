"""Signed notes and checkpoints: one form, one key."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.checkpoint import (
    Head,
    NoteError,
    SigningKey,
    VerifierKey,
    open_note,
    read_checkpoint,
    sign_checkpoint,
    sign_note,
)
from tests.audit.factories import ORIGIN, a_key

HEAD = Head(42, bytes(range(32)))
KEY = a_key()
CHECKPOINT = sign_checkpoint(ORIGIN, HEAD, KEY)

# The example of golang.org/x/mod/sumdb/note, made by other people's code.
PUBLISHED_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PUBLISHED_BODY = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
)
PUBLISHED_NOTE = (
    f"{PUBLISHED_BODY}\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuG"
    "UgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def test_published_note_opens() -> None:
    """A note signed by the Go implementation opens with its vkey."""
    key = VerifierKey.parse(PUBLISHED_VKEY)

    assert PUBLISHED_BODY == open_note(PUBLISHED_NOTE, key)
    assert PUBLISHED_VKEY == key.text()


def test_a_checkpoint_reads_back() -> None:
    """Origin and head come back as they were signed."""
    assert (ORIGIN, HEAD) == read_checkpoint(CHECKPOINT, KEY.verifier)


@given(st.integers(0, 2**53 - 1), st.binary(min_size=32, max_size=32), st.integers(0, 255))
def test_any_head_reads_back(size: int, root: bytes, seed: int) -> None:
    """Every head can be signed and read by every key."""
    key = a_key(seed)
    head = Head(size, root)

    assert (ORIGIN, head) == read_checkpoint(sign_checkpoint(ORIGIN, head, key), key.verifier)
    assert key.verifier == VerifierKey.parse(key.verifier.text())


@given(st.data())
def test_a_flipped_bit_is_found(data: st.DataObject) -> None:
    """No bit of a checkpoint can change unseen, the last base64 characters included."""
    changed = bytearray(CHECKPOINT.encode())
    place = data.draw(st.integers(0, len(changed) * 8 - 1))
    changed[place // 8] ^= 1 << place % 8
    with contextlib.suppress(UnicodeDecodeError), pytest.raises(NoteError):
        read_checkpoint(changed.decode(), KEY.verifier)


@given(st.data())
def test_a_flipped_bit_of_a_vkey_is_found(data: st.DataObject) -> None:
    """No bit of a vkey can change unseen: the id binds name and key."""
    text = KEY.verifier.text()
    changed = bytearray(text.encode())
    place = data.draw(st.integers(0, len(changed) * 8 - 1))
    changed[place // 8] ^= 1 << place % 8
    with contextlib.suppress(UnicodeDecodeError), pytest.raises(NoteError):
        VerifierKey.parse(changed.decode())


def test_lines_of_unknown_keys_are_passed_over() -> None:
    """A witness's line before or behind ours changes nothing."""
    body, line = CHECKPOINT.split("\n\n")
    witness = sign_note(f"{body}\n", "witness.example", a_key(9).private).split("\n\n")[1]
    namesake = sign_note(f"{body}\n", ORIGIN, a_key(9).private).split("\n\n")[1]

    text = f"{body}\n\n{witness}{line}{namesake}"
    assert HEAD == read_checkpoint(text, KEY.verifier)[1]


def test_a_wrong_line_of_the_named_key_spoils_the_note() -> None:
    """Beside a good signature of the named key, a bad one of it isn't tolerated."""
    body, line = CHECKPOINT.split("\n\n")
    other = sign_checkpoint(ORIGIN, Head(43, HEAD.root), KEY).split("\n\n")[1]
    with pytest.raises(NoteError, match="doesn't verify"):
        read_checkpoint(f"{body}\n\n{line}{other}", KEY.verifier)


def test_a_foreign_key_isnt_enough() -> None:
    """A note that only another key signed isn't believed."""
    with pytest.raises(NoteError, match="no signature of the named key"):
        read_checkpoint(CHECKPOINT, a_key(2).verifier)
    with pytest.raises(NoteError, match="no signature of the named key"):
        read_checkpoint(CHECKPOINT, a_key(1, "other.example").verifier)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(f"{ORIGIN}\n42\n", id="two lines"),
        pytest.param(f"{ORIGIN}\n042\n{'A' * 43}=\n", id="a leading zero"),
        pytest.param(f"{ORIGIN}\n+42\n{'A' * 43}=\n", id="a plus"),
        pytest.param(f"{ORIGIN}\n٤٢\n{'A' * 43}=\n", id="other people's digits"),
        pytest.param(f"{ORIGIN}\n9007199254740992\n{'A' * 43}=\n", id="too many"),
        pytest.param(f"{ORIGIN}\n42\n{'A' * 42}B=\n", id="trailing bits"),
        pytest.param(f"{ORIGIN}\n42\n{'A' * 44}\n", id="33 bytes"),
        pytest.param(f"{ORIGIN}\n42\n{'A' * 43}\n", id="no padding"),
        pytest.param(f"{ORIGIN}\n42\n{'A' * 43}=\nmore\n", id="an extension"),
        pytest.param(f"other.example\n42\n{'A' * 43}=\n", id="another origin"),
        pytest.param("sealed book destruction v1\norigin x\nobject y\n", id="a destruction record"),
    ],
)
def test_what_isnt_a_checkpoint(body: str) -> None:
    """A well-signed note that isn't exactly a checkpoint of this origin is refused."""
    with pytest.raises(NoteError):
        read_checkpoint(sign_note(body, ORIGIN, KEY.private), KEY.verifier)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param(CHECKPOINT.removesuffix("\n"), id="no last newline"),
        pytest.param(CHECKPOINT + "\n", id="a blank line behind"),
        pytest.param(CHECKPOINT.replace("\n\n", "\n"), id="no blank line"),
        pytest.param("\n" + CHECKPOINT[CHECKPOINT.index("\n\n") + 1 :], id="no body"),
        pytest.param(CHECKPOINT.replace("\n", "\r\n"), id="carriage returns"),
        pytest.param(CHECKPOINT.replace("— ", "- "), id="a hyphen"),
        pytest.param(CHECKPOINT + "— \n", id="an empty line of a key"),
        pytest.param(CHECKPOINT + "— other.example\n", id="no signature"),
        pytest.param(CHECKPOINT + "— other.example AAAAAA==\n", id="a signature of 4 bytes"),
        pytest.param(CHECKPOINT + "— other.example !!!!\n", id="no base64"),
        pytest.param(CHECKPOINT + "— a+b AAAAAAAA\n", id="a plus in a name"),
        pytest.param(CHECKPOINT + "— a\N{NO-BREAK SPACE}b AAAAAAAA\n", id="a space in a name"),
        pytest.param("\ud800" + CHECKPOINT, id="half a surrogate pair"),
        pytest.param("x" * 140_000 + CHECKPOINT, id="too long"),
    ],
)
def test_what_isnt_a_note(text: str) -> None:
    """Texts that aren't notes are refused, whoever signed a part of them."""
    with pytest.raises(NoteError):
        open_note(text, KEY.verifier)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        "name+00000000",
        "+c74f20a3+AAAA",
        PUBLISHED_VKEY + "\n",
        PUBLISHED_VKEY.upper(),
        PUBLISHED_VKEY[:-4],
        PUBLISHED_VKEY.replace("+AR", "+Ah"),
        PUBLISHED_VKEY.replace("Peter", "Pe er"),
    ],
)
def test_what_isnt_a_vkey(text: str) -> None:
    """Texts that aren't exactly a vkey are refused."""
    with pytest.raises(NoteError):
        VerifierKey.parse(text)


@pytest.mark.parametrize("body", ["", "no newline", "tab\t\n", "\ud800\n"])
def test_what_cant_be_signed(body: str) -> None:
    """A body without its newline, or with control characters, isn't signed."""
    with pytest.raises(NoteError):
        sign_note(body, ORIGIN, KEY.private)


def test_a_body_may_have_blank_lines() -> None:
    """The last blank line parts body and signatures."""
    body = "one\n\ntwo\n\n"
    assert body == open_note(sign_note(body, ORIGIN, KEY.private), KEY.verifier)


def test_the_key_bears_the_origin() -> None:
    """A checkpoint is signed under its own origin only, and only over a root of 32 bytes."""
    with pytest.raises(NoteError, match="origin"):
        sign_checkpoint("other.example", HEAD, KEY)
    with pytest.raises(NoteError, match="32 bytes"):
        sign_checkpoint(ORIGIN, Head(1, b"short"), KEY)


def test_a_private_key_isnt_shown() -> None:
    """A signing key's repr has its name and nothing secret."""
    assert f"SigningKey(name='{ORIGIN}')" == repr(SigningKey(ORIGIN, KEY.private))
