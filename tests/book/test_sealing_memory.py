"""Sealing a large book takes no more memory than its law says, seen in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MEBIBYTE = 1 << 20
SPARE = 64 * MEBIBYTE
LARGE = 100_000
# Linux: 5 sets the peak back to what is resident now; so what made the rows does not count.
CHILD = """
import sys
from pathlib import Path
from bench.book_data import a_table, catalogue, notice, permitted
from book.keymint import KeyMint
from book.seal import seal_book

def status(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))

rows = int(sys.argv[1])
table, mint = permitted(a_table(rows)), KeyMint()
seal_book(permitted(a_table(1)), notice(1), catalogue(), mint.mint())
key = mint.mint()
Path("/proc/self/clear_refs").write_text("5")
before = status("VmRSS:")
book = seal_book(table, notice(rows), catalogue(), key)
print(status("VmHWM:") - before, len(book.data))
"""


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_a_large_book_is_sealed_within_three_times_its_size() -> None:
    """What is held at the peak, the rows apart, is under three times the sealed bytes and 64 MiB."""
    if not Path("/proc/self/clear_refs").exists():
        pytest.skip("this system doesn't tell a process's peak")
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(LARGE)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    peak, sealed = map(int, done.stdout.split())

    assert sealed > 20 * MEBIBYTE
    assert peak < 3 * sealed + SPARE
