"""A real HTTP server on loopback that takes batches, with fault switches."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Listener:
    """What came in, and what the server does wrong."""

    status: int = 204
    drips: bool = False
    waits_for: threading.Event | None = None
    batches: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    asked: int = 0
    url: str = ""


@contextmanager
def a_listener() -> Iterator[Listener]:
    """Run a server until the end of the block."""
    heard = Listener()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Take a batch, or do what the switches say."""
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.asked += 1
            if heard.waits_for is not None:
                heard.waits_for.wait(30)
            if heard.status // 100 == 2:
                heard.batches.append(body)
                heard.headers.append({name.lower(): value for name, value in self.headers.items()})
            self.send_response(heard.status)
            self.end_headers()
            while heard.drips:
                self.wfile.write(b" ")
                time.sleep(0.05)

        def log_message(self, format: str, *_arguments: Any) -> None:  # noqa: A002 - the base's name
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        server.handle_error = lambda *_arguments: None  # type: ignore[method-assign]  # callers hang up here
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        heard.url = f"http://127.0.0.1:{server.server_address[1]}/batches"
        try:
            yield heard
        finally:
            if heard.waits_for is not None:
                heard.waits_for.set()
            heard.drips = False
            server.shutdown()
            thread.join()
