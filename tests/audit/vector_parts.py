"""What test vectors are put together from: fixed keys, entries, checkpoints and histories."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit import canonical
from audit.checkpoint import Head, SigningKey, sign_checkpoint
from audit.cosignature import WitnessKey, cosign
from audit.entry import Entry
from audit.events import Event
from audit.key_history import digest_of_key, sign_handover, write_history
from audit.tree import consistency, grow, leaf_hash, root_of
from tests.audit.factories import ORIGIN, a_draft, a_key, a_permit

Lines = list[bytes]
Files = dict[str, bytes]
KEY, NEXT, STRANGER = a_key(1), a_key(2), a_key(3)
WITNESS = WitnessKey("compliance.example/w1", Ed25519PrivateKey.from_private_bytes(bytes([4]) * 32))
IMPOSTOR = WitnessKey(WITNESS.name, Ed25519PrivateKey.from_private_bytes(bytes([5]) * 32))
COSIGNED_AT = 1_795_284_000
TIMES = [f"2026-11-21T18:00:0{second}.000000Z" for second in (0, 1, 2, 2, 3, 4)]
ENDS = "entries.jsonl"
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


@dataclass(frozen=True, kw_only=True)
class Vector:
    """One bundle: its files, what the verifier brings, and the place to be named; empty where it holds."""

    name: str
    about: str
    files: Files
    brings: Mapping[str, Any] = field(default_factory=dict)
    place: str = ""

    def told(self) -> dict[str, Any]:
        """Return the vector's part of the manifest."""
        said = {"name": self.name, "about": self.about, "brings": dict(self.brings), "holds": not self.place}
        return said | ({"place": self.place} if self.place else {})


def an_entry(place: int, **fields: Any) -> Entry:
    """Return an entry that is the same for the same place."""
    salt = f"{place:02x}" * 16
    because = fields.pop("because", None)
    at = fields.pop("at", TIMES[place])
    draft = a_permit if fields.get("event", Event.EXPORT_REQUESTED).endswith(".requested") else a_draft
    return draft(salt=salt, **fields).settle(at, because)


ENTRIES = [
    an_entry(
        0,
        event=Event.INSTALLATION_STARTED,
        mode="live",
        action="Initialise",
        vkey=digest_of_key(KEY.verifier),
    ),
    an_entry(1),
    an_entry(2, event=Event.EXPORT_BUILT, because=1, export="e-01", state="built"),
    an_entry(3, event=Event.BOOK_REQUESTED, export="e-02"),
    an_entry(4, event=Event.EXPORT_SENT, because=2, export="e-01", state="sent"),
]
LINES = [entry.encode() for entry in ENTRIES]


def head_of(lines: Sequence[bytes]) -> Head:
    """Return the head over lines that stand for themselves."""
    return Head(len(lines), root_of([leaf_hash(line) for line in lines]))


def a_checkpoint(head: Head, key: SigningKey = KEY) -> bytes:
    """Return a signed checkpoint's file."""
    return sign_checkpoint(ORIGIN, head, key).encode()


def a_bundle(lines: Sequence[bytes] = LINES, *, over: Sequence[bytes] | None = None, **files: bytes) -> Files:
    """Return a bundle's files: lines under a checkpoint over them, or over other ones."""
    checkpoint = a_checkpoint(head_of(lines if over is None else over))
    made = {"checkpoint": checkpoint, ENDS: joined(lines), "vkey": vkey_file(KEY)}
    return made | files


def joined(lines: Sequence[bytes]) -> bytes:
    """End each line with a newline."""
    return b"".join(line + b"\n" for line in lines)


def vkey_file(key: SigningKey | WitnessKey) -> bytes:
    """Return a public key's file."""
    return f"{key.verifier.text()}\n".encode()


def tail_altered(text: bytes, line: int) -> bytes:
    """Change the bits at the end of a line's base64 that a lenient reader drops."""
    lines = text.decode().split("\n")
    digits = lines[line].rstrip("=")
    other = _ALPHABET[_ALPHABET.index(digits[-1]) ^ 1]
    lines[line] = digits[:-1] + other + lines[line][len(digits) :]
    return "\n".join(lines).encode()


def rewritten(place: int, change: Callable[[bytes], bytes]) -> Lines:
    """Return the lines with one changed; the checkpoint is then made over what it became."""
    return [change(line) if number == place else line for number, line in enumerate(LINES)]


def an_extension(proof: Sequence[bytes], *, lines: Sequence[bytes] = LINES) -> Files:
    """Return what shows that a checkpoint over lines extends an old one, without the lines."""
    hashes = "".join(f"{each.hex()}\n" for each in proof).encode()
    made = a_bundle(lines)
    del made[ENDS]
    return made | {"consistency": hashes}


def proof_from(old: int, lines: Sequence[bytes] = LINES) -> list[bytes]:
    """Return the consistency proof from an old size to all lines."""
    nodes = {node[:2]: node.hash for node in grow(0, [], map(leaf_hash, lines))[0]}
    return consistency(old, len(lines), lambda level, position: nodes[level, position])


def with_field(line: bytes, **fields: Any) -> bytes:
    """Return a line with fields set, in canonical form."""
    return canonical.encode(json.loads(line) | fields)


def a_history(*, heads: Sequence[Head], keys: Sequence[SigningKey] = (KEY, NEXT)) -> str:
    """Return a key history."""
    notes = [sign_handover(head, TIMES[4], *pair) for head, pair in zip(heads, pairwise(keys), strict=True)]
    return write_history(keys[0].verifier, notes)


def handed_over(history: str, lines: Sequence[bytes], key: SigningKey = NEXT) -> Files:
    """Return a bundle whose ledger changed its key."""
    made = a_bundle(lines, keys=history.encode(), vkey=vkey_file(NEXT))
    return made | {"checkpoint": a_checkpoint(head_of(lines), key)}


ROTATED = [
    *LINES,
    an_entry(5, event=Event.KEY_ROTATED, action="RotateKey", vkey=digest_of_key(NEXT.verifier)).encode(),
]
HISTORY = a_history(heads=[head_of(LINES)])
OLD = a_checkpoint(head_of(LINES[:3]))
FORK = a_checkpoint(head_of([*LINES[:2], an_entry(3).encode()]))
LONGER = a_checkpoint(head_of(ROTATED))
COSIGNED = cosign(a_checkpoint(head_of(LINES)).decode(), WITNESS, COSIGNED_AT)
BROUGHT: Files = {
    "fork": FORK,
    "longer": LONGER,
    "old": OLD,
    "stranger.vkey": vkey_file(STRANGER),
    "vkey": vkey_file(KEY),
    "witness.vkey": vkey_file(WITNESS),
}
BROUGHT_FOLDER = "brought"
PINNED = {"vkey": "brought/vkey"}
SINCE = {"since": "brought/old"}
FOREIGN = {"vkey": "brought/stranger.vkey"}
WITNESSED = {"witness": ["brought/witness.vkey"]}
QUIET = {"quiet": ["2026-11-21T18:00:01.000001Z", "2026-11-21T18:00:02.000000Z"]}


def signed_as(checkpoint: bytes, old: bytes, new: bytes) -> bytes:
    """Return a note whose text was changed before it was signed."""
    changed = checkpoint.replace(old, new)
    body = changed.rpartition(b"\n\n")[0] + b"\n"
    signature = KEY.verifier.id + KEY.private.sign(body)
    return b"%b\n\xe2\x80\x94 %b %b\n" % (body, ORIGIN.encode(), b64encode(signature))


def other_id(vkey: bytes) -> bytes:
    """Return a vkey's file with an id that doesn't fit."""
    name, _, rest = vkey.partition(b"+")
    return name + b"+00000000" + rest[8:]
