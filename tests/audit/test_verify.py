"""Verifying a bundle: what holds is said with its limits, and each way to tamper is found."""

from __future__ import annotations

import base64
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from audit.bundle import write_bundle
from audit.checkpoint import Head, sign_checkpoint
from audit.entry import Resource
from audit.events import Event
from audit.evidence import redact
from audit.key_history import digest_of_key
from audit.tree import leaf_hash, root_of
from audit.verdict import Cosigned
from audit.verify import VerifyError, main, verify_bundle
from tests.audit.factories import ORIGIN, ABundle, a_bundle, a_draft, a_key, a_ledger


@pytest.fixture
def bundle(tmp_path: Path) -> ABundle:
    """Seven entries, none redacted."""
    return a_bundle(tmp_path)


def test_a_true_bundle_holds(bundle: ABundle) -> None:
    """The verdict's first line has size, root, trust mode, and what was not checked."""
    verdict = verify_bundle(bundle.folder)
    root = base64.b64encode(bundle.ledger.reader.head().root).decode()
    first = verdict.lines()[0]

    assert f"verified: size 7, root {root}, UNPINNED; not checked: 0 redacted lines" in first
    assert "time" in first
    assert "completeness beyond the checkpoint" in first
    assert not verdict.pinned


def test_a_pinned_key_is_named_so(bundle: ABundle) -> None:
    """With the verifier's own copy of the key the verdict is PINNED, newline or not."""
    text = bundle.key.verifier.text()

    assert ", PINNED;" in verify_bundle(bundle.folder, text).lines()[0]
    assert verify_bundle(bundle.folder, text + "\n").pinned


def test_redacted_lines_count_by_their_hash(tmp_path: Path) -> None:
    """A bundle with redactions holds, and the verdict counts them."""
    made = a_bundle(tmp_path, 6, redacted=[0, 4])

    assert "2 redacted lines" in str(verify_bundle(made.folder))


def test_an_empty_ledger_holds(tmp_path: Path) -> None:
    """A bundle of no entries verifies under the empty tree's root."""
    assert 0 == verify_bundle(a_bundle(tmp_path, 0).folder).head.size


@pytest.mark.parametrize("size", range(8))
def test_extension_of_every_older_head(bundle: ABundle, size: int) -> None:
    """Each true older checkpoint is found to be extended."""
    leaves = [leaf_hash(line[:-1]) for line in bundle.lines[:size]]
    old = sign_checkpoint(ORIGIN, Head(size, root_of(leaves)), bundle.key)
    verdict = verify_bundle(bundle.folder, since=old)

    assert f"extends the old checkpoint: size {size}" in verdict.lines()[-1]


@pytest.mark.parametrize("size", range(8))
def test_another_history_is_found(bundle: ABundle, size: int) -> None:
    """A checkpoint over other entries isn't extended, whatever its size."""
    old = sign_checkpoint(ORIGIN, Head(size, bytes(32)), bundle.key)
    with pytest.raises(VerifyError, match=f"lines 1 to {size} don't have the old checkpoint's root"):
        verify_bundle(bundle.folder, since=old)


def test_a_shortened_ledger_is_found(bundle: ABundle) -> None:
    """An older checkpoint over more entries than the bundle has shows a rollback."""
    old = sign_checkpoint(ORIGIN, Head(8, bytes(32)), bundle.key)
    with pytest.raises(VerifyError, match="over 8 entries, this bundle over 7"):
        verify_bundle(bundle.folder, since=old)


def test_a_foreign_old_checkpoint_is_refused(bundle: ABundle) -> None:
    """An older checkpoint of another key says nothing about this ledger."""
    old = sign_checkpoint(ORIGIN, Head(0, root_of([])), a_key(2))
    with pytest.raises(VerifyError, match="the old checkpoint: the note has no signature"):
        verify_bundle(bundle.folder, since=old)


Lines = list[bytes]
TAMPERING: list[tuple[str, Callable[[Lines], Lines], str]] = [
    ("last newline missing", lambda at: [*at[:-1], at[-1][:-1]], "line 7: the last newline is missing"),
    ("blank line inside", lambda at: [*at[:3], b"\n", *at[3:]], "line 4: blank"),
    ("blank line behind", lambda at: [*at, b"\n"], "line 8: blank"),
    ("carriage return", lambda at: [at[0][:-1] + b"\r\n", *at[1:]], "line 1: entry is not in canonical"),
    ("truncated file", lambda at: at[:-1], "ends after line 6; the checkpoint is over 7"),
    ("first line lost", lambda at: at[1:], "ends after line 6"),
    ("no lines", lambda _: [], "ends after line 0"),
    ("cut inside a line", lambda at: [*at[:-1], at[-1][:40]], "line 7: the last newline is missing"),
    ("reordered", lambda at: [at[1], at[0], *at[2:]], "line 2: entry.at is earlier"),
    ("duplicated", lambda at: [*at[:4], at[3], *at[4:]], "line 8: the checkpoint is over 7"),
    ("duplicated over", lambda at: [*at[:4], at[3], *at[5:]], "lines 1 to 7 don't have"),
    ("edited", lambda at: [at[0].replace(b'"permit"', b'"refuse"'), *at[1:]], "lines 1 to 7 don't have"),
    (
        "edited into nonsense",
        lambda at: [at[0].replace(b'"permit"', b'"yes"'), *at[1:]],
        "line 1: entry.outcome",
    ),
    ("joined", lambda at: [at[0][:-1] + at[1], *at[2:]], "line 1: entry is not JSON"),
    ("too long", lambda at: [b"{" * 70_000 + b"\n", *at[1:]], "line 1: too long"),
    ("a foreign redaction", lambda at: [redact(b"x") + b"\n", *at[1:]], "lines 1 to 7 don't have"),
    (
        "a redaction in capitals",
        lambda at: [b'{"redacted_leaf":"' + b"AB" * 32 + b'"}\n', *at[1:]],
        "line 1: red",
    ),
]


@pytest.mark.parametrize(("tamper", "why"), [pytest.param(t, w, id=name) for name, t, w in TAMPERING])
def test_tampered_lines_are_found(bundle: ABundle, tamper: Callable[[Lines], Lines], why: str) -> None:
    """Each way to tamper with the lines is found, and the message says where."""
    bundle.rewrite(tamper(bundle.lines))
    with pytest.raises(VerifyError, match=why):
        verify_bundle(bundle.folder)


def test_a_redaction_of_a_true_entry_holds(bundle: ABundle) -> None:
    """Whoever passes a bundle on may redact more of it; the root stays the same."""
    lines = bundle.lines
    bundle.rewrite([redact(lines[0][:-1]) + b"\n", *lines[1:]])

    assert 1 == verify_bundle(bundle.folder).redacted


def test_an_altered_base64_tail_is_found(bundle: ABundle) -> None:
    """Bits that base64 ignores at the end of root or signature can't be changed."""
    path = bundle.folder / "checkpoint"
    text = path.read_text()
    for line in (text.splitlines()[2], text.splitlines()[4]):
        digit = line.rstrip("=")[-1]
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        altered = alphabet[alphabet.index(digit) ^ 1]
        place = text.index(line) + len(line.rstrip("=")) - 1
        path.write_text(text[:place] + altered + text[place + 1 :])
        with pytest.raises(VerifyError, match="checkpoint: "):
            verify_bundle(bundle.folder)


def test_a_foreign_key_is_found(bundle: ABundle) -> None:
    """Another key in the bundle, or another pinned key, doesn't verify."""
    with pytest.raises(VerifyError, match="isn't the pinned one"):
        verify_bundle(bundle.folder, a_key(2).verifier.text())
    (bundle.folder / "vkey").write_text(a_key(2).verifier.text() + "\n")
    with pytest.raises(VerifyError, match="checkpoint: the note has no signature of the named key"):
        verify_bundle(bundle.folder)


def test_a_remade_bundle_fails_the_pinned_key(bundle: ABundle) -> None:
    """A ledger rewritten and signed anew with a key of the rewriter's holds UNPINNED only."""
    thief = a_key(3)
    leaves = [leaf_hash(line[:-1]) for line in bundle.lines[:5]]
    bundle.rewrite(bundle.lines[:5])
    (bundle.folder / "vkey").write_text(thief.verifier.text() + "\n")
    (bundle.folder / "checkpoint").write_text(sign_checkpoint(ORIGIN, Head(5, root_of(leaves)), thief))

    assert ", UNPINNED;" in str(verify_bundle(bundle.folder))
    with pytest.raises(VerifyError, match="pinned"):
        verify_bundle(bundle.folder, bundle.key.verifier.text())


@pytest.mark.parametrize("name", ["entries.jsonl", "checkpoint", "vkey"])
def test_a_missing_file_is_named(bundle: ABundle, name: str) -> None:
    """A bundle that lacks a file doesn't hold."""
    (bundle.folder / name).unlink()
    with pytest.raises(VerifyError, match=f"{name} can't be read"):
        verify_bundle(bundle.folder)


def test_files_that_arent_text(bundle: ABundle) -> None:
    """A vkey without its newline and a checkpoint that isn't UTF-8 are refused."""
    (bundle.folder / "vkey").write_text(bundle.key.verifier.text())
    with pytest.raises(VerifyError, match="vkey: the last newline is missing"):
        verify_bundle(bundle.folder)
    (bundle.folder / "vkey").write_bytes(b"\xff\n")
    with pytest.raises(VerifyError, match="isn't UTF-8"):
        verify_bundle(bundle.folder)


def test_other_files_are_said_to_be_unchecked(bundle: ABundle) -> None:
    """What else lies in the folder is counted among what was not checked."""
    (bundle.folder / "letter.txt").write_text("see attached")

    assert "1 other files" in verify_bundle(bundle.folder).lines()[0]


def test_because_must_point_backwards(tmp_path: Path) -> None:
    """A signed ledger whose entry follows from itself is found to be wrong, line and all."""
    entries = [
        a_draft().settle(f"2026-11-21T18:00:0{n}.000000Z", because) for n, because in enumerate([None, 1])
    ]
    lines = [entry.encode() for entry in entries]
    made = a_bundle(tmp_path, 0)
    made.rewrite([line + b"\n" for line in lines])
    head = Head(2, root_of([leaf_hash(line) for line in lines]))
    (made.folder / "checkpoint").write_text(sign_checkpoint(ORIGIN, head, made.key))

    with pytest.raises(VerifyError, match=r"line 2: entry\.because doesn't point backwards"):
        verify_bundle(made.folder)


def test_the_command_says_and_exits(bundle: ABundle, capsys: pytest.CaptureFixture[str]) -> None:
    """The command exits 0 with the verdict, or 1 with what is wrong."""
    old, pinned = bundle.folder.parent / "old", bundle.folder.parent / "pinned"
    old.write_text(sign_checkpoint(ORIGIN, Head(0, root_of([])), bundle.key))
    pinned.write_text(bundle.key.verifier.text() + "\n")

    assert 0 == main([str(bundle.folder), "--vkey", str(pinned), "--since", str(old)])
    assert "verified: size 7" in capsys.readouterr().out
    assert 1 == main([str(bundle.folder), "--vkey", str(old)])
    assert capsys.readouterr().err.startswith("NOT VERIFIED: the pinned vkey: ")
    assert 1 == main([str(bundle.folder), "--since", str(bundle.folder / "none")])
    assert "none can't be read" in capsys.readouterr().err


def test_the_verifier_needs_no_database(bundle: ABundle) -> None:
    """`python -m audit.verify` loads neither SQLAlchemy nor the ledger's own code."""
    code = (
        "import sys, audit.verify; status = audit.verify.main(sys.argv[1:]);"
        "loaded = {'sqlalchemy', 'audit.ledger', 'audit.reader', 'audit.stored', 'runtime.database'};"
        "sys.exit(status or ' '.join(loaded & sys.modules.keys()) or None)"
    )
    for command in (["-c", code], ["-m", "audit.verify"]):
        done = subprocess.run(
            [sys.executable, *command, str(bundle.folder)],
            capture_output=True,
            text=True,
            check=False,
            cwd=Path(__file__).parents[2],
        )
        assert (0, "") == (done.returncode, done.stderr)


def test_a_later_bundle_extends_an_earlier_one(tmp_path: Path) -> None:
    """The checkpoint of one bundle is what the next is verified since."""
    made = a_bundle(tmp_path, 3)
    earlier = (made.folder / "checkpoint").read_text()
    made.ledger.append(a_draft(), a_draft())
    key_text, checkpoint = made.key.verifier.text(), made.ledger.checkpoint(made.key)
    write_bundle(made.ledger.reader, tmp_path / "later", key_text, checkpoint)
    verdict = verify_bundle(tmp_path / "later", key_text, earlier)

    assert (5, Head(3, root_of([leaf_hash(line[:-1]) for line in made.lines]))) == (
        verdict.head.size,
        verdict.since,
    )


def a_vector(name: str) -> Path:
    """Return the folder of a test vector."""
    return Path(__file__).parent / "vectors" / name


def test_a_cosigned_bundle_says_by_whom_and_when() -> None:
    """The verdict's first line names the witness and its time."""
    witness = (a_vector("brought") / "witness.vkey").read_text()
    verdict = verify_bundle(a_vector("good-cosigned"), witnesses=[witness])

    assert ", UNPINNED, COSIGNED by compliance.example/w1 at 2026-11-21T18:00:00Z; not" in verdict.lines()[0]
    with pytest.raises(VerifyError, match="the witness's vkey: the vkey isn't a witness's key"):
        verify_bundle(a_vector("good-cosigned"), witnesses=["w1"])


def test_a_witness_may_say_any_second() -> None:
    """A time that no calendar has is said in seconds."""
    assert "w1 at second 9223372036854775807 since 1970" == str(Cosigned(witness="w1", seconds=2**63 - 1))


def test_a_pinned_older_key_verifies_through_the_chain() -> None:
    """Who knows any key of the history may pin it; who knows another key may not."""
    bundle, brought = a_vector("good-handed-over"), a_vector("brought")
    for key in (a_key(1), a_key(2)):
        verdict = verify_bundle(bundle, key.verifier.text())
        assert ", PINNED;" in verdict.lines()[0]
        assert "keys: 2, each signed in by the one before" in verdict.lines()
    with pytest.raises(VerifyError, match="nor does it follow from it"):
        verify_bundle(bundle, (brought / "stranger.vkey").read_text())


def test_a_restored_ledger_starts_with_a_key_of_its_own(tmp_path: Path) -> None:
    """Keys that entries name before a restoration need not be in the history."""
    made, key = a_ledger(tmp_path), a_key()
    resource = Resource(kind="ledger", id="sealed-book")
    made.append(a_draft(Event.INSTALLATION_STARTED, mode="live", vkey="ab" * 32))
    made.append(a_draft(Event.LEDGER_RESTORED, resource=resource, vkey=digest_of_key(key.verifier)))
    write_bundle(made.reader, tmp_path / "b", key.verifier.text(), made.checkpoint(key))

    assert 2 == verify_bundle(tmp_path / "b").head.size


FROM, TO = "2026-11-21T18:00:01.500000Z", "2026-11-21T18:00:02.000000Z"


@pytest.mark.parametrize(
    ("redacted", "quiet", "why"),
    [
        ([], (FROM, TO), None),
        ([], ("2026-11-21T10:00:01.500000-08:00", TO), None),
        ([0], (FROM, TO), None),
        ([3, 4], (FROM, TO), None),
        ([1], (FROM, TO), "line 2: a redacted line may stand in the period"),
        ([2], (FROM, TO), "line 3: a redacted line may stand in the period"),
        ([1, 2], (FROM, TO), "line 2: a redacted line may stand in the period"),
        ([], (FROM, "2026-11-21T18:00:02.000001Z"), "line 3: an entry stands in the period"),
        ([], ("2026-11-21T18:00:01.000000Z", TO), "line 2: an entry stands in the period"),
        ([], ("2026-11-21T18:00:09Z", "2026-11-21T18:00:10Z"), "ends before the period does"),
        ([6], ("2026-11-21T18:00:05.5Z", "2026-11-21T18:00:06Z"), "ends before the period does"),
        ([], (TO, FROM), "ends before it begins"),
        ([], ("yesterday", TO), "moments with a time zone"),
        ([], ("2026-11-21T18:00:01", TO), "moments with a time zone"),
    ],
)
def test_quiet_periods(tmp_path: Path, redacted: list[int], quiet: tuple[str, str], why: str | None) -> None:
    """No entry in a period is said only where neither redacted nor later entries can stand in it."""
    folder = a_bundle(tmp_path, redacted=redacted).folder
    if why is None:
        verdict = verify_bundle(folder, quiet=quiet)
        assert f"no entry stands from {FROM} to before {TO}" == verdict.lines()[-1]
    else:
        with pytest.raises(VerifyError, match=why):
            verify_bundle(folder, quiet=quiet)


def test_the_command_takes_witnesses_and_a_period(capsys: pytest.CaptureFixture[str]) -> None:
    """`--witness` and `--quiet-between` work on the verifier's own command line."""
    witness = str(a_vector("brought") / "witness.vkey")

    assert 0 == main([str(a_vector("good-cosigned")), "--witness", witness, "--quiet-between", FROM, TO])
    assert "COSIGNED by compliance.example/w1" in capsys.readouterr().out
    assert 1 == main([str(a_vector("good")), "--witness", witness])
