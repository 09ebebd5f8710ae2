"""What a running `serve` leaves in the folder for the commands beside it: where it is, how it mails.

`serving.json` is there while `serve` runs; one that a killed `serve` left says nothing, since
the lock on the folder is free then. It holds no secret.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from house.processes import SERVING_LOCK, RunningAlreadyError, holding
from runtime.files import write_whole

SERVING_FILE = "serving.json"


@dataclass(frozen=True, kw_only=True)
class Serving:
    """Where the running service is; the mail fields are as the worker has them."""

    url: str
    started_at: str
    mail_host: str
    mail_port: int
    mail_sender: str
    mail_ca: str | None


@contextmanager
def announced(data: Path, serving: Serving) -> Iterator[None]:
    """Have the record in the folder for the block."""
    path = data / SERVING_FILE
    write_whole(path, json.dumps(asdict(serving)))
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def is_served(data: Path) -> bool:
    """Tell whether a `serve` or `demo` holds the folder."""
    try:
        with holding(data, SERVING_LOCK, wait_seconds=0, message="served"):
            return False
    except RunningAlreadyError:
        return True


def read_serving(data: Path) -> Serving | None:
    """Return what the running `serve` says of itself; None where none runs or it isn't up yet."""
    if not is_served(data):
        return None
    try:
        return Serving(**json.loads((data / SERVING_FILE).read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None
