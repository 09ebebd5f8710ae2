"""A process that serves no port shows that it lives by touching a file now and then.

python -m runtime.heartbeat FILE --within SECONDS     exit code 0 when it was touched lately
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path


def beat(file: Path | None) -> None:
    """Touch the file; without one nothing is shown."""
    if file is not None:
        file.touch()


def is_beating(file: Path, within: float) -> bool:
    """Tell whether the file was touched within that many seconds."""
    try:
        touched = file.stat().st_mtime
    except FileNotFoundError:
        return False
    # The file system stamps files by the machine's own clock.
    return time.time() - touched <= within


def main(arguments: list[str] | None = None) -> int:
    """Ask about one file; return 0 when its process lives."""
    parser = argparse.ArgumentParser(prog="python -m runtime.heartbeat")
    parser.add_argument("file", type=Path)
    parser.add_argument("--within", type=float, required=True, metavar="SECONDS")
    options = parser.parse_args(arguments)
    return 0 if is_beating(options.file, options.within) else 1


if __name__ == "__main__":
    sys.exit(main())
