"""Is the vault well: `python -m vault.health --socket PATH` exits with 0 when it answers and isn't locked."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from vault.client import ask_status
from vault.errors import VaultError


def main(arguments: Sequence[str] | None = None) -> int:
    """Ask the vault how it is; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m vault.health")
    parser.add_argument("--socket", type=Path, required=True)
    options = parser.parse_args(arguments)
    try:
        status = ask_status(options.socket)
    except VaultError as error:
        sys.stderr.write(f"vault: {error}\n")
        return 1
    if status.locked:
        sys.stderr.write("vault: locked\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
