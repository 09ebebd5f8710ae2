"""Is the vault well: `python -m vault.health --socket PATH` exits with 0 when it answers and isn't locked."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from vault.client import ask_status
from vault.errors import Code, VaultError


def main(arguments: Sequence[str] | None = None) -> int:
    """Ask the vault how it is; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m vault.health")
    parser.add_argument("--socket", type=Path, required=True)
    options = parser.parse_args(arguments)
    try:
        status = ask_status(options.socket)
    except VaultError as error:
        if error.code is Code.UNFOUNDED:
            # It waits for `init`, as well as a vault can be that holds nothing.
            return 0
        sys.stderr.write(f"vault: {error}\n")
        return 1
    if status.locked:
        sys.stderr.write("vault: locked\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
