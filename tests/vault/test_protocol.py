"""The protocol under an adversary: the keeper with a real store, and the real process."""

from __future__ import annotations

import socket
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.fakes import PinnedClock
from tests.vault.adversary import BesiegedMachine
from tests.vault.factories import NOON
from tests.vault.fakes import CrashError, DyingCounter, DyingStore
from tests.vault.machine import CRASHES, EXPORTS, PICKS, TOKENS
from tests.vault.process import VaultProcess
from vault.framing import FrameReader, decode_body, encode_frame
from vault.keeper import Keeper, Tries
from vault.messages import Answer, Request, read_answer, write_request
from vault.quotas import read_quotas
from vault.table import Call, CallerKind


class KeeperMachine(BesiegedMachine):
    """The keeper in this process: every crash point, every clock."""

    def __init__(self) -> None:
        """Pin the clocks before the vault starts."""
        self.clock, self.machine = PinnedClock(NOON), PinnedClock(NOON)
        self.crash: str | None = None
        super().__init__()

    def start(self) -> None:
        """Open the store as a process that starts."""
        self.counter = DyingCounter(self.home)
        self.store = DyingStore(self.home, self.counter)
        self.keeper = Keeper(self.store, self.clock, self.machine, read_quotas(self.home))

    def stop(self) -> None:
        """Let the store go."""
        self.store.close()

    def line(self) -> Callable[[Request], Answer]:
        """Ask the keeper, or die on the way."""
        tries = Tries()

        def answer(request: Request) -> Answer:
            self.store.dies_before_commit = self.crash == "before commit"
            self.counter.dies_before = self.crash == "before counter"
            self.counter.dies_after = self.crash == "after counter"
            try:
                return self.keeper.answer(request, tries)
            except CrashError:
                raise CrashError(self.crash) from None

        return answer

    def now(self) -> datetime:
        """Return the pinned time."""
        return self.clock.now()

    def machine_now(self) -> datetime:
        """Return the machine's pinned time."""
        return self.machine.now()

    @rule()
    def pass_hours(self) -> None:
        """Hours go by on the machine: quotas are fresh, and so are codes."""
        self.machine.advance(hours=2)
        self.model.counted.clear()

    def is_changed(self) -> bool:
        """Tell whether the vault went on since the last copy."""
        with sqlite3.connect(self.folder / "backup.db") as connection:
            changes = connection.execute("SELECT value FROM facts WHERE name = 'changes'").fetchone()[0]
        connection.close()
        return int(changes) != self.store.changes()

    def after_recovery(self) -> None:
        """Let a moment go by: what is permitted now is newer than what was voided."""
        self.clock.advance(seconds=1)

    @rule(pick=PICKS, crash=CRASHES)
    def spend_and_die(self, pick: int, crash: str) -> None:
        """The process dies while it answers an honest caller, and is started again."""
        self.crash = crash
        try:
            self.spend(pick)
        finally:
            self.crash = None
            self.store.dies_before_commit = self.counter.dies_before = self.counter.dies_after = False

    @rule(hours=st.sampled_from([-1000, -1, 1, 30 * 24, 1000, 10_000]))
    def jump(self, hours: int) -> None:
        """The house's clock jumps, either way."""
        self.clock.advance(hours=hours)

    @rule(export=EXPORTS, token=TOKENS)
    def come_back_from_afar(self, export: str, token: int) -> None:
        """The clock goes so far ahead that marks are dropped, and returns: what was spent stays so."""
        self.use(Call.DOWNLOAD_BOOK, export, token)
        spent = len(self.ledger.entries) - 1
        self.clock.advance(hours=1000)
        self.use(Call.DOWNLOAD_BOOK, export, token)
        self.clock.advance(hours=-1000)
        self.ask(CallerKind.API, Call.DOWNLOAD_BOOK, (spent,))

    @rule(minutes=st.integers(min_value=1, max_value=20))
    def wait(self, minutes: int) -> None:
        """Time goes by."""
        self.clock.advance(minutes=minutes)


class ProcessMachine(BesiegedMachine):
    """The real process: killed and started again between calls."""

    restores_vaults = False  # each copy takes three starts; `test_client.py` shows one to a process

    def start(self) -> None:
        """Start the process on its folder."""
        self.vault = VaultProcess(home=self.home, socket=self.folder / "v.sock")
        self.vault.start()
        self.lines: list[socket.socket] = []

    def stop(self) -> None:
        """Kill it."""
        self.vault.kill()
        for line in self.lines:
            line.close()

    def line(self) -> Callable[[Request], Answer]:
        """Open a connection for one call's tries, at its first."""
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.lines.append(connection)
        connection.connect(str(self.vault.socket))
        reader = FrameReader(connection, max_bytes=2**20)

        def answer(request: Request) -> Answer:
            connection.settimeout(10)
            connection.sendall(encode_frame(write_request(request)))
            return read_answer(decode_body(reader.read(seconds=10) or b""))

        return answer

    def now(self) -> datetime:
        """Return the machine's time, a little early, so that what is permitted isn't too long."""
        return datetime.now(UTC) - timedelta(seconds=1)

    def machine_now(self) -> datetime:
        """Return the machine's time."""
        return datetime.now(UTC)

    @rule()
    def kill(self) -> None:
        """The process is killed between two calls, and started again."""
        self.stop()
        self.start()


TestKeeper = KeeperMachine.TestCase
TestKeeper.settings = settings(
    max_examples=100,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestProcess = ProcessMachine.TestCase
TestProcess.settings = settings(
    max_examples=6,
    stateful_step_count=10,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
