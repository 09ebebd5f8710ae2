"""Every check of Sealed Book, as `./run test` and CI run them.

./run test                   format, lint, types, floors, tests
./run test --require-all     the same, and the tests that use a database or queue once more on
                             PostgreSQL and Redis; a skipped test is a failure
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

# What works on a database or a queue; everything else knows nothing of either.
ON_SERVERS = (
    "tests/api",
    "tests/audit",
    "tests/house/test_places.py",
    "tests/house/test_rollback.py",
    "tests/policies/test_gate.py",
    "tests/runtime/test_postgres.py",
    "tests/runtime/test_servers.py",
    "tests/snapshot",
    "tests/store",
    "tests/test_compose.py",
    "tests/vault/test_real_ledger.py",
    "tests/worker",
)
# These are about the doors themselves, and reach the database as the tests beside them do.
NOT_ON_SERVERS = ("tests/api/test_every_route.py", "tests/api/test_main.py", "tests/api/test_pages_*.py")


def main() -> int:
    """Run the checks, all of them, and then the tests; return 1 when any failed."""
    arguments = sys.argv[1:]
    require_all = "--require-all" in arguments
    chosen = [argument for argument in arguments if argument != "--require-all"]
    failed = [] if chosen else [name for name, command in CHECKS if not _passes(name, command)]
    environment = os.environ | ({"SEALEDBOOK_REQUIRE_ALL": "1"} if require_all else {})
    if not _run_tests("tests", chosen, environment):
        failed.append("tests")
    if require_all and not chosen:
        left_out = [f"--ignore-glob={pattern}" for pattern in NOT_ON_SERVERS]
        again = ["--backends=servers", *left_out, *ON_SERVERS]
        if not _run_tests("tests on PostgreSQL and Redis", again, environment):
            failed.append("tests on PostgreSQL and Redis")
    if failed:
        print(f"FAILED: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _passes(name: str, command: list[str]) -> bool:
    print(f"== {name}", flush=True)
    return subprocess.run(command, cwd=ROOT, check=False).returncode == 0


def _run_tests(name: str, arguments: list[str], environment: dict[str, str]) -> bool:
    print(f"== {name}", flush=True)
    command = [sys.executable, "-m", "pytest", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
