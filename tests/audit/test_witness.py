"""A witness signs growth and nothing else: alone, in its folder, and over the network."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from audit import tree
from audit.checkpoint import Head, SigningKey, sign_checkpoint
from audit.cosignature import WitnessVerifier, verify_cosignature
from audit.key_history import KeyHistory, sign_handover, write_history
from audit.witness import (
    MAX_BODY_BYTES,
    SIZE_MEDIA_TYPE,
    Submission,
    WitnessRefusedError,
    judge,
    read_submission,
    write_submission,
)
from audit.witness_folder import WitnessError, WitnessFolder
from tests.witnesses import serving

ORIGIN = "ledger.example/sealed-book"
KEY = SigningKey(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
OTHER_KEY = SigningKey(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33))))
KEYS = KeyHistory(first=KEY.verifier)
TIME = 1_790_000_000


class Log:
    """A ledger of leaf hashes, as its owner has it; `fork_at` makes it differ from there on."""

    def __init__(self, size: int, fork_at: int | None = None) -> None:
        made, _peaks = tree.grow(0, [], (self._leaf(index, fork_at) for index in range(size)))
        self._nodes = {(node.level, node.position): node.hash for node in made}

    def _leaf(self, index: int, fork_at: int | None) -> bytes:
        forked = fork_at is not None and index >= fork_at
        return sha256(f"{index}{'x' * forked}".encode()).digest()

    def node(self, level: int, position: int, /) -> bytes:
        """Return a perfect node."""
        return self._nodes[level, position]

    def head(self, size: int) -> Head:
        """Return the head at a size."""
        return Head(size, tree.root(size, self.node))

    def submission(self, old: int, size: int, key: SigningKey = KEY) -> Submission:
        """Return an honest submission."""
        note = sign_checkpoint(ORIGIN, self.head(size), key)
        return Submission(old=old, proof=tuple(tree.consistency(old, size, self.node)), note=note)


LOG = Log(40)


def status_of(submit: Callable[[], object]) -> tuple[HTTPStatus, int | None]:
    """Return why a witness refuses."""
    with pytest.raises(WitnessRefusedError) as caught:
        submit()
    return caught.value.status, caught.value.size


@given(st.integers(0, 40), st.integers(0, 40))
def test_growth_is_signed_from_the_last_one_on(first: int, second: int) -> None:
    """From any size to any larger or equal one, and from the beginning to the first."""
    first, second = sorted((first, second))
    assert LOG.head(first) == judge(None, LOG.submission(0, first), KEYS)
    assert LOG.head(second) == judge(LOG.head(first), LOG.submission(first, second), KEYS)


@given(st.integers(1, 39), st.integers(1, 39), st.integers(0, 38))
def test_another_history_is_never_signed(first: int, second: int, fork_at: int) -> None:
    """What forked before the last one signed doesn't pass, however its proof was made."""
    first, second = sorted((first, second))
    fork = Log(40, min(fork_at, first - 1))
    submission = fork.submission(first, second)
    expected = HTTPStatus.CONFLICT if first == second else HTTPStatus.UNPROCESSABLE_ENTITY
    assert expected == status_of(lambda: judge(LOG.head(first), submission, KEYS))[0]


@pytest.mark.parametrize("old", [0, 6, 8])
def test_a_proof_from_elsewhere_is_told_where_to_begin(old: int) -> None:
    """The size that was signed last comes with the refusal."""
    submission = LOG.submission(old, 9)
    assert (HTTPStatus.CONFLICT, 7) == status_of(lambda: judge(LOG.head(7), submission, KEYS))


def test_a_smaller_ledger_is_never_signed() -> None:
    """A rollback can't be put as growth: from its size on, the witness has signed more."""
    submission = LOG.submission(5, 5)
    assert (HTTPStatus.CONFLICT, 7) == status_of(lambda: judge(LOG.head(7), submission, KEYS))
    beyond = replace(submission, old=7, proof=())
    assert HTTPStatus.BAD_REQUEST == status_of(lambda: judge(LOG.head(7), beyond, KEYS))[0]


def test_a_key_that_isnt_the_ledgers_signs_nothing() -> None:
    """A checkpoint by another key of the same name is forbidden."""
    submission = LOG.submission(0, 5, OTHER_KEY)
    assert HTTPStatus.FORBIDDEN == status_of(lambda: judge(None, submission, KEYS))[0]


def test_a_submission_has_one_form() -> None:
    """Reading undoes writing; what is written otherwise is a bad request."""
    submission = LOG.submission(7, 40)
    text = write_submission(submission.old, submission.proof, submission.note)
    assert submission == read_submission(text)
    for wrong in (
        "",
        text.replace("old 7", "old 07"),
        text.replace("old 7", "old -1"),
        text.replace("old 7\n", ""),
        text.replace("\n\n", "\n", 1),
        text.replace("=\n", "\n", 1),
        write_submission(7, [b"short"], submission.note),
        write_submission(7, [bytes(32)] * 64, submission.note),
        text[:-1],
    ):
        assert HTTPStatus.BAD_REQUEST == status_of(lambda wrong=wrong: read_submission(wrong))[0]  # type: ignore[misc]  # a default binds the loop's value


@pytest.fixture
def witness(tmp_path: Path) -> WitnessFolder:
    """A witness that knows the ledger."""
    made = WitnessFolder(tmp_path / "witness")
    made.create("witness.example/compliance")
    made.trust(KEY.verifier.text())
    return made


def signed_by(witness: WitnessFolder, note: str) -> int:
    """Return when the witness signed a note; NoteError if it didn't."""
    return verify_cosignature(note, WitnessVerifier.parse((witness.folder / "vkey").read_text().strip()))


def test_a_witness_signs_and_remembers(witness: WitnessFolder) -> None:
    """The cosigned checkpoint verifies, a new process goes on from it, and the key is its owner's alone."""
    assert TIME == signed_by(witness, witness.add(LOG.submission(0, 7), lambda: TIME))
    again = WitnessFolder(witness.folder)
    assert LOG.head(7) == again.seen(KEYS)
    assert status_of(lambda: again.add(LOG.submission(0, 9), lambda: TIME)) == (HTTPStatus.CONFLICT, 7)
    assert TIME + 1 == signed_by(again, again.add(LOG.submission(7, 9), lambda: TIME + 1))
    assert 0 == (witness.folder / "key").stat().st_mode & 0o077


def test_a_fork_leaves_no_trace(witness: WitnessFolder) -> None:
    """After a refusal the witness stands where it stood, and signs what is honest."""
    witness.add(LOG.submission(0, 7), lambda: TIME)
    fork = Log(40, 3)
    assert HTTPStatus.UNPROCESSABLE_ENTITY == status_of(lambda: witness.add(fork.submission(7, 9), int))[0]
    assert LOG.head(7) == witness.seen(KEYS)
    witness.add(LOG.submission(7, 9), lambda: TIME)


class CrashError(Exception):
    """The machine stopped."""


def test_a_crash_after_the_state_was_written_loses_an_answer_only(witness: WitnessFolder) -> None:
    """Nothing smaller is signed afterwards; the same head is, once it is asked for again."""

    def crash() -> None:
        raise CrashError

    with pytest.raises(CrashError):
        WitnessFolder(witness.folder, crash).add(LOG.submission(0, 9), lambda: TIME)
    assert (HTTPStatus.CONFLICT, 9) == status_of(lambda: witness.add(LOG.submission(0, 7), lambda: TIME))
    assert TIME == signed_by(witness, witness.add(LOG.submission(9, 9), lambda: TIME))


def test_a_lost_state_is_not_begun_anew(witness: WitnessFolder) -> None:
    """Who can't know what they signed signs nothing more."""
    witness.add(LOG.submission(0, 7), lambda: TIME)
    (state,) = witness.folder.glob("ledgers/*/checkpoint")
    for damage in (state.unlink, lambda: state.write_text("nonsense")):
        damage()
        with pytest.raises(WitnessError, match="retire"):
            witness.add(LOG.submission(0, 9), lambda: TIME)


def test_a_ledgers_key_is_fixed(witness: WitnessFolder) -> None:
    """Another key under a known name is refused, naming the same again is harmless, and so is no witness."""
    witness.trust(KEY.verifier.text())
    with pytest.raises(WitnessError, match="another key"):
        witness.trust(OTHER_KEY.verifier.text())
    with pytest.raises(WitnessError, match="already"):
        witness.create("witness.example/second")
    with pytest.raises(WitnessError, match="no witness"):
        WitnessFolder(witness.folder / "none").key()


def test_a_handover_leads_to_the_next_key(witness: WitnessFolder) -> None:
    """With the history of its keys a ledger goes on under another key; the old text changes nothing back."""
    witness.add(LOG.submission(0, 7), lambda: TIME)
    handover = sign_handover(LOG.head(8), "2026-11-21T18:00:00.000000Z", KEY, OTHER_KEY)
    assert HTTPStatus.FORBIDDEN == status_of(lambda: witness.add(LOG.submission(7, 9, OTHER_KEY), int))[0]
    history = write_history(KEY.verifier, [handover])
    assert 2 == len(witness.trust(history).keys) == len(witness.trust(KEY.verifier.text()).keys)
    assert HTTPStatus.FORBIDDEN == status_of(lambda: witness.add(LOG.submission(7, 9), int))[0]
    witness.add(LOG.submission(7, 9, OTHER_KEY), lambda: TIME)


def post(port: int, body: str | bytes, path: str = "/add-checkpoint") -> tuple[int, str, str]:
    """Post a body; return status, media type and answer."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request("POST", path, body if isinstance(body, bytes) else body.encode())
        answer = connection.getresponse()
        return answer.status, answer.getheader("Content-Type", ""), answer.read().decode()


def body_of(submission: Submission) -> str:
    """Return a submission as it is posted."""
    return write_submission(submission.old, submission.proof, submission.note)


def test_a_served_witness_answers_as_the_protocol_says(witness: WitnessFolder) -> None:
    """200 with a line, 409 with the size, 404, 403, 422 and 400."""
    submission = LOG.submission(0, 7)
    stranger = replace(submission, note=submission.note.replace(ORIGIN, "other.example/log"))
    with serving(witness) as port:
        status, _media_type, line = post(port, body_of(submission))
        assert HTTPStatus.OK == status
        assert signed_by(witness, submission.note + line)
        assert (409, SIZE_MEDIA_TYPE, "7\n") == post(port, body_of(submission))
        assert 404 == post(port, body_of(stranger))[0]
        assert 403 == post(port, body_of(LOG.submission(7, 9, OTHER_KEY)))[0]
        assert 422 == post(port, body_of(Log(40, 2).submission(7, 9)))[0]
        assert 400 == post(port, "nonsense")[0]
        assert 400 == post(port, b"\xff")[0]
        assert 404 == post(port, "", "/elsewhere")[0]
        assert 413 == post(port, "x" * (MAX_BODY_BYTES + 1))[0]
        assert 200 == post(port, body_of(LOG.submission(7, 9)))[0]


def test_of_two_racing_submissions_one_is_told_to_come_again(witness: WitnessFolder) -> None:
    """Whatever the order, no signature is given for a head behind one that was signed before it."""
    answers: dict[int, tuple[int, str, str]] = {}
    with serving(witness) as port:
        witness.add(LOG.submission(0, 7), lambda: TIME)
        start = threading.Barrier(8)

        def submit(size: int) -> None:
            start.wait()
            answers[size] = post(port, body_of(LOG.submission(7, size)))

        threads = [threading.Thread(target=submit, args=(size,)) for size in range(10, 18)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    won = [size for size, (status, _type, _text) in answers.items() if status == HTTPStatus.OK]
    assert 1 == len(won)
    assert {f"{won[0]}\n"} == {text for size, (_status, _type, text) in answers.items() if size != won[0]}
    assert LOG.head(won[0]) == witness.seen(KEYS)


def test_a_damaged_witness_says_so_and_signs_nothing(witness: WitnessFolder) -> None:
    """What is wrong inside is 500, without words about it."""
    next(iter(witness.folder.glob("ledgers/*/checkpoint"))).unlink()
    with serving(witness) as port:
        assert (500, "this witness can't work\n") == post(port, body_of(LOG.submission(0, 7)))[::2]


def test_a_silent_caller_keeps_nobody_waiting(witness: WitnessFolder) -> None:
    """A connection that says nothing stands beside the others."""
    with serving(witness) as port, closing(socket.create_connection(("127.0.0.1", port))):
        assert 200 == post(port, body_of(LOG.submission(0, 7)))[0]
