"""Verify an evidence bundle: no database, no network, no secret, and no trust in its writer.

    python -m audit.verify DIR [--vkey FILE] [--since OLD_CHECKPOINT]

Laws of this file:
1. Every line is hashed and, unless redacted, read strictly; times never run backwards and
   `because` points backwards.
2. The rebuilt root must be the checkpoint's, and the checkpoint's signature must verify.
3. The verdict says PINNED only for a key that the verifier brought, and always says what
   was not checked.
4. Whatever is wrong is a VerifyError that names the file and, where one is to blame, the line.
"""

from __future__ import annotations

import argparse
import base64
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from audit.canonical import MAX_BYTES
from audit.checkpoint import MAX_NOTE_CHARS, Head, NoteError, VerifierKey, read_checkpoint
from audit.entry import Entry, EntryError
from audit.evidence import CHECKPOINT, ENTRIES, FILES, VKEY, read_line
from audit.proofs import RootBuilder


class VerifyError(Exception):
    """The bundle doesn't hold; the message says what is wrong and where."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What was found true. `since` is the older head that this one was shown to extend."""

    origin: str
    head: Head
    pinned: bool
    redacted: int
    strangers: int
    since: Head | None

    def lines(self) -> list[str]:
        """Say it in words: the first line has size, root, trust mode and what was not checked."""
        unchecked = [
            f"{self.redacted} redacted lines (counted by their hashes)",
            "time (as the writer's clock had it)",
            "completeness beyond the checkpoint",
        ]
        if self.strangers:
            unchecked.append(f"{self.strangers} other files in the folder")
        mode, meaning = _TRUST[self.pinned]
        root = _text(self.head.root)
        said = [
            f"verified: size {self.head.size}, root {root}, {mode}; not checked: {', '.join(unchecked)}",
            f"ledger {self.origin}; {mode}: {meaning}",
        ]
        if self.since is not None:
            said.append(f"extends the old checkpoint: size {self.since.size}, root {_text(self.since.root)}")
        return said

    def __str__(self) -> str:
        return "\n".join(self.lines())


_TRUST = {
    True: ("PINNED", "the key is the one that you gave"),
    False: ("UNPINNED", "the key came with the bundle, so whoever made the bundle may have made the key"),
}


def verify_bundle(folder: Path, vkey: str | None = None, since: str | None = None) -> Verdict:
    """Verify the bundle in `folder`; `vkey` and `since` are texts: a pinned key, an old checkpoint.

    Raises VerifyError.
    """
    key = _key(folder, vkey)
    with _blaming(CHECKPOINT):
        origin, head = read_checkpoint(_read(folder / CHECKPOINT), key)
    old = None
    if since is not None:
        with _blaming("the old checkpoint"):
            _origin, old = read_checkpoint(since, key)
        if old.size > head.size:
            raise VerifyError(f"the old checkpoint is over {old.size} entries, this bundle over {head.size}")
    redacted = _replay(folder, head, old)
    return Verdict(
        origin=origin,
        head=head,
        pinned=vkey is not None,
        redacted=redacted,
        strangers=sum(each.name not in FILES for each in folder.iterdir()),
        since=old,
    )


def _key(folder: Path, pinned: str | None) -> VerifierKey:
    with _blaming(VKEY):
        text = _read(folder / VKEY)
        brought = VerifierKey.parse(text.removesuffix("\n"))
        if not text.endswith("\n"):
            raise NoteError("the last newline is missing")
    if pinned is None:
        return brought
    with _blaming("the pinned vkey"):
        key = VerifierKey.parse(pinned.removesuffix("\n"))
    if key != brought:
        raise VerifyError(f"{VKEY}: the bundle's key isn't the pinned one")
    return key


def _replay(folder: Path, head: Head, old: Head | None) -> int:
    """Rebuild the root line by line; return how many lines were redacted."""
    builder = RootBuilder()
    redacted, last_at = 0, ""
    _check_old(builder, old)
    for number, data in _lines(folder / ENTRIES):
        if number > head.size:
            raise VerifyError(f"{ENTRIES} line {number}: the checkpoint is over {head.size} lines only")
        try:
            line = read_line(data)
        except EntryError as error:
            raise VerifyError(f"{ENTRIES} line {number}: {error}") from None
        if line.entry is None:
            redacted += 1
        else:
            _check_order(line.entry, number, last_at)
            last_at = line.entry.at
        builder.add(line.leaf)
        _check_old(builder, old)
    if builder.size < head.size:
        raise VerifyError(
            f"{ENTRIES} ends after line {builder.size}; the checkpoint is over {head.size} lines"
        )
    if builder.root() != head.root:
        raise VerifyError(
            f"{ENTRIES}: lines 1 to {head.size} don't have the checkpoint's root:"
            " one was changed, moved or replaced, or they belong to another ledger"
        )
    return redacted


def _check_order(entry: Entry, number: int, last_at: str) -> None:
    if entry.at < last_at:
        raise VerifyError(f"{ENTRIES} line {number}: entry.at is earlier than in a line before")
    # Lines count from one, entries from zero.
    if entry.because is not None and entry.because >= number - 1:
        raise VerifyError(f"{ENTRIES} line {number}: entry.because doesn't point backwards")


def _check_old(builder: RootBuilder, old: Head | None) -> None:
    if old is not None and builder.size == old.size and builder.root() != old.root:
        raise VerifyError(
            f"{ENTRIES}: lines 1 to {old.size} don't have the old checkpoint's root:"
            " this ledger doesn't extend the one that you know"
        )


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    try:
        with path.open("rb") as file:
            for number in count(1):
                line = file.readline(MAX_BYTES + 1)
                if not line:
                    return
                if line == b"\n":
                    raise VerifyError(f"{path.name} line {number}: blank")
                if not line.endswith(b"\n"):
                    wrong = "too long" if len(line) > MAX_BYTES else "the last newline is missing"
                    raise VerifyError(f"{path.name} line {number}: {wrong}")
                yield number, line[:-1]
    except OSError as error:
        raise VerifyError(f"{path.name} can't be read ({error.strerror})") from None


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


def _text(root: bytes) -> str:
    return base64.b64encode(root).decode("ascii")


def main(arguments: Sequence[str] | None = None) -> int:
    """Verify as the command line asks; 0 when the bundle holds, 1 when it doesn't."""
    parser = argparse.ArgumentParser(prog="python -m audit.verify", description="Verify an evidence bundle.")
    parser.add_argument("folder", metavar="DIR", type=Path, help="the bundle's folder")
    parser.add_argument("--vkey", metavar="FILE", type=Path, help="the ledger's key, as you know it")
    parser.add_argument("--since", metavar="OLD_CHECKPOINT", type=Path, help="a checkpoint seen earlier")
    asked = parser.parse_args(arguments)
    try:
        verdict = verify_bundle(
            asked.folder,
            vkey=_read(asked.vkey) if asked.vkey else None,
            since=_read(asked.since) if asked.since else None,
        )
    except VerifyError as error:
        sys.stderr.write(f"NOT VERIFIED: {error}\n")
        return 1
    sys.stdout.write(f"{verdict}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
