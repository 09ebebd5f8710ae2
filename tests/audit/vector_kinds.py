"""The test vectors by kind: bundles that hold, lines, forms, checkpoints, what is brought."""

from __future__ import annotations

import json
from collections.abc import Iterator

from audit.checkpoint import Head
from audit.cosignature import cosign
from audit.evidence import redact
from audit.tree import leaf_hash
from tests.audit.vector_chains import extensions, keys
from tests.audit.vector_parts import (
    COSIGNED,
    COSIGNED_AT,
    ENDS,
    HISTORY,
    IMPOSTOR,
    KEY,
    LINES,
    PINNED,
    QUIET,
    ROTATED,
    SINCE,
    STRANGER,
    TIMES,
    WITNESS,
    WITNESSED,
    Vector,
    a_bundle,
    a_checkpoint,
    handed_over,
    head_of,
    joined,
    other_id,
    rewritten,
    signed_as,
    tail_altered,
    vkey_file,
    with_field,
)


def _whole() -> Iterator[Vector]:
    redacted = [redact(line) if place in {0, 2, 3} else line for place, line in enumerate(LINES)]
    stranger = COSIGNED.replace(WITNESS.name, "stranger.example/w9").encode()
    yield Vector(name="good", about="a bundle that holds", files=a_bundle(), brings=PINNED)
    yield Vector(name="good-unpinned", about="the key came with the bundle", files=a_bundle())
    yield Vector(name="good-empty", about="a ledger without entries", files=a_bundle([]), brings=PINNED)
    yield Vector(name="good-redacted", about="three redactions", files=a_bundle(redacted, over=LINES))
    yield Vector(
        name="good-since",
        about="extends an old checkpoint",
        files=a_bundle(),
        brings={"since": "brought/old"},
    )
    yield Vector(
        name="good-cosigned",
        about="a witness's line",
        files=a_bundle(checkpoint=COSIGNED.encode()),
        brings=PINNED | WITNESSED,
    )
    yield Vector(
        name="good-unknown-signature",
        about="a line of a key that nobody named is passed over",
        files=a_bundle(checkpoint=stranger),
    )
    yield Vector(
        name="good-handed-over",
        about="the pinned key handed over to the one that signs, and signed the old checkpoint",
        files=handed_over(HISTORY, ROTATED),
        brings=PINNED | SINCE,
    )
    yield Vector(name="good-quiet", about="no entry in a period", files=a_bundle(), brings=QUIET)


def _lines() -> Iterator[Vector]:
    swapped = [*LINES[:2], LINES[3], LINES[2], LINES[4]]
    edited = rewritten(1, lambda line: line.replace(b'"0B65625"', b'"0B65626"'))
    lost, twice = [*LINES[:3], LINES[4]], [*LINES, LINES[4]]
    root = f"{ENDS}:"
    for name, about, lines, place in (
        ("gap", "an entry is missing", lost, f"{ENDS} ends after line 4"),
        ("reordered", "two entries of one moment changed places", swapped, root),
        ("edited-field", "another licence", edited, root),
        ("duplicate-entry", "the last entry stands twice", twice, f"{ENDS} line 6"),
        ("replaced-by-redaction", "the redaction of another entry", [redact(b"x"), *LINES[1:]], root),
        ("blank-line", "a blank line in between", [*LINES[:2], b"", *LINES[2:]], f"{ENDS} line 3"),
    ):
        yield Vector(name=name, about=about, files=a_bundle(lines, over=LINES), place=place)
    cut = {ENDS: joined(LINES)[:-20]}
    yield Vector(
        name="truncated", about="the file ends early", files=a_bundle() | cut, place=f"{ENDS} line 5"
    )
    upper = b'{"redacted_leaf":"' + leaf_hash(LINES[1]).hex().upper().encode() + b'"}'
    yield Vector(
        name="redaction-in-capitals",
        about="hex is lower-case",
        files=a_bundle([LINES[0], upper, *LINES[2:]], over=LINES),
        place=f"{ENDS} line 2",
    )


def _forms() -> Iterator[Vector]:
    said = json.loads(LINES[2])
    unsorted = json.dumps(dict(reversed(said.items())), separators=(",", ":")).encode()
    for name, about, change in (
        ("non-canonical-space", "a space", lambda line: line.replace(b",", b", ", 1)),
        ("non-canonical-order", "keys in another order", lambda _line: unsorted),
        ("non-canonical-escape", "an escape", lambda line: line.replace(b"e-01", b"e\\u002d01", 1)),
        ("unknown-field", "a field that no entry has", lambda line: with_field(line, colour="red")),
        ("field-of-another-event", "a field of other events", lambda line: with_field(line, mode="demo")),
        ("null", "null isn't absent", lambda line: with_field(line, channel=None)),
        ("key-twice", "a key stands twice", lambda line: line.replace(b'"v":1', b'"v":1,"v":1')),
        ("fraction", "a number that isn't whole", lambda line: line.replace(b'"v":1', b'"v":1.0')),
        ("wrong-type", "a number where text belongs", lambda line: with_field(line, state=1)),
        ("free-text", "text that fits no pattern", lambda line: with_field(line, state="was sent to Jane")),
        (
            "permit-undecided",
            "a permit of what isn't a decision",
            lambda line: with_field(line, outcome="permit"),
        ),
        ("because-of-itself", "follows from itself", lambda line: with_field(line, because=2)),
        ("time-backwards", "earlier than the one before", lambda line: with_field(line, at=TIMES[0])),
    ):
        lines = rewritten(2, change)
        yield Vector(name=name, about=about, files=a_bundle(lines), place=f"{ENDS} line 3")


def _checkpoints() -> Iterator[Vector]:
    checkpoint = a_checkpoint(head_of(LINES))
    other = a_checkpoint(head_of(LINES[:4])).split(b"\n")[4]
    resigned = checkpoint.replace(checkpoint.split(b"\n")[4], other)
    wrong = a_checkpoint(Head(len(LINES), bytes(32)))
    for name, about, files, place in (
        ("bad-signature", "the signature of another checkpoint", {"checkpoint": resigned}, "checkpoint"),
        ("wrong-root", "signed, but not the lines' root", {"checkpoint": wrong}, f"{ENDS}:"),
        (
            "altered-root-tail",
            "bits that base64 drops",
            {"checkpoint": tail_altered(checkpoint, 2)},
            "checkpoint",
        ),
        ("altered-signature-tail", "likewise", {"checkpoint": tail_altered(checkpoint, 4)}, "checkpoint"),
        ("leading-zero", "size 05", {"checkpoint": signed_as(checkpoint, b"\n5\n", b"\n05\n")}, "checkpoint"),
        (
            "extension-line",
            "a fourth line",
            {"checkpoint": signed_as(checkpoint, b"=\n\n", b"=\nmore\n\n")},
            "checkpoint",
        ),
        ("foreign-key", "the key of another ledger", {"vkey": vkey_file(STRANGER)}, "checkpoint"),
        ("vkey-wrong-id", "an id that isn't the key's", {"vkey": other_id(vkey_file(KEY))}, "vkey"),
    ):
        yield Vector(name=name, about=about, files=a_bundle() | files, place=place)


def _brought() -> Iterator[Vector]:
    wrong_name = cosign(a_checkpoint(head_of(LINES)).decode(), IMPOSTOR, COSIGNED_AT).encode()
    moved = COSIGNED.splitlines(keepends=True)[-1]
    borrowed = a_checkpoint(head_of(LINES[:4])) + moved.encode()
    hidden = [line if place != 2 else redact(line) for place, line in enumerate(LINES)]
    loud = {"quiet": ["2026-11-21T18:00:02.000000Z", "2026-11-21T18:00:03.000000Z"]}
    late = {"quiet": ["2026-11-21T18:00:03.500000Z", "2026-11-21T19:00:00.000000Z"]}
    for name, about, files, brings, place in (
        (
            "pinned-another",
            "made anew with another key",
            a_bundle(),
            {"vkey": "brought/stranger.vkey"},
            "vkey",
        ),
        (
            "fork",
            "another history than the one known",
            a_bundle(),
            {"since": "brought/fork"},
            f"{ENDS}: lines 1 to 3",
        ),
        (
            "rolled-back",
            "shorter than what was known",
            a_bundle(),
            {"since": "brought/longer"},
            "the old checkpoint",
        ),
        ("uncosigned", "no witness's line", a_bundle(), WITNESSED, "checkpoint"),
        (
            "cosigned-by-another",
            "another key of that name",
            a_bundle(checkpoint=wrong_name),
            WITNESSED,
            "checkpoint",
        ),
        (
            "cosignature-moved",
            "the line of another checkpoint",
            a_bundle(LINES[:4], checkpoint=borrowed),
            WITNESSED,
            "checkpoint",
        ),
        ("loud", "an entry in a period", a_bundle(), loud, f"{ENDS} line 3"),
        (
            "maybe-loud",
            "a redaction that may be in it",
            a_bundle(hidden, over=LINES),
            QUIET,
            f"{ENDS} line 3",
        ),
        ("still-open", "the period isn't over", a_bundle(), late, f"{ENDS} ends before"),
    ):
        yield Vector(name=name, about=about, files=files, brings=brings, place=place)


def vectors() -> list[Vector]:
    """Return all vectors."""
    return [*_whole(), *_lines(), *_forms(), *_checkpoints(), *_brought(), *extensions(), *keys()]
