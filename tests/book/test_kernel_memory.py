"""The kernel under AddressSanitizer and UBSan: random and broken buffers end in rows or in a refusal."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from book.native.compiling import SOURCES, compiler

DRIVER = Path(__file__).with_name("kernel_driver.c")
SANITIZERS = ("-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")


@pytest.fixture(name="driver", scope="module")
def _driver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    program = compiler()
    if program is None:
        pytest.skip("no C compiler")
    built = tmp_path_factory.mktemp("kernel") / "driver"
    sources = [str(path) for path in sorted(SOURCES.glob("*.c"))]
    command = [program, "-std=gnu11", *SANITIZERS, f"-I{SOURCES}", "-o", str(built), str(DRIVER), *sources]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if "cannot find" in made.stderr:
        pytest.skip("this compiler comes without its sanitizers")
    assert made.returncode == 0, made.stderr
    return built


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_random_buffers_are_never_overstepped(driver: Path, seed: int) -> None:
    """Neither a read nor a write leaves its buffer, nothing undefined is done, all memory is given back."""
    _run([str(driver), str(seed), "4000"])


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_a_long_run_finds_nothing_either(driver: Path) -> None:
    """Two million batches."""
    _run([str(driver), "2026", "2000000"])


def test_the_sources_draw_no_warning(tmp_path: Path) -> None:
    """Conversions and signs are as meant."""
    program = compiler()
    if program is None or "gcc" not in Path(shutil.which(program) or "").resolve().name:
        pytest.skip("no gcc")
    flags = ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror", "-c"]
    for source in SOURCES.glob("*.c"):
        _run([program, *flags, "-o", str(tmp_path / "out.o"), str(source)])
