"""Ends child processes whose parent was killed: a small program on its own, standard library only.

It reads `watch PID` and `forget PID` from a pipe whose other end the parent alone holds.
When the pipe closes, everything still watched gets SIGTERM, and SIGKILL some seconds later
(how many is its argument). A PID that leads a process group stands for the whole group. It works on any Unix,
where asking the kernel for a signal at the parent's death does on Linux only.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time

_POLL_SECONDS = 0.05


def send(pid: int, number: int) -> bool:
    """Send a signal to a process or the group that it leads; False when nothing is there."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if os.getpgid(pid) == pid:
            os.killpg(pid, number)
        else:
            os.kill(pid, number)
        return True
    return False


def main() -> None:
    """Watch until the pipe closes, then end what is left."""
    watched: set[int] = set()
    for line in sys.stdin:
        verb, _, pid = line.strip().partition(" ")
        if verb == "watch":
            watched.add(int(pid))
        else:
            watched.discard(int(pid))
    for pid in watched:
        send(pid, signal.SIGTERM)
    deadline = time.monotonic() + float(sys.argv[1])
    while time.monotonic() < deadline and any(send(pid, 0) for pid in watched):
        time.sleep(_POLL_SECONDS)
    for pid in watched:
        send(pid, signal.SIGKILL)


if __name__ == "__main__":
    main()
