"""Names of logs: where a ledger was restored from a backup, the log that goes on has the next name.

`<name>` is followed by `<name>.r2`, then `<name>.r3`, and so on. Pure.
"""

from __future__ import annotations

import re

_NEXT = re.compile(r"(.+)\.r([2-9]|[1-9][0-9]+)")


def next_origin(origin: str) -> str:
    """Return the name of the log that starts where another was restored."""
    found = _NEXT.fullmatch(origin)
    return f"{found[1]}.r{int(found[2]) + 1}" if found else f"{origin}.r2"


def former_origin(origin: str) -> str | None:
    """Return the name of the log that this one was restored from, or None."""
    found = _NEXT.fullmatch(origin)
    if not found:
        return None
    return found[1] if found[2] == "2" else f"{found[1]}.r{int(found[2]) - 1}"
