"""Verification's memory doesn't grow with the bundle."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from audit.checkpoint import Head, sign_checkpoint
from audit.proofs import RootBuilder
from audit.tree import leaf_hash
from audit.verify import verify_bundle
from tests.audit.factories import ORIGIN, a_key
from tests.audit.vector_parts import LINES

KEY = a_key()


def lines(count: int) -> Iterator[bytes]:
    """Yield entries that differ in their salt and in who acted."""
    line = LINES[1]
    for number in range(count):
        yield line.replace(b"01" * 16, b"%032x" % number).replace(b"p-7f3a", b"p-%x" % number)


def a_long_bundle(folder: Path, count: int) -> Path:
    """Write a bundle line by line."""
    folder.mkdir()
    builder = RootBuilder()
    with (folder / "entries.jsonl").open("wb") as file:
        for line in lines(count):
            file.write(line + b"\n")
            builder.add(leaf_hash(line))
    head = Head(count, builder.root())
    (folder / "vkey").write_text(f"{KEY.verifier.text()}\n")
    (folder / "checkpoint").write_text(sign_checkpoint(ORIGIN, head, KEY))
    return folder


def peak_of(folder: Path) -> int:
    """Return the most bytes that verifying takes at once."""
    tracemalloc.start()
    try:
        verify_bundle(folder)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_memory_is_flat(tmp_path: Path) -> None:
    """Twenty times the lines take no more memory than a bounded cache that is full either way."""
    few, many = (a_long_bundle(tmp_path / str(count), count) for count in (20_000, 400_000))
    verify_bundle(few)

    assert peak_of(many) < peak_of(few) + 500_000
