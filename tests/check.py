"""Every check of Sealed Book, as `./run test` and CI run them.

./run test                   format, lint, types, floors, tests
./run test --require-all     the same; a skipped test is a failure
./run test tests/audit -k x  only pytest, with these arguments
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent

CHECKS: tuple[tuple[str, list[str]], ...] = (
    ("format", [str(BIN / "ruff"), "format", "--check", "--quiet", "."]),
    ("lint", [str(BIN / "ruff"), "check", "--quiet", "."]),
    ("floors", [str(BIN / "lint-imports"), "--no-cache"]),
    ("types", [str(BIN / "mypy")]),
)


def main() -> int:
    """Run the checks, all of them, and then the tests; return 1 when any failed."""
    arguments = sys.argv[1:]
    require_all = "--require-all" in arguments
    chosen = [argument for argument in arguments if argument != "--require-all"]
    failed = [] if chosen else [name for name, command in CHECKS if not _passes(name, command)]
    environment = os.environ | ({"SEALEDBOOK_REQUIRE_ALL": "1"} if require_all else {})
    print("== tests", flush=True)
    tests = subprocess.run([sys.executable, "-m", "pytest", *chosen], cwd=ROOT, env=environment, check=False)
    if tests.returncode:
        failed.append("tests")
    if failed:
        print(f"FAILED: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _passes(name: str, command: list[str]) -> bool:
    print(f"== {name}", flush=True)
    return subprocess.run(command, cwd=ROOT, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
