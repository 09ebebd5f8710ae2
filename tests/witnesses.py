"""A real witness on loopback."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from audit.witness_folder import WitnessFolder
from audit.witness_server import WitnessServer


@contextmanager
def serving(witness: WitnessFolder) -> Iterator[int]:
    """Serve a witness on loopback; yields the port."""
    with WitnessServer(witness, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server.port
        finally:
            server.shutdown()
            thread.join()
