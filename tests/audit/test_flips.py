"""One flipped bit, anywhere in a bundle: verification fails, exits 1 and names the place."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.cosignature import cosign
from audit.evidence import FILES
from audit.verify import main
from tests.audit.vector_parts import (
    BROUGHT,
    HISTORY,
    ROTATED,
    WITNESS,
    Files,
    an_extension,
    handed_over,
    proof_from,
)

PLACE = {
    "entries.jsonl": r"entries\.jsonl( line \d+:| ends after line \d+;|: lines 1 to \d+ )",
    "checkpoint": r"checkpoint(:| isn't UTF-8)",
    "vkey": r"vkey(:| isn't UTF-8)",
    "keys": r"keys(:| isn't UTF-8)",
}


def a_full_bundle() -> Files:
    """Return a bundle with everything in it: redactions, a key history, a witness's line."""
    made = handed_over(HISTORY, ROTATED)
    return made | {"checkpoint": cosign(made["checkpoint"].decode(), WITNESS, 1_795_284_000).encode()}


FULL = a_full_bundle()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give one folder to all examples; each writes the bundle anew."""
    made = tmp_path_factory.mktemp("flips")
    for name, data in BROUGHT.items():
        (made / name).write_bytes(data)
    return made


def write(folder: Path, files: Files) -> Path:
    """Write a bundle in place of the one before."""
    bundle = folder / "bundle"
    shutil.rmtree(bundle, ignore_errors=True)
    bundle.mkdir()
    for name, data in files.items():
        (bundle / name).write_bytes(data)
    return bundle


def flipped(data: bytes, place: int) -> bytes:
    """Return the bytes with one bit changed."""
    changed = bytearray(data)
    changed[place // 8] ^= 1 << place % 8
    return bytes(changed)


def test_every_file_is_there() -> None:
    """The bundle that bits are flipped in has every file that a bundle can have."""
    assert set(FILES) == set(FULL)


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(sorted(FILES)), st.floats(0, 1, exclude_max=True))
def test_a_flipped_bit_is_found_with_its_place(
    folder: Path, capsys: pytest.CaptureFixture[str], name: str, where: float
) -> None:
    """Whichever bit of whichever file: exit 1, and the message begins with the file."""
    place = int(where * len(FULL[name]) * 8)
    bundle = write(folder, FULL | {name: flipped(FULL[name], place)})
    status = main([str(bundle), "--vkey", str(folder / "vkey"), "--witness", str(folder / "witness.vkey")])
    said = capsys.readouterr()

    assert (1, "") == (status, said.out)
    assert re.match(f"NOT VERIFIED: {PLACE[name]}", said.err), said.err


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["checkpoint", "consistency", "vkey"]), st.floats(0, 1, exclude_max=True))
def test_an_extensions_flipped_bit_is_found(
    folder: Path, capsys: pytest.CaptureFixture[str], name: str, where: float
) -> None:
    """Of an extension, too, no bit can change unseen."""
    files = an_extension(proof_from(3))
    bundle = write(folder, files | {name: flipped(files[name], int(where * len(files[name]) * 8))})
    status = main([str(bundle), "--since", str(folder / "old")])
    said = capsys.readouterr()

    assert (1, "") == (status, said.out)
    assert re.match(f"NOT VERIFIED: {name}(:| isn't UTF-8)", said.err), said.err


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.floats(0, 1, exclude_max=True))
def test_only_an_unnamed_keys_line_may_change(
    folder: Path, capsys: pytest.CaptureFixture[str], where: float
) -> None:
    """A witness's line may change unseen while nobody names that witness: C2SP has readers pass it over.

    It still has to be a signature line in its one form, and everything before it stays.
    """
    whole = FULL["checkpoint"]
    unnamed = whole.rindex("— ".encode())
    place = unnamed * 8 + int(where * (len(whole) - unnamed) * 8)
    bundle = write(folder, FULL | {"checkpoint": flipped(whole, place)})
    status = main([str(bundle)])
    said = capsys.readouterr()

    assert (0, "") == (status, said.err) or re.match(f"NOT VERIFIED: {PLACE['checkpoint']}", said.err)
    assert "COSIGNED" not in said.out
