"""Builds the kernel: one shared object out of the C files beside this one. Standard library only.

Laws:
1. The object is put in place whole, by a rename; who loads it never sees half of one.
2. Without a compiler, or with one that fails, there is no object and a note that says why; that is no
   error, since the book's Python does everything that the kernel does.
3. A stamp says what the last attempt was made of: sources, flags, compiler, processor. Nothing is built while
   it still holds, and nothing else looks at the sources' age.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

SOURCES = Path(__file__).parent
FLAGS = ("-std=gnu11", "-O2", "-fPIC", "-shared", "-fvisibility=default", "-Wall", "-Wextra")
_NAME = "kernel"
_SECONDS = 120


def object_path(folder: Path = SOURCES) -> Path:
    """Return where the shared object is put."""
    return folder / f"lib{_NAME}.so"


def note_path(folder: Path = SOURCES) -> Path:
    """Return where it is said why there is no object."""
    return folder / f"{_NAME}.note"


def sources_digest(folder: Path = SOURCES) -> str:
    """Return a digest over every C file, its name included; the object says the one it was made of."""
    digest = hashlib.sha256()
    for path in sorted([*folder.glob("*.c"), *folder.glob("*.h")]):
        digest.update(f"{path.name}\0{path.stat().st_size}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def compiler() -> str | None:
    """Return the C compiler: `$CC`, or `cc`."""
    return shutil.which(os.environ.get("CC") or "cc")


def is_current(folder: Path = SOURCES) -> bool:
    """Whether the last attempt was made of what is there now; then another would end the same."""
    stamp = _stamp_path(folder)
    return stamp.is_file() and stamp.read_text(encoding="utf-8") == _stamp(folder)


def compile_kernel(folder: Path = SOURCES) -> bool:
    """Build the object and tell whether there is one; what stood there before is gone either way."""
    note = _compile(folder)
    if note:
        object_path(folder).unlink(missing_ok=True)
        _put(note_path(folder), note)
    else:
        note_path(folder).unlink(missing_ok=True)
    _put(_stamp_path(folder), _stamp(folder))
    return not note


def _compile(folder: Path) -> str:
    """Return an empty text, or why there is no object."""
    program = compiler()
    if program is None:
        return "there is no C compiler here"
    if sys.byteorder != "little":
        return "the kernel is for little-endian processors"
    part = folder / f"{_NAME}.{os.getpid()}.part"
    digest = f'-DSEALEDBOOK_SOURCES="{sources_digest(folder)}"'
    sources = sorted(str(path) for path in folder.glob("*.c"))
    try:
        done = subprocess.run(  # noqa: S603 - the compiler of this machine, on files of this project
            [program, *FLAGS, digest, "-o", str(part), *sources],
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        if done.returncode:
            return f"the C compiler ended with {done.returncode}: {_first_line(done.stderr)}"
        part.replace(object_path(folder))
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"the C compiler couldn't be used ({type(error).__name__})"
    finally:
        part.unlink(missing_ok=True)
    return ""


def _first_line(words: str) -> str:
    errors = [line for line in words.splitlines() if "error" in line] or words.splitlines() or ["no words"]
    return errors[0][:200]


def _stamp_path(folder: Path) -> Path:
    return folder / f"{_NAME}.stamp"


def _stamp(folder: Path) -> str:
    parts = [sources_digest(folder), *FLAGS, compiler() or "no compiler", platform.machine(), sys.platform]
    return "\n".join(parts)


def _put(path: Path, words: str) -> None:
    part = path.with_suffix(f"{path.suffix}.{os.getpid()}.part")
    part.write_text(words, encoding="utf-8")
    part.replace(path)
