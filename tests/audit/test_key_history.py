"""Key history: which key signs from which size on, told by the keys themselves."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.checkpoint import Head, read_checkpoint, sign_checkpoint
from audit.key_history import (
    KeyHistory,
    digest_of_key,
    read_handover,
    read_history,
    sign_handover,
    write_history,
)
from audit.note import NoteError, SigningKey, VerifierKey, sign_note
from tests.audit.factories import AT, ORIGIN, a_key

FIRST, SECOND, THIRD = KEYS = [a_key(seed) for seed in (1, 2, 3)]
HEADS = [Head(10, b"\x0a" * 32), Head(25, b"\x19" * 32)]


def a_history(keys: list[SigningKey] = KEYS, heads: list[Head] = HEADS) -> str:
    """Return the text of a history in which each key hands over to the next."""
    notes = [sign_handover(head, AT, *pair) for pair, head in zip(pairwise(keys), heads, strict=True)]
    return write_history(keys[0].verifier, notes)


def test_a_history_reads_back() -> None:
    """Keys and heads come back in order, and the newest key is the last."""
    history = read_history(a_history())

    assert tuple(key.verifier for key in KEYS) == history.keys
    assert tuple(HEADS) == history.heads
    assert (ORIGIN, THIRD.verifier) == (history.origin, history.newest)


def test_one_key_is_a_history() -> None:
    """A ledger that never changed its key has a history of one line: its vkey."""
    text = a_history([FIRST], [])

    assert f"{FIRST.verifier.text()}\n" == text
    assert KeyHistory(first=FIRST.verifier) == read_history(text)


@pytest.mark.parametrize(
    ("size", "holding"),
    [(0, [FIRST]), (9, [FIRST]), (10, [FIRST, SECOND]), (11, [SECOND]), (25, [SECOND, THIRD]), (99, [THIRD])],
)
def test_which_key_holds(size: int, holding: list[SigningKey]) -> None:
    """Each size has its key, and both keys hold at the size of a handover."""
    history = read_history(a_history())

    assert tuple(key.verifier for key in holding) == history.keys_for(size)
    for key in KEYS:
        note = sign_checkpoint(ORIGIN, Head(size, bytes(32)), key)
        if key in holding:
            assert (key.verifier, Head(size, bytes(32))) == history.read_checkpoint(note)
        else:
            with pytest.raises(NoteError, match="doesn't hold at its size"):
                history.read_checkpoint(note)


def test_a_foreign_key_is_in_no_history() -> None:
    """A checkpoint of a key outside the history isn't believed, nor one of another origin."""
    history = read_history(a_history())
    with pytest.raises(NoteError, match="no signature of the named key"):
        history.read_checkpoint(sign_checkpoint(ORIGIN, HEADS[0], a_key(9)))
    body = f"other.example\n3\n{'A' * 43}=\n"
    with pytest.raises(NoteError, match="origin"):
        history.read_checkpoint(sign_note(body, ORIGIN, FIRST.private))


def test_a_handover_is_no_checkpoint() -> None:
    """What a key signs as a handover can't be read as a checkpoint."""
    note = sign_handover(HEADS[0], AT, FIRST, SECOND)
    with pytest.raises(NoteError, match="three lines"):
        read_checkpoint(note, FIRST.verifier)


@given(st.data())
def test_any_flipped_bit_is_found(data: st.DataObject) -> None:
    """No bit of a history can change unseen."""
    changed = bytearray(a_history().encode())
    place = data.draw(st.integers(0, len(changed) * 8 - 1))
    changed[place // 8] ^= 1 << place % 8
    # Bytes that aren't UTF-8 never get as far: whoever reads the file refuses them.
    with pytest.raises((NoteError, UnicodeDecodeError)):
        read_history(changed.decode())


def test_both_keys_must_sign() -> None:
    """A handover without the next key's line, or with a line too many, isn't one."""
    note = sign_handover(HEADS[0], AT, FIRST, SECOND)
    body, lines = note.split("\n\n")
    old, new = lines.splitlines(keepends=True)

    assert SECOND.verifier == read_handover(note, FIRST.verifier).key
    with pytest.raises(NoteError, match="no signature"):
        read_handover(f"{body}\n\n{old}", FIRST.verifier)
    with pytest.raises(NoteError, match="no signature"):
        read_handover(f"{body}\n\n{new}", FIRST.verifier)
    stranger = sign_note(f"{body}\n", "stranger.example", a_key(8).private).rpartition("\n\n")[2]
    for order in ([new, old], [old, new, stranger]):
        with pytest.raises(NoteError, match="two signatures"):
            read_handover(f"{body}\n\n{''.join(order)}", FIRST.verifier)


def test_a_chain_must_be_whole() -> None:
    """A history that skips, repeats, reorders or goes back isn't one."""
    first, second = sign_handover(HEADS[0], AT, FIRST, SECOND), sign_handover(HEADS[1], AT, SECOND, THIRD)
    skipping = sign_handover(HEADS[1], AT, FIRST, THIRD)
    back = sign_handover(Head(30, bytes(32)), AT, SECOND, FIRST)
    early = sign_handover(HEADS[0], AT, SECOND, THIRD)
    before = sign_handover(HEADS[1], "2020-01-01T00:00:00.000000Z", SECOND, THIRD)
    for notes, why in (
        ([second], "handover 1: the note has no signature"),
        ([second, first], "handover 1: the note has no signature"),
        ([first, skipping], "handover 2: the note has no signature"),
        ([first, back], "a key stands twice"),
        ([first, early], "handover 2 isn't later"),
        ([first, before], "handover 2 isn't later"),
    ):
        with pytest.raises(NoteError, match=why):
            write_history(FIRST.verifier, notes)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("size 10", "size 010", id="a leading zero"),
        pytest.param("size 10", "size 0", id="nothing signed"),
        pytest.param(f"origin {ORIGIN}", "origin other.example", id="another origin"),
        pytest.param(SECOND.verifier.text(), a_key(2, "other").verifier.text(), id="a key of another origin"),
        pytest.param(f"at {AT}", "at today", id="no moment"),
        pytest.param(f"at {AT}", f"at {AT}\nmore so", id="a line too many"),
        pytest.param("handover v1", "handover v2", id="another version"),
        pytest.param("Cgo=\n", "Cgp=\n", id="altered base64 tail"),
    ],
)
def test_what_isnt_a_handover(old: str, new: str) -> None:
    """A note that both keys signed but that isn't exactly a handover is refused."""
    body = sign_handover(HEADS[0], AT, FIRST, SECOND).split("\n\n")[0] + "\n"
    assert old in body
    lines = [
        sign_note(body.replace(old, new), ORIGIN, key.private).rpartition("\n\n")[2]
        for key in (FIRST, SECOND)
    ]
    with pytest.raises(NoteError):
        read_handover(f"{body.replace(old, new)}\n{''.join(lines)}", FIRST.verifier)


@pytest.mark.parametrize(
    "text", ["", "\n", "x\n", FIRST.verifier.text(), a_history() + "\n", a_history()[:-70]]
)
def test_what_isnt_a_history(text: str) -> None:
    """Texts that aren't exactly a history are refused."""
    with pytest.raises(NoteError):
        read_history(text)


def test_the_digest_is_of_the_vkeys_text() -> None:
    """An entry's `vkey` is the SHA-256 of the vkey as it is written, without a newline."""
    key = VerifierKey.parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")

    assert "a82f24c48c9ee106dd11952a8026e14f3760ae4686748dd80e6cae8dd4e98a04" == digest_of_key(key)
