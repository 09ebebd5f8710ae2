"""What every process of the house does about itself: no core dumps, no life after its parent."""

from __future__ import annotations

import os
import resource
import signal
import threading
import time

_POLL_SECONDS = 1.0


def forbid_core_dumps() -> None:
    """Let no crash write this process's memory to disk."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def die_with_parent(parent: int) -> None:
    """End this process, softly and then hard, once the process that started it is gone."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_POLL_SECONDS)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(10 * _POLL_SECONDS)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=watch, name="parent", daemon=True).start()
