"""Questions to running parts: whether the vault answers, a worker listens, the API serves.

Each probe is a question without an argument, asked until it says yes. None of them changes anything.
"""

from __future__ import annotations

import http.client
import socket
from collections.abc import Callable
from contextlib import suppress

from redis.exceptions import RedisError

from house.wiring import House
from runtime.broker import broker_client
from runtime.settings import Settings
from vault.errors import VaultUnavailableError

Probe = Callable[[], bool]
LOOPBACK = "127.0.0.1"
_HTTP_SECONDS = 2.0


def vault_probe(settings: Settings) -> Probe:
    """Return the question whether a vault answers on the installation's socket."""
    vault = House(settings, "operator").vault

    def answers() -> bool:
        try:
            vault.status()
        except VaultUnavailableError:
            return False
        return True

    return answers


def queue_probe(settings: Settings) -> Probe:
    """Return the question whether a worker listens to the queue."""

    def is_heard() -> bool:
        with suppress(RedisError), broker_client(settings.broker) as client:
            return any(other["cmd"].lower() == "brpop" for other in client.client_list())
        return False

    return is_heard


def http_probe(port: int) -> Probe:
    """Return the question whether the API serves on a port of this machine."""

    def serves() -> bool:
        connection = http.client.HTTPConnection(LOOPBACK, port, timeout=_HTTP_SECONDS)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    return serves


def free_port() -> int:
    """Return a port of this machine that nothing listens on just now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Tell whether a port of this machine can be listened on."""
    with socket.socket() as probe:
        # As the API does: a connection that lingers from before is no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
            probe.listen(1)
        except OSError:
            return False
    return True
