"""A vault open with its proofs, beside a bare round trip over a unix socket plus one durable commit.

The vault is the real process over a real store, its callers the real client over the real
ledger; before each open its permit is recorded (not counted), so that V moves every time. The
bare peer is a process that takes a frame of the same bytes, inserts them in a durable SQLite
transaction and answers; it keeps its line open as the client does. Rounds of both alternate, and
each side counts by its median.
"""

from __future__ import annotations

import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import Engine

from audit.entry import Actor, Draft, Resource, SnapshotRef
from audit.events import Event, Outcome
from audit.ledger import Ledger, LedgerReader
from bench.table import LIMIT, Ratio
from runtime.clock import HouseClock, rfc3339
from runtime.database import migrate, open_database, writing
from vault.batches import downloading
from vault.ceremony import create_vault
from vault.client import VaultClient
from vault.errors import VaultUnavailableError
from vault.framing import FrameReader, FramingError, decode_body, encode_frame, send_frame
from vault.table import CallerKind

PROJECT: Final = Path(__file__).parents[1]
BATCH: Final = 50
SINGLE_GOAL: Final = 3.0
BATCH_GOAL: Final = SINGLE_GOAL / 4
_SECONDS = 30.0
_PADDING = 5000


def measure(*, quick: bool) -> list[Ratio]:
    """Measure single opens and batches of 50 against the bare peer."""
    rounds, batches = (100, 6) if quick else (500, 30)
    with tempfile.TemporaryDirectory(prefix="sbb-") as folder, _a_vault(Path(folder)) as vault:
        vault.fill(_PADDING if quick else 20 * _PADDING)
        with _bare_peer(Path(folder)) as bare:
            singles, bares = _alternate(vault.open_one, bare, rounds)
            many, others = _alternate(vault.open_batch, bare, batches)
    # Each beside the bare rounds that alternated with it: a disk's pace changes from second to second.
    limit, beside = statistics.median(bares), statistics.median(others)
    single, each = statistics.median(singles), statistics.median(many) / BATCH
    return [
        Ratio(
            work="open a permit, with proofs",
            against=LIMIT,
            ratio=single / limit,
            goal=SINGLE_GOAL,
            note=f"{single * 1e6:.0f} µs over a round trip with a commit, {limit * 1e6:.0f} µs",
        ),
        Ratio(
            work=f"open a permit in a batch of {BATCH}",
            against=LIMIT,
            ratio=each / beside,
            goal=BATCH_GOAL,
            note=f"{each * 1e6:.0f} µs each over {beside * 1e6:.0f} µs",
        ),
    ]


def _alternate(
    measured: Callable[[], float], bare: Callable[[], float], rounds: int
) -> tuple[list[float], list[float]]:
    for _ in range(3):
        measured()
        bare()
    pairs = [(measured(), bare()) for _ in range(rounds)]
    return [mine for mine, _ in pairs], [peer for _, peer in pairs]


@dataclass(kw_only=True)
class _Vault:
    """A running vault with one book, and the ledger that it follows."""

    engine: Engine
    ledger: Ledger
    api: VaultClient

    def append(self, *drafts: Draft) -> list[int]:
        with writing(self.engine) as connection:
            return [one.index for one in self.ledger.append(connection, drafts)]

    def fill(self, entries: int) -> None:
        for _ in range(0, entries, 1000):
            self.append(*(_draft(Event.EXPORT_DEFERRED, Outcome.DONE, "BuildBook") for _ in range(1000)))

    def open_one(self) -> float:
        (permit,) = self.append(_download_permit())
        start = time.perf_counter()
        self.api.download_book(permit)
        return time.perf_counter() - start

    def open_batch(self) -> float:
        openings = [
            downloading(permit) for permit in self.append(*(_download_permit() for _ in range(BATCH)))
        ]
        start = time.perf_counter()
        outcomes = self.api.open_many(openings)
        taken = time.perf_counter() - start
        for outcome in outcomes:
            outcome.get()
        return taken


@contextmanager
def _a_vault(folder: Path) -> Iterator[_Vault]:
    engine = open_database(f"sqlite:///{folder / 'house.db'}")
    migrate(engine)
    founding = create_vault(folder / "vault", "bench.example/ledger")
    reader, path = LedgerReader(engine), folder / "v.sock"
    credentials = founding.credentials
    with _process("-m", "vault.server", "--home", str(folder / "vault"), "--socket", str(path)):
        api = VaultClient(path, credentials[CallerKind.API], reader)
        _wait(lambda: _answers(api))
        vault = _Vault(engine=engine, ledger=Ledger(HouseClock()), api=api)
        worker = VaultClient(path, credentials[CallerKind.WORKER], reader)
        attempt = Resource(kind="attempt", id="A1")
        snapshot = SnapshotRef(as_of=rfc3339(datetime.now(UTC)), revision=1, digest="ab" * 32)
        importing = _permit(Event.IMPORT_REQUESTED, "ImportSnapshot", resource=attempt)
        done = _draft(
            Event.SNAPSHOT_PUBLISHED, Outcome.DONE, "PublishSnapshot", resource=attempt, snapshot=snapshot
        )
        building = _permit(
            Event.BOOK_REQUESTED, "BuildBook", export="X1", fencing=1, agent="0A00001", snapshot=snapshot
        )
        import_at, published, build_at = vault.append(importing, done, building)
        worker.import_snapshot(import_at, attempt="A1", agents=["0A00001"])
        worker.build_book(build_at, published=published, passphrase="bench-only-passphrase")  # noqa: S106 - no secret
        yield vault
    engine.dispose()


def _draft(event: Event, outcome: Outcome, action: str, **said: object) -> Draft:
    stated = {
        "actor": Actor(kind="person", id="b" * 32, role="agent", session="cd" * 32, amr=("pwd", "otp")),
        "client": "127.0.0.1",
        "resource": Resource(kind="export", id="X1"),
        **said,
    }
    return Draft(event=event, outcome=outcome, action=action, **stated)  # type: ignore[arg-type] # fields by name


def _permit(event: Event, action: str, **said: object) -> Draft:
    expires = rfc3339(datetime.now(UTC) + timedelta(minutes=9))
    decided = {"purpose": "service-delegated-consumers", "rules": (), "policy": "cd" * 32, "expires": expires}
    return _draft(event, Outcome.PERMIT, action, **decided, **said)


def _download_permit() -> Draft:
    return _permit(Event.DOWNLOAD_REQUESTED, "DownloadBook", export="X1", fencing=1, channel="link")


@contextmanager
def _bare_peer(folder: Path) -> Iterator[Callable[[], float]]:
    path = folder / "b.sock"
    with _process("-m", "bench.ledger_vault", str(path), str(folder / "bare.db")):
        _wait(path.exists)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            _wait(lambda: connection.connect_ex(str(path)) == 0)
            reader = FrameReader(connection, max_bytes=2**20)
            frame = encode_frame({"entry": "e" * 1600})

            def ask() -> float:
                start = time.perf_counter()
                send_frame(connection, frame, seconds=_SECONDS)
                if reader.read(seconds=_SECONDS) is None:
                    raise TimeoutError
                return time.perf_counter() - start

            yield ask


@contextmanager
def _process(*arguments: str) -> Iterator[None]:
    process = subprocess.Popen([sys.executable, *arguments], cwd=PROJECT)  # noqa: S603 - our own programs
    try:
        yield
    finally:
        process.terminate()
        process.wait(_SECONDS)


def _answers(api: VaultClient) -> bool:
    try:
        api.status()
    except VaultUnavailableError:
        return False
    return True


def _wait(is_ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _SECONDS
    while not is_ready():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.01)


def serve_bare(arguments: Sequence[str]) -> None:
    """Be the bare peer: read a frame, commit it durably, answer, until the line ends."""
    database = sqlite3.connect(arguments[1], isolation_level=None)
    for pragma in ("locking_mode=EXCLUSIVE", "journal_mode=WAL", "synchronous=FULL"):
        database.execute(f"PRAGMA {pragma}").fetchall()
    database.execute("CREATE TABLE kept (data BLOB NOT NULL)")
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(arguments[0])
    listener.listen()
    connection, _ = listener.accept()
    reader, answer = FrameReader(connection, max_bytes=2**20), encode_frame({"v": 1, "code": "opened"})
    while True:
        try:
            body = reader.read(seconds=10 * _SECONDS)
        except FramingError:
            return
        if body is None:
            return
        decode_body(body)
        database.execute("BEGIN IMMEDIATE")
        database.execute("INSERT INTO kept VALUES (?)", (body,))
        database.execute("COMMIT")
        send_frame(connection, answer, seconds=_SECONDS)


if __name__ == "__main__":
    serve_bare(sys.argv[1:])
