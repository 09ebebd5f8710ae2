"""Test vectors of what leads from one thing to another: extensions of old checkpoints, keys."""

from __future__ import annotations

from collections.abc import Iterator

from audit.checkpoint import Head
from tests.audit.vector_parts import (
    ENDS,
    HISTORY,
    KEY,
    ROTATED,
    SINCE,
    Vector,
    a_bundle,
    a_checkpoint,
    a_history,
    an_extension,
    handed_over,
    head_of,
    joined,
    proof_from,
    vkey_file,
)


def extensions() -> Iterator[Vector]:
    """Yield extensions of old checkpoints, without entries."""
    proof = proof_from(3)
    upper = an_extension(proof)["consistency"].upper()
    fork = {"since": "brought/fork"}
    for name, about, files, brings, place in (
        ("good-extension", "no entries, but a proof", an_extension(proof), SINCE, ""),
        ("extension-of-nothing", "no old checkpoint", an_extension(proof), {}, "consistency"),
        ("extension-of-a-fork", "of another history", an_extension(proof), fork, "consistency"),
        ("extension-too-short", "a hash is missing", an_extension(proof[:-1]), SINCE, "consistency"),
        ("extension-too-long", "a hash too many", an_extension([*proof, proof[0]]), SINCE, "consistency"),
        ("extension-altered", "another hash", an_extension([bytes(32), *proof[1:]]), SINCE, "consistency"),
        ("extension-in-capitals", "hex", an_extension(proof) | {"consistency": upper}, SINCE, "consistency"),
    ):
        yield Vector(name=name, about=about, files=files, brings=brings, place=place)


def keys() -> Iterator[Vector]:
    """Yield bundles of ledgers that changed their key."""
    elsewhere = a_history(heads=[Head(5, bytes(32))])
    body, lines = HISTORY.split("\n\n")[1:]
    alone = f"{KEY.verifier.text()}\n\n{body}\n\n{lines.splitlines()[0]}\n"
    unnamed = {ENDS: joined(ROTATED), "checkpoint": a_checkpoint(head_of(ROTATED))}
    for name, about, files, place in (
        ("key-out-of-time", "the old key signs on", handed_over(HISTORY, ROTATED, KEY), "checkpoint"),
        ("key-took-itself", "the next key didn't sign", handed_over(alone, ROTATED), "keys"),
        (
            "key-elsewhere",
            "handed over at another root",
            handed_over(elsewhere, ROTATED),
            f"{ENDS}: lines 1 to 5",
        ),
        ("key-unknown", "an entry names a key that the bundle lacks", a_bundle() | unnamed, "keys"),
        (
            "key-not-newest",
            "vkey isn't the newest",
            handed_over(HISTORY, ROTATED) | {"vkey": vkey_file(KEY)},
            "keys",
        ),
    ):
        yield Vector(name=name, about=about, files=files, place=place)
