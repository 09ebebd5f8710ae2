"""Personal data is found nowhere but in the opened book (contracts 7 and 15)."""

from __future__ import annotations

import base64
import gzip
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from book.reopen import reopen
from tests.leaks import find_leaks, leaking_files, needles_of

DATA = Path(__file__).parent / "data"
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - searched, never written


@dataclass
class Run:
    """One run of the demo on the test extract, with a temporary folder of its own."""

    told: dict[str, Any]
    folder: Path
    temporary: Path
    output: bytes
    shared: list[Path]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run the whole demo on the test extract."""
    folder = tmp_path_factory.mktemp("planted")
    temporary = folder / "tmp"
    temporary.mkdir()
    command = [sys.executable, "-m", "cli.main", "demo", "--json", "--data", str(folder / "data")]
    command += ["--extract", str(DATA / "extract.csv"), "--roster", str(DATA / "roster.csv")]
    command += ["--agent", "0B65625"]
    # What is kept of the disk in reserve is filler: a little of it is searched as well as a lot.
    environment = os.environ | {"TMPDIR": str(temporary), "SEALEDBOOK_RESERVE_BYTES": "65536"}
    # Other programs' shared memory is theirs, and may be large.
    before = _shared_files()
    done = subprocess.run(command, env=environment, capture_output=True, timeout=150, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    told, output = json.loads(done.stdout.splitlines()[-1]), done.stdout + done.stderr
    return Run(told, folder, temporary, output, sorted(_shared_files() - before))


def _shared_files() -> set[Path]:
    return {path for path in SHARED_MEMORY.rglob("*") if path.is_file() and os.access(path, os.R_OK)}


@pytest.fixture(scope="module")
def needles() -> set[bytes]:
    """What must not be found."""
    return needles_of(DATA / "extract.csv")


def test_nothing_leaks_into_files(run: Run, needles: set[bytes]) -> None:
    """Data folder, temporary folder, shared memory, queue, logs and mail hold no personal data."""
    assert [] == leaking_files([run.folder, run.temporary], needles)
    assert [] == [path for path in run.shared if path.exists() and find_leaks(path.read_bytes(), needles)]


def test_nothing_leaks_into_the_output(run: Run, needles: set[bytes]) -> None:
    """What the demo prints holds no personal data."""
    assert find_leaks(run.output, needles) == 0


def test_no_process_left_a_core_file(run: Run) -> None:
    """No core file lies in the folders."""
    assert [] == [path for path in run.folder.rglob("core*") if path.is_file()]


def test_the_passphrase_is_in_no_file(run: Run) -> None:
    """The passphrase goes over the wire once and is written nowhere but in the vault's own store."""
    found = leaking_files([run.folder, run.temporary], {run.told["passphrase"].encode()})

    assert [] == [path for path in found if path.parent.name != "vault"]


def test_the_search_finds_what_is_there(run: Run, needles: set[bytes]) -> None:
    """The same search does find the data: in the opened book, and in base64 and gzip of it."""
    clear = reopen(Path(run.told["book"]).read_bytes(), run.told["passphrase"])

    assert find_leaks(clear, needles) > 10
    assert find_leaks(b"noise" + base64.b64encode(clear), needles) > 10
    assert find_leaks(gzip.compress(clear), needles) > 10
