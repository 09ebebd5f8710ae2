"""The process: it serves, says nothing, and goes when it is told or left alone."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing

from tests.installation import Installation


def a_free_port() -> int:
    """Return a port that nobody listens on just now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def start(home: Installation, port: int, parent: int) -> subprocess.Popen[bytes]:
    """Start the API's process on an installation."""
    command = [sys.executable, "-m", "api.main", f"--data={home.data}", f"--port={port}"]
    return subprocess.Popen(
        [*command, f"--parent-pid={parent}"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def ask(port: int, path: str) -> tuple[int, str | None]:
    """Ask the process until it answers; return its status and the server's name."""
    deadline = time.monotonic() + 30
    while True:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
            try:
                connection.request("GET", path)
                answer = connection.getresponse()
                answer.read()
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
            else:
                return answer.status, answer.getheader("server")


def test_it_serves_until_it_is_told_to_stop(home: Installation) -> None:
    """It answers without naming its server, logs without the query, and ends at SIGTERM."""
    port = a_free_port()
    process = start(home, port, os.getpid())

    answer = ask(port, "/healthz?name=planted-in-the-query")
    process.send_signal(signal.SIGTERM)
    said, logged = process.communicate(timeout=20)

    assert (200, None) == answer
    assert b"" == said
    assert b'"route": "/healthz"' in logged
    assert b"planted-in-the-query" not in logged


def test_it_doesnt_outlive_its_parent(home: Installation) -> None:
    """When the given process isn't its parent it ends by itself."""
    process = start(home, a_free_port(), 1)

    process.communicate(timeout=30)

    assert process.returncode is not None


def test_it_says_what_is_missing(home: Installation) -> None:
    """Without an installation it doesn't start, and says what to do."""
    command = [sys.executable, "-m", "api.main", f"--data={home.data / 'nothing'}", "--port=1"]

    ended = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (1, "") == (ended.returncode, ended.stdout)
    assert "sealedbook init" in ended.stderr
