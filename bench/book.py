"""The protected book, beside peers and beside the limit: CPU seconds, all in one run on the same data.

Laws:
1. Ours is counted from the permitted table to a SealedBook that was re-opened, its key's derivation included;
   the peers' from the same Arrow table to sealed bytes, which none of them opens again.
2. The limit is one deflate of our XML at ISA-L's level 1, one AES-256-CBC pass, one HMAC-SHA512 and one spin
   at the width in use. Nobody can do with less and write this format.
3. Small works are run in turns and the least of the turns counts; the storm is run in full for ours, and for
   the peers fitted: a straight line through their times at 10 and 1,000 rows (`_fit`).
"""

from __future__ import annotations

import io
import resource
import secrets
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.hmac import HMAC

from bench.book_data import a_table, catalogue, notice, permitted, storm
from bench.book_peers import WRITERS, build
from bench.table import LIMIT, Ratio
from book.archive import press
from book.keymint import KeyMint
from book.native.compiling import compiler
from book.native.kernel import kernel_or_none
from book.seal import SealedBook, seal_book
from book.spinning import spin_together, spin_width
from book.workbook import write_workbook

OPENPYXL: Final = "openpyxl"
XLSXWRITER: Final = "XlsxWriter"
_MEBIBYTE: Final = 1 << 20
_STORM: Final = 12_000
_QUICK_STORM: Final = 600
_FIT: Final = (10, 1000)
_WIDE: Final = 16
Times = dict[str, float]


def _ours(rows: int, mint: KeyMint, *, pure: bool = False) -> SealedBook:
    data = a_table(rows)
    minted = mint.mint()
    if pure:
        spin_together([minted.passphrase], [minted.key_salt], pure=True)
    return seal_book(permitted(data), notice(rows), catalogue(), minted, pure=pure)


def _cpu(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def _least(works: dict[str, Callable[[], object]], turns: int) -> Times:
    """Run all works in turns; return each one's least CPU seconds."""
    least = dict.fromkeys(works, float("inf"))
    for _ in range(turns):
        for name, work in works.items():
            least[name] = min(least[name], _cpu(work))
    return least


def _spin_seconds() -> float:
    """Return what one key costs when as many as the processor has lanes are derived together."""
    width = spin_width()
    words, salts = ["abcd-efgh-jkmn-pqrs"] * width, [bytes(16)] * width
    return min(_cpu(lambda: spin_together(words, salts)) for _ in range(5)) / width


def _limit(rows: int) -> Callable[[], object]:
    """Return the work that no writer of this format can leave out, but for the spin."""
    clear = write_workbook(permitted(a_table(rows)), notice(rows), catalogue())
    with zipfile.ZipFile(io.BytesIO(clear)) as archive:
        parts = [archive.read(name) for name in archive.namelist()]
    padded = clear + bytes(-len(clear) % 16)
    xml = b"".join(parts)

    def work() -> None:
        press([xml])
        sealed = Cipher(algorithms.AES(bytes(32)), modes.CBC(bytes(16))).encryptor().update(padded)
        mac = HMAC(bytes(64), SHA512())
        mac.update(sealed)
        mac.finalize()

    return work


def _sealed_rows(rows: int, goals: tuple[float, float, float], turns: int, keys: float) -> list[Ratio]:
    """Measure one size; goals over the fastest peer, over openpyxl, and under the limit."""
    mint = KeyMint(limit=turns + 2)
    mint.prepare(turns + 2)
    works: dict[str, Callable[[], object]] = {"ours": lambda: _ours(rows, mint), LIMIT: _limit(rows)}
    works |= {name: partial(build, name, a_table(rows)) for name in WRITERS}
    a_table(rows)
    works["ours"]()
    times = _least(works, turns)
    ours, limit = times["ours"] + keys, times[LIMIT] + keys
    fastest = min(WRITERS, key=lambda name: times[name])
    work = f"{rows:,} rows sealed"
    note = f"{ours * 1000:.1f} ms"
    return [
        Ratio(
            work=work,
            against=f"{fastest} + msoffcrypto-tool (fastest)",
            ratio=times[fastest] / ours,
            goal=goals[0],
            note=f"{note} : {times[fastest] * 1000:.1f} ms",
        ),
        Ratio(
            work=work,
            against="openpyxl + msoffcrypto-tool",
            ratio=times[OPENPYXL] / ours,
            goal=goals[1],
            note=f"{note} : {times[OPENPYXL] * 1000:.1f} ms",
        ),
        Ratio(
            work=work,
            against=LIMIT,
            ratio=ours / limit,
            goal=goals[2],
            note=f"{note} : {limit * 1000:.1f} ms",
        ),
    ]


def _file_size(rows: int) -> Ratio:
    clear = write_workbook(permitted(a_table(rows)), notice(rows), catalogue())
    with zipfile.ZipFile(io.BytesIO(clear)) as archive:
        parts = [archive.read(name) for name in archive.namelist()]
    usual = sum(len(zlib.compress(part, 6)) for part in parts)
    return Ratio(
        work=f"{rows:,} rows, size of the file",
        against=LIMIT,
        ratio=len(clear) / usual,
        goal=1.15,
        note=f"{len(clear):,} bytes over zlib level 6's {usual:,}",
    )


def _without_kernel(rows: int, turns: int) -> Ratio:
    mint = KeyMint(limit=turns + 1)
    mint.prepare(turns + 1)
    times = _least(
        {"ours": lambda: _ours(rows, mint, pure=True), XLSXWRITER: lambda: build(XLSXWRITER, a_table(rows))},
        turns,
    )
    return Ratio(
        work=f"{rows:,} rows sealed without the kernel",
        against="XlsxWriter + msoffcrypto-tool",
        ratio=times[XLSXWRITER] / times["ours"],
        goal=1.0,
        note=f"{times['ours'] * 1000:.0f} ms : {times[XLSXWRITER] * 1000:.0f} ms",
    )


def run_storm(books: int) -> tuple[float, int]:
    """Build a storm's books one after the other; return CPU seconds, keys included, and bytes sealed.

    The rows are slices of one table, as they are views of one shard in the worker.
    """
    rows = a_table(max(storm(books)))
    mint = KeyMint()
    start = time.process_time()
    mint.start()
    sealed = 0
    for count in storm(books):
        table = permitted(rows.slice(secrets.randbelow(rows.num_rows - count + 1), count))
        sealed += len(seal_book(table, notice(count), catalogue(), mint.mint()).data)
    mint.close()
    return time.process_time() - start, sealed


def _fit(name: str, sizes: list[int]) -> float:
    """Return what a peer would take for the storm, by a line through two sizes."""
    few, many = _FIT
    times = _least({str(rows): partial(build, name, a_table(rows)) for rows in _FIT}, turns=3)
    a_row = (times[str(many)] - times[str(few)]) / (many - few)
    a_book = max(0.0, times[str(few)] - few * a_row)
    return len(sizes) * a_book + sum(sizes) * a_row


def _storm(books: int, wide: bool) -> list[Ratio]:
    """Measure the storm in a process of its own, so that its memory is its own."""
    code = f"from bench.book import report_storm; report_storm({books})"
    done = subprocess.run(  # noqa: S603 - this very program
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    seconds, peak, sealed = (float(word) for word in done.stdout.split())
    sizes = storm(books)
    fitted = {name: _fit(name, sizes) for name in WRITERS}
    fastest = min(fitted, key=lambda name: fitted[name])
    work = f"storm of {books:,} books, {sum(sizes):,} rows"
    return [
        Ratio(
            work=work,
            against=f"{fastest} + msoffcrypto-tool (fastest, fitted)",
            ratio=fitted[fastest] / seconds,
            goal=8 if wide else 5,
            note=f"{seconds:.1f} s, {sealed / _MEBIBYTE:.0f} MB : {fitted[fastest]:.0f} s",
        ),
        Ratio(work=f"{work}, peak memory in MB", against=LIMIT, ratio=peak, goal=512, note="whole process"),
    ]


def _peak_megabytes() -> float:
    """Return the most memory that this process held; what `getrusage` tells begins with its parent's."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def report_storm(books: int) -> None:
    """Run a storm and print CPU seconds, peak megabytes and bytes sealed."""
    seconds, sealed = run_storm(books)
    sys.stdout.write(f"{seconds} {_peak_megabytes()} {sealed}\n")


def measure(*, quick: bool) -> list[Ratio]:
    """Return the table of ratios; `quick` leaves out the largest book and most of the storm."""
    wide = spin_width() >= _WIDE
    if kernel_or_none() is None:
        sys.stderr.write(
            f"No kernel here (compiler: {compiler() or 'none'}): goals of the kernel will fail.\n"
        )
    keys = _spin_seconds()
    found = [] if quick else _sealed_rows(100_000, (3.5, 40, 1.6), 1, keys)
    found += _sealed_rows(10_000, (3, 35, 1.6), 1 if quick else 3, keys)
    found += _sealed_rows(150, (9 if wide else 5, 9, 1.3), 9, keys)
    found += _storm(_QUICK_STORM if quick else _STORM, wide)
    found.append(_file_size(10_000))
    found += [_without_kernel(rows, 3) for rows in (150, 2_000)]
    return found
