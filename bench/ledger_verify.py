"""Verification beside hashing the same lines one by one with hashlib; hash reads of a proof beside 64.

The lines are entries of every common kind, each with a salt, id and moment of its own, in a real
bundle on disk. Both sides read the file. Rounds alternate, and each side counts by its median. The
ledger of 10 million is one of sizes: which nodes a proof reads depends on them alone.
"""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit import tree
from audit.checkpoint import Head, SigningKey, sign_checkpoint
from audit.entry import Actor, Consumers, Draft, Resource, SnapshotRef
from audit.events import Event, Outcome
from audit.evidence import CHECKPOINT, ENTRIES, VKEY
from audit.proofs import RootBuilder, verify_consistency, verify_inclusion
from audit.verify import verify_bundle
from bench.table import LIMIT, Ratio
from runtime.clock import rfc3339

ENTRIES_WHOLE: Final = 1_000_000
ENTRIES_QUICK: Final = 60_000
ROUNDS: Final = 3
PROOFS: Final = 1_000
TREE_GOAL: Final = 3.0
STRICT_GOAL: Final = 15.0
LONG_LEDGER: Final = 10_000_000
READS: Final = 64
_ORIGIN = "bench.example/sealed-book"
_START = datetime(2026, 11, 21, 18, tzinfo=UTC)


def measure(*, quick: bool) -> list[Ratio]:
    """Return the ratios of tree, strict reading and proofs."""
    size = ENTRIES_QUICK if quick else ENTRIES_WHOLE
    with tempfile.TemporaryDirectory(prefix="sealed-book-bench-") as name:
        folder = Path(name)
        key = SigningKey(_ORIGIN, Ed25519PrivateKey.generate())
        head, proofs, consistency = _write_bundle(folder, size, key)

        def tree_and_proofs() -> None:
            builder = RootBuilder()
            with (folder / ENTRIES).open("rb") as file:
                for line in file:
                    builder.add(tree.leaf_hash(line[:-1]))
            assert builder.root() == head.root
            for index, leaf, path in proofs:
                verify_inclusion(leaf, index, size, path, head.root)
            verify_consistency(size // 3, consistency[0], size, head.root, consistency[1])

        def strict() -> None:
            assert verify_bundle(folder, key.verifier.text()).redacted == 0

        def hashing() -> None:
            with (folder / ENTRIES).open("rb") as file:
                for line in file:
                    sha256(line).digest()

        bare, tree_time, strict_time = _medians(hashing, tree_and_proofs, strict)
    counted = f"{size:,} entries, {bare * 1e6 / size:.2f} µs each by hashlib"
    return [
        Ratio(
            work="verify: tree and 1,000 proofs, beside hashing the lines",
            against=LIMIT,
            ratio=tree_time / bare,
            goal=TREE_GOAL,
            note=counted,
        ),
        Ratio(
            work="verify: strict JSON, tree and signature, beside hashing the lines",
            against=LIMIT,
            ratio=strict_time / bare,
            goal=STRICT_GOAL,
            note=counted,
        ),
        _reads(),
    ]


def _medians(*sides: Callable[[], None]) -> list[float]:
    times: list[list[float]] = [[] for _ in sides]
    for _ in range(ROUNDS):
        for side, taken in zip(sides, times, strict=True):
            begun = time.perf_counter()
            side()
            taken.append(time.perf_counter() - begun)
    return [statistics.median(taken) for taken in times]


def _reads() -> Ratio:
    """Count the hashes that an inclusion proof over 10 million entries reads, in the worst of many places."""
    places = random.Random(13)
    worst = 0
    edges = [0, 1, LONG_LEDGER // 2, LONG_LEDGER - 2, LONG_LEDGER - 1, *(2**power for power in range(24))]
    for index in [*edges, *(places.randrange(LONG_LEDGER) for _ in range(2_000))]:
        read: list[tuple[int, int]] = []

        def node(level: int, position: int, /, read: list[tuple[int, int]] = read) -> bytes:
            assert (position + 1) << level <= LONG_LEDGER
            read.append((level, position))
            return bytes(32)

        tree.inclusion(index, LONG_LEDGER, node)
        worst = max(worst, len(read))
    return Ratio(
        work="prove: hash reads of an inclusion proof over 10 million entries",
        against=LIMIT,
        ratio=worst / READS,
        goal=1.0,
        note=f"{worst} reads at worst, of {READS}",
    )


Placed = tuple[int, bytes, list[bytes]]


def _write_bundle(
    folder: Path, size: int, key: SigningKey
) -> tuple[Head, list[Placed], tuple[bytes, list[bytes]]]:
    leaves = []
    with (folder / ENTRIES).open("wb") as file:
        for line in _lines(size):
            file.write(line + b"\n")
            leaves.append(tree.leaf_hash(line))
    nodes = {node[:2]: node.hash for node in tree.grow(0, [], leaves)[0]}

    def node(level: int, position: int, /) -> bytes:
        return nodes[level, position]

    head = Head(size, tree.root(size, node))
    (folder / VKEY).write_text(f"{key.verifier.text()}\n")
    (folder / CHECKPOINT).write_text(sign_checkpoint(_ORIGIN, head, key))
    places = random.Random(17).sample(range(size), PROOFS)
    proofs = [(index, leaves[index], tree.inclusion(index, size, node)) for index in places]
    old = size // 3
    return head, proofs, (tree.root(old, node), tree.consistency(old, size, node))


def _lines(size: int) -> Iterator[bytes]:
    drafts = _drafts()
    for index in range(size):
        fields = drafts[index % len(drafts)]
        moment = _START + timedelta(milliseconds=250 * index)
        if "expires" in fields:
            fields = fields | {"expires": rfc3339(moment + timedelta(minutes=5))}
        export = f"{index // len(drafts):08x}-0000-4000-8000-{index:012x}"
        resource = Resource(kind="export", id=export)
        draft = Draft(**fields, resource=resource, export=export)
        yield draft.settle(rfc3339(moment), index - 1 if index and "state" in fields else None).encode()


def _drafts() -> list[dict[str, Any]]:
    """Return the fields of a book's way from the request to the reveal, for a few agents in turn."""
    worker = Actor(kind="service", id="worker", role="service")
    snapshot = SnapshotRef(as_of=rfc3339(_START), revision=0, digest="5a" * 32)
    shown = Consumers(count=120, withheld=2, root="7c" * 32)
    decided = {"outcome": Outcome.PERMIT, "rules": (), "policy": "0c" * 32, "expires": ""}
    made: list[dict[str, Any]] = []
    for number in range(40):
        session, agent = sha256(b"%d" % number).hexdigest(), f"0B{number:05}"
        person = Actor(kind="person", id=f"p-{number:04x}", role="agent", session=session, amr=("pwd", "otp"))
        human = {"actor": person, "client": f"192.0.2.{number}", "agent": agent}
        machine = {"actor": worker, "client": "local:worker", "agent": agent, "fencing": 1}
        done = {"outcome": Outcome.DONE}
        made += [
            human
            | decided
            | {
                "event": Event.EXPORT_REQUESTED,
                "action": "RequestExport",
                "purpose": "service-delegated-consumers",
            },
            machine
            | decided
            | {
                "event": Event.BOOK_REQUESTED,
                "action": "BuildBook",
                "channel": "email",
                "snapshot": snapshot,
                "columns_digest": "1d" * 32,
            },
            machine
            | done
            | {
                "event": Event.EXPORT_BUILT,
                "action": "BuildBook",
                "state": "built",
                "snapshot": snapshot,
                "book": "2e" * 32,
                "bytes": 19_456 + number,
                "consumers": shown,
                "columns_digest": "1d" * 32,
            },
            machine | decided | {"event": Event.SEND_REQUESTED, "action": "SendBook", "channel": "email"},
            machine | done | {"event": Event.EXPORT_SENT, "action": "SendBook", "state": "sent"},
            human | decided | {"event": Event.REVEAL_REQUESTED, "action": "RevealPassphrase"},
            human
            | done
            | {
                "event": Event.RELEASE_STARTED,
                "action": "DownloadBook",
                "ranges": ((0, 19_456 + number),),
            },
        ]
    return made
