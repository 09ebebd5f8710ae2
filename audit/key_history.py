"""Which key signs a ledger's checkpoints from which size on: the answer that travels with a bundle.

Laws of this file:
1. A key hands over in a note that names a head, the next key and the time, and that both keys
   sign: the old key says who follows, the next says whom and what it follows.
2. A checkpoint is believed through a key that holds at its size. At the size of a handover both
   keys hold; the head there is the handover's, so that neither can say another.
3. Who knows any key of the history follows it to all others, in both directions; a bundle whose
   history lacks the known key isn't believed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from audit.checkpoint import Head, read_body
from audit.note import (
    Note,
    NoteError,
    Signature,
    SigningKey,
    VerifierKey,
    join_note,
    open_note,
    sign_note,
    signatures_of,
    split_note,
    to_base64,
)
from runtime.clock import parse_rfc3339

_TITLE = "sealed book key handover v1"


@dataclass(frozen=True, kw_only=True)
class Handover:
    """From `head.size` on `key` signs; `at` is RFC 3339, as the vault's clock had it."""

    head: Head
    key: VerifierKey
    at: str


@dataclass(frozen=True, kw_only=True)
class KeyHistory:
    """A ledger's keys from the first on. All bear the ledger's origin as their name."""

    first: VerifierKey
    handovers: tuple[Handover, ...] = ()

    @property
    def origin(self) -> str:
        """The ledger's origin."""
        return self.first.name

    @property
    def keys(self) -> tuple[VerifierKey, ...]:
        """Every key, oldest first."""
        return (self.first, *(each.key for each in self.handovers))

    @property
    def newest(self) -> VerifierKey:
        """The key that signs now."""
        return self.keys[-1]

    @property
    def heads(self) -> tuple[Head, ...]:
        """The heads at which keys changed, which the ledger must extend."""
        return tuple(each.head for each in self.handovers)

    def keys_for(self, size: int) -> tuple[VerifierKey, ...]:
        """Return the keys that may sign a checkpoint of this size: one, or at a handover both."""
        starts = [0, *(head.size for head in self.heads)]
        ends = [*starts[1:], size]
        spans = zip(self.keys, starts, ends, strict=True)
        return tuple(key for key, start, end in spans if start <= size <= end)

    def read_checkpoint(self, text: str) -> tuple[VerifierKey, Head]:
        """Return which key signed a checkpoint, and its head. Raises NoteError."""
        note = split_note(text)
        origin, head = read_body(note.body)
        holding = self.keys_for(head.size)
        found = [key for key in holding if signatures_of(note, key.name, key.id)]
        if not found:
            known = any(signatures_of(note, key.name, key.id) for key in self.keys)
            raise NoteError(_OUTSIDE if known else _UNSIGNED)
        for key in found:
            open_note(text, key)
        if origin != self.origin:
            raise NoteError("the checkpoint's origin isn't the key's name")
        return found[-1], head


def digest_of_key(key: VerifierKey) -> str:
    """Return the SHA-256 of a vkey's text in hex, as an entry's `vkey` has it."""
    return sha256(key.text().encode()).hexdigest()


def sign_handover(head: Head, at: str, old: SigningKey, new: SigningKey) -> str:
    """Return the note by which `old` hands over to `new` at a head; `at` is RFC 3339. Raises NoteError."""
    body = (
        f"{_TITLE}\norigin {old.name}\nsize {head.size}\nroot {to_base64(head.root)}\n"
        f"key {new.verifier.text()}\nat {at}\n"
    )
    _read_body(body, old.verifier)
    key = new.verifier
    note = split_note(sign_note(body, old.name, old.private))
    line = Signature(key.name, key.id, new.private.sign(body.encode()))
    return join_note(Note(body, (*note.signatures, line)))


def read_handover(text: str, old: VerifierKey) -> Handover:
    """Return what a handover says that `old` and the next key signed. Raises NoteError."""
    handover = _read_body(open_note(text, old), old)
    open_note(text, handover.key)
    said = [(each.name, each.key_id) for each in split_note(text).signatures]
    if said != [(old.name, old.id), (handover.key.name, handover.key.id)]:
        raise NoteError("a handover has two signatures: the old key's and the next key's")
    return handover


def write_history(first: VerifierKey, handovers: Sequence[str]) -> str:
    """Return the text of a history: the first key, then each handover's note. Raises NoteError."""
    text = "\n".join([f"{first.text()}\n", *handovers])
    read_history(text)
    return text


def read_history(text: str) -> KeyHistory:
    """Read exactly what `write_history` writes, and verify each handover. Raises NoteError."""
    if not text.endswith("\n"):
        raise NoteError("the last newline is missing")
    founding, *parts = text[:-1].split("\n\n")
    first = VerifierKey.parse(founding)
    if len(parts) % 2:
        raise NoteError("a handover lacks its signatures")
    handovers: list[Handover] = []
    for number, (body, lines) in enumerate(zip(parts[::2], parts[1::2], strict=True), start=1):
        before = handovers[-1] if handovers else Handover(head=Head(0, b""), key=first, at="")
        try:
            handover = read_handover(f"{body}\n\n{lines}\n", before.key)
        except NoteError as error:
            raise NoteError(f"handover {number}: {error}") from None
        if handover.head.size <= before.head.size or handover.at < before.at:
            raise NoteError(f"handover {number} isn't later than the one before")
        handovers.append(handover)
    history = KeyHistory(first=first, handovers=tuple(handovers))
    if len(set(history.keys)) != len(history.keys):
        raise NoteError("a key stands twice")
    return history


def _read_body(body: str, old: VerifierKey) -> Handover:
    lines = body.removesuffix("\n").split("\n")
    names = [line.partition(" ")[0] for line in lines[1:]]
    if lines[0] != _TITLE or names != ["origin", "size", "root", "key", "at"]:
        raise NoteError("a key's handover has six lines: title, origin, size, root, key, at")
    origin, size, root, key, at = (line.partition(" ")[2] for line in lines[1:])
    _origin, head = read_body(f"{origin}\n{size}\n{root}\n")
    following = VerifierKey.parse(key)
    if not old.name == origin == following.name:
        raise NoteError("a key hands over to a key of the same origin")
    try:
        parse_rfc3339(at)
    except ValueError:
        raise NoteError("the handover's time isn't a moment") from None
    if head.size == 0:
        raise NoteError("a key that signed nothing has nothing to hand over")
    return Handover(head=head, key=following, at=at)


_UNSIGNED = "the note has no signature of the named key"
_OUTSIDE = "the checkpoint's key doesn't hold at its size"
