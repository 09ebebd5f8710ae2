"""A real S3 server on loopback (SeaweedFS), with a bucket that locks what it takes."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import BotoCoreError, ClientError

from delivery.anchor_bucket import BucketAnchor

LOCKED, PLAIN = "heads", "plain"
_KEY = ("anchor", "a-test-secret-key")
_PORTS = ("master", "volume", "filer", "admin")
_START_SECONDS = 20.0


@dataclass
class BucketServer:
    """A running server, until it is stopped; `key_file` opens it."""

    folder: Path
    port: int
    key_file: Path
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        """The server's address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def client(self) -> Any:
        """A client with every right that the server knows."""
        return boto3.session.Session().client(
            "s3",
            region_name="us-east-1",
            endpoint_url=self.url,
            aws_access_key_id=_KEY[0],
            aws_secret_access_key=_KEY[1],
        )

    def anchor(self, bucket: str = LOCKED) -> BucketAnchor:
        """Return the anchor on one of its buckets."""
        return BucketAnchor(bucket=bucket, days=1, url=self.url, key_file=self.key_file)

    def start(self) -> None:
        """Start the server, and return once it answers."""
        with ExitStack() as held:
            ports = [f"-{name}.port={_free_pair(held)}" for name in _PORTS]
        grpc = [f"{port.replace('.port=', '.port.grpc=')}" for port in ports]
        beside = [f"{name}={int(port) + 10000}" for name, port in (each.split("=") for each in grpc)]
        command = [
            _program(), "mini", f"-dir={self.folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1",
            f"-s3.port={self.port}", "-s3.port.iceberg=0", "-s3.port.lance=0", "-admin.ui=false",
            "-webdav=false", *ports, *beside,
        ]  # fmt: skip
        environment = os.environ | {"AWS_ACCESS_KEY_ID": _KEY[0], "AWS_SECRET_ACCESS_KEY": _KEY[1]}
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command, env=environment, stdout=log, stderr=log, cwd=self.folder
            )
        self._wait()

    def stop(self) -> None:
        """Stop the server."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _wait(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                self.client.list_buckets()
            except (BotoCoreError, ClientError):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
            else:
                return


@contextmanager
def a_bucket_server(folder: Path) -> Iterator[BucketServer]:
    """Run a server with two buckets: one that locks, one that doesn't."""
    key_file = folder / "key"
    key_file.write_text("\n".join(_KEY))
    home = folder / "objects"
    home.mkdir()
    with ExitStack() as held:
        port = _free_pair(held)
    server = BucketServer(home, port, key_file)
    server.start()
    try:
        server.client.create_bucket(Bucket=LOCKED, ObjectLockEnabledForBucket=True)
        server.client.create_bucket(Bucket=PLAIN)
        yield server
    finally:
        server.stop()


def _program() -> str:
    beside = Path(sys.executable).with_name("weed")
    found = str(beside) if beside.exists() else shutil.which("weed")
    if found is None:
        pytest.skip("this machine has no SeaweedFS (weed)")
    return found


def _free_pair(held: ExitStack) -> int:
    """Return a port that is free, as is the one 10,000 above it; both are held for the block."""
    while True:
        first = held.enter_context(socket.socket())
        first.bind(("127.0.0.1", 0))
        port = int(first.getsockname()[1])
        second = held.enter_context(socket.socket())
        try:
            second.bind(("127.0.0.1", port + 10000))
        except (OSError, OverflowError):
            continue
        return port
