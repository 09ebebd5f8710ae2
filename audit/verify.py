"""Verify an evidence bundle: no database, no network, no secret, and no trust in its writer.

    python -m audit.verify DIR [--vkey FILE] [--since OLD_CHECKPOINT] [--witness FILE]…
                               [--quiet-between FROM TO]

Laws of this file:
1. The rebuilt root must be the checkpoint's, and the checkpoint's signature must verify, by a
   key that holds at its size. `replay.py` reads the lines.
2. The verdict says PINNED only for a key that the verifier brought, COSIGNED only for a witness
   whose key the verifier brought, and always says what was not checked.
3. Whatever is wrong is a VerifyError that names the file and, where one is to blame, the line.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from audit.checkpoint import MAX_NOTE_CHARS, Head, NoteError, VerifierKey, read_checkpoint
from audit.cosignature import WitnessVerifier, verify_cosignature
from audit.evidence import CHECKPOINT, CONSISTENCY, ENTRIES, FILES, KEYS, OF_EXTENSION, VKEY
from audit.key_history import KeyHistory, digest_of_key, read_history
from audit.origins import former_origin
from audit.proofs import ProofError, verify_consistency
from audit.replay import Known, Period, Replay, VerifyError
from audit.verdict import Cosigned, Verdict
from runtime.clock import rfc3339

__all__ = ["Verdict", "VerifyError", "main", "verify_bundle"]


def verify_bundle(
    folder: Path,
    vkey: str | None = None,
    since: str | None = None,
    *,
    witnesses: Sequence[str] = (),
    quiet: tuple[str, str] | None = None,
) -> Verdict:
    """Verify the bundle, or the extension of an old checkpoint, in `folder`. Raises VerifyError.

    Texts that the verifier brings: `vkey` pins a key, `since` is an old checkpoint, `witnesses`
    are the vkeys of witnesses that must have cosigned; `quiet` are two moments (RFC 3339) between
    which no entry may stand.
    """
    history = _history(folder, vkey)
    note = _read(folder / CHECKPOINT)
    with _blaming(CHECKPOINT):
        _key, head = history.read_checkpoint(note)
    known = [Known(head=each, says=_HANDED_OVER) for each in history.heads if each.size <= head.size]
    old, left = None, None
    if since is not None:
        with _blaming("the old checkpoint"):
            left, old = _read_old(history, since)
        known.append(Known(head=old, says=_EXTENDED if left is None else _RESTORED))
        if old.size > head.size:
            restored = "" if left is None else f" and was restored since as {history.origin}"
            raise VerifyError(
                f"the old checkpoint is over {old.size} entries, this bundle over {head.size}{restored}"
            )
    replay = Replay(
        head=head,
        known=tuple(known),
        keys=frozenset(map(digest_of_key, history.keys)),
        quiet=_period(quiet) if quiet is not None else None,
    )
    cosigned = tuple(_cosigned(note, text) for text in witnesses)
    is_extension = (folder / CONSISTENCY).exists() and not (folder / ENTRIES).exists()
    if is_extension:
        _check_extension(_read(folder / CONSISTENCY), old, replay)
    else:
        replay.read(folder / ENTRIES)
    files = OF_EXTENSION if is_extension else FILES
    return Verdict(
        origin=history.origin,
        head=head,
        pinned=vkey is not None,
        redacted=replay.redacted,
        strangers=sum(each.name not in files for each in folder.iterdir()),
        since=old,
        left=left,
        keys=len(history.keys),
        cosigned=cosigned,
        quiet=replay.quiet,
        has_entries=not is_extension,
    )


def _history(folder: Path, pinned: str | None) -> KeyHistory:
    with _blaming(VKEY):
        text = _read(folder / VKEY)
        brought = VerifierKey.parse(text.removesuffix("\n"))
        if not text.endswith("\n"):
            raise NoteError("the last newline is missing")
    history = KeyHistory(first=brought)
    if (folder / KEYS).exists():
        with _blaming(KEYS):
            history = read_history(_read(folder / KEYS))
            if history.newest != brought:
                raise NoteError(f"the newest key isn't the one of {VKEY}")
    if pinned is not None:
        with _blaming("the pinned vkey"):
            key = VerifierKey.parse(pinned.removesuffix("\n"))
        if key not in history.keys:
            raise VerifyError(f"{VKEY}: the bundle's key isn't the pinned one, nor does it follow from it")
    return history


def _read_old(history: KeyHistory, since: str) -> tuple[str | None, Head]:
    """Read an old checkpoint, of this log or of one that it was restored from, whose name is returned."""
    try:
        return None, history.read_checkpoint(since)[1]
    except NoteError:
        left = former_origin(history.origin)
        while left is not None:
            with suppress(NoteError):
                # A restore keeps the key; its name, and so the key's id, is another.
                return left, read_checkpoint(since, VerifierKey(left, history.first.public))[1]
            left = former_origin(left)
        raise


def _cosigned(note: str, witness: str) -> Cosigned:
    with _blaming("the witness's vkey"):
        key = WitnessVerifier.parse(witness.removesuffix("\n"))
    with _blaming(CHECKPOINT):
        return Cosigned(witness=key.name, seconds=verify_cosignature(note, key))


def _check_extension(text: str, old: Head | None, replay: Replay) -> None:
    """Check that the head extends the old one by the proof alone: there are no entries here."""
    if old is None or replay.quiet is not None:
        raise VerifyError(f"{CONSISTENCY}: shows that an old checkpoint was extended, and nothing else")
    if not _HASHES.fullmatch(text):
        raise VerifyError(f"{CONSISTENCY}: each line is a hash of 64 lower-case hex digits")
    proof = [bytes.fromhex(line) for line in text.splitlines()]
    try:
        verify_consistency(old.size, old.root, replay.head.size, replay.head.root, proof)
    except ProofError as error:
        raise VerifyError(f"{CONSISTENCY}: {error}") from None


def _period(quiet: tuple[str, str]) -> Period:
    start, end = map(_moment, quiet)
    if start >= end:
        raise VerifyError("the period ends before it begins")
    return Period(start=start, end=end)


def _moment(text: str) -> str:
    try:
        return rfc3339(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        raise VerifyError("the period's ends are moments with a time zone (RFC 3339)") from None


def _read(path: Path) -> str:
    """Read a small text file as it is: no newline is turned into another."""
    try:
        with path.open("rb") as file:
            return file.read(4 * MAX_NOTE_CHARS).decode("utf-8")
    except OSError as error:
        raise VerifyError(f"{path.name} can't be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise VerifyError(f"{path.name} isn't UTF-8") from None


@contextmanager
def _blaming(what: str) -> Iterator[None]:
    try:
        yield
    except NoteError as error:
        raise VerifyError(f"{what}: {error}") from None


_HASHES = re.compile(r"([0-9a-f]{64}\n)*")
_EXTENDED = "the old checkpoint's root: this ledger doesn't extend the one that you know"
_RESTORED = (
    "the old checkpoint's root: this ledger was restored from a backup since, and lacks entries that you know"
)
_HANDED_OVER = f"the root at which {KEYS} says that a key handed over"


def main(arguments: Sequence[str] | None = None) -> int:
    """Verify as the command line asks; 0 when the bundle holds, 1 when it doesn't."""
    parser = argparse.ArgumentParser(prog="python -m audit.verify", description="Verify an evidence bundle.")
    parser.add_argument("folder", metavar="DIR", type=Path, help="the bundle's folder")
    parser.add_argument("--vkey", metavar="FILE", type=Path, help="a key of the ledger, as you know it")
    parser.add_argument("--since", metavar="OLD_CHECKPOINT", type=Path, help="a checkpoint seen earlier")
    parser.add_argument(
        "--witness",
        metavar="VKEY_FILE",
        type=Path,
        action="append",
        default=[],
        help="the key of a witness that must have cosigned; may be given several times",
    )
    parser.add_argument(
        "--quiet-between",
        metavar=("FROM", "TO"),
        nargs=2,
        help="demand that no entry stands from FROM to before TO (RFC 3339)",
    )
    asked = parser.parse_args(arguments)
    try:
        verdict = verify_bundle(
            asked.folder,
            vkey=_read(asked.vkey) if asked.vkey else None,
            since=_read(asked.since) if asked.since else None,
            witnesses=[_read(each) for each in asked.witness],
            quiet=tuple(asked.quiet_between) if asked.quiet_between else None,
        )
    except VerifyError as error:
        sys.stderr.write(f"NOT VERIFIED: {error}\n")
        return 1
    sys.stdout.write(f"{verdict}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
