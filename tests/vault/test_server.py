"""The process: races, slow and hostile peers, one vault a home."""

from __future__ import annotations

import os
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.vault.factories import ORIGIN, a_house, factor_permit, import_permit
from tests.vault.fakes import MemoryLedger
from tests.vault.process import VaultProcess, a_vault_process
from vault.ceremony import Founding, create_vault
from vault.client import VaultClient
from vault.errors import Code
from vault.framing import FrameReader, decode_body, encode_frame
from vault.heads import ShownProof
from vault.home import HomeError
from vault.messages import Request, write_request
from vault.server import PLACES, Server, listen, main
from vault.table import Call, CallerKind


@pytest.fixture(scope="module")
def founding(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Founding]:
    """Return a founded home."""
    home = tmp_path_factory.mktemp("server") / "vault"
    return home, create_vault(home, ORIGIN)


@pytest.fixture(scope="module")
def vault(founding: tuple[Path, Founding]) -> Iterator[VaultProcess]:
    """Run one vault for this file."""
    with a_vault_process(founding[0]) as process:
        yield process


@pytest.fixture(scope="module")
def ledger() -> MemoryLedger:
    """Return the one ledger of this file's vault."""
    return MemoryLedger()


def client(vault: VaultProcess, founding: tuple[Path, Founding], ledger: MemoryLedger) -> VaultClient:
    """Return the API's client."""
    return VaultClient(vault.socket, founding[1].credentials[CallerKind.API], ledger)


def connect(vault: VaultProcess) -> socket.socket:
    """Open a bare connection."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.connect(os.fspath(vault.socket))
    return connection


def answer_to(connection: socket.socket, frame: bytes) -> dict[str, object] | None:
    """Send bytes and return the answer, or None where the vault hung up."""
    connection.sendall(frame)
    body = FrameReader(connection, max_bytes=2**20).read(seconds=5)
    return None if body is None else decode_body(body)


def test_racing_honest_callers_are_all_answered(
    vault: VaultProcess, founding: tuple[Path, Founding], ledger: MemoryLedger
) -> None:
    """Six threads that append and open at once all get theirs, and no alarm is raised."""
    lock, secrets = threading.Lock(), list[str]()

    def enrol(number: int) -> None:
        mine = client(vault, founding, ledger)
        for turn in range(5):
            with lock:
                permit = ledger.append(factor_permit(f"P{number}.{turn}", now=datetime.now(UTC)))
            secrets.append(mine.enrol_factor(permit))

    threads = [threading.Thread(target=enrol, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(secrets)) == 30
    assert client(vault, founding, ledger).status().alarms == ()


def test_silent_and_half_said_connections_hold_nobody_up(
    vault: VaultProcess, founding: tuple[Path, Founding], ledger: MemoryLedger
) -> None:
    """With more silent peers than places, honest calls are answered: the longest silent make room."""
    with ExitStack() as stack:
        for number in range(PLACES + 8):
            peer = stack.enter_context(connect(vault))
            with suppress(BrokenPipeError):
                peer.sendall(b"\0\0" if number % 2 else b"")

        assert client(vault, founding, ledger).sign().startswith(ORIGIN)


def test_a_caller_who_keeps_its_turn_silent_loses_it(
    vault: VaultProcess, founding: tuple[Path, Founding], ledger: MemoryLedger
) -> None:
    """After a stale answer the turn is kept for a bounded time, then others are let in."""
    empty = MemoryLedger().prove(0, [])
    request = Request(
        call=Call.SIGN,
        credential=founding[1].credentials[CallerKind.WORKER],
        proof=ShownProof(base=0, head=empty.head, consistency=()),
    )
    frame = encode_frame(write_request(request))
    with connect(vault) as connection:
        first = answer_to(connection, frame)

        assert first is not None
        assert first["code"] == Code.STALE
        assert client(vault, founding, ledger).sign().startswith(ORIGIN)


def test_a_stale_caller_s_next_try_comes_before_everyone_else_s(tmp_path: Path) -> None:
    """While another waits who would move V, the V that a stale answer named is still good."""
    house = a_house(tmp_path)
    with tempfile.TemporaryDirectory(prefix="sv-") as folder:
        path = Path(folder) / "v.sock"
        server = Server(house.keeper, listen(path), hold_seconds=60)
        running = threading.Thread(target=server.run, args=(os.getppid(),))
        running.start()
        house.ledger.append(import_permit())
        api = VaultClient(path, house.founding.credentials[CallerKind.API], house.ledger)
        api.sign()
        worker = house.asker(CallerKind.WORKER, Call.SIGN)
        late = threading.Thread(target=api.sign)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.connect(str(path))
            first = answer_to(connection, encode_frame(write_request(worker.read())))
            house.ledger.append(import_permit("A2"))
            late.start()
            while len(server._turns._queue) < 2:
                time.sleep(0.001)
            worker.seen = 1
            second = answer_to(connection, encode_frame(write_request(worker.read())))
        late.join()
        server.stop()
        running.join()

    assert first == {"v": 1, "code": "stale", "size": 1}
    assert second is not None
    assert second["code"] == Code.OPENED
    assert house.keeper.head.size == 2


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xff\xff\xff", encode_frame({"v": 1})[4:], b"[]"])
def test_what_is_no_request_is_refused_or_cut_off(vault: VaultProcess, body: bytes) -> None:
    """Bad frames get `bad_request` or a closed line, and the vault lives on."""
    with connect(vault) as connection:
        if body == b"\xff\xff\xff\xff":
            connection.sendall(body)

            assert connection.recv(1) == b""
        elif body:
            frame = len(body).to_bytes(4, "big") + body

            assert answer_to(connection, frame) == {"v": 1, "code": "bad_request"}
    with connect(vault) as connection:
        status = answer_to(connection, encode_frame(write_request(Request(call=Call.STATUS))))

    assert status is not None
    assert status["code"] == Code.OPENED


def test_the_socket_is_its_owner_s_and_there_is_no_core(vault: VaultProcess) -> None:
    """The socket is 0600 and the process may leave no core dump."""
    assert vault.process is not None
    limits = Path(f"/proc/{vault.process.pid}/limits")

    assert vault.socket.stat().st_mode & 0o777 == 0o600
    if not limits.exists():
        pytest.skip("limits of other processes can be read on Linux only")
    core = next(line for line in limits.read_text().splitlines() if "core file" in line)
    assert core.split()[4:6] == ["0", "0"]


def test_a_second_process_on_the_same_home_ends_at_once(
    founding: tuple[Path, Founding], vault: VaultProcess, capsys: pytest.CaptureFixture[str]
) -> None:
    """One vault, one process: the second says so and leaves the first's socket alone."""
    assert main(["--home", str(founding[0]), "--socket", str(vault.socket)]) == 1
    assert capsys.readouterr().err == "vault: another process holds this vault\n"
    assert vault.socket.exists()


def test_a_long_socket_path_is_named(tmp_path: Path) -> None:
    """A path that the kernel would cut is refused in words."""
    with pytest.raises(HomeError, match="100 bytes"):
        listen(tmp_path / ("s" * 100))
