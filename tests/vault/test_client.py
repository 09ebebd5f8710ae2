"""The client against the real process: every call, every error."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from audit.checkpoint import VerifierKey, read_checkpoint
from audit.entry import Entry
from tests.vault.factories import (
    ORIGIN,
    PASSPHRASE,
    book_permit,
    build_permit,
    destroy_permit,
    factor_permit,
    import_permit,
    publication,
    view_permit,
    written,
)
from tests.vault.fakes import MemoryLedger
from tests.vault.process import a_vault_process
from vault.ceremony import Founding, create_vault
from vault.client import VaultClient
from vault.errors import (
    Code,
    VaultForkError,
    VaultLockedError,
    VaultRefusedError,
    VaultRolledBackError,
    VaultUnavailableError,
)
from vault.table import Call, CallerKind


@dataclass(kw_only=True)
class Bench:
    """A running vault, its founding and a ledger that it follows."""

    socket: Path
    founding: Founding
    ledger: MemoryLedger

    def client(self, kind: CallerKind, ledger: MemoryLedger | None = None) -> VaultClient:
        """Return a fresh client of a kind of caller."""
        return VaultClient(self.socket, self.founding.credentials[kind], ledger or self.ledger)

    def add(self, entry: Entry) -> int:
        """Append an entry."""
        return self.ledger.append(entry)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """Run one vault for this file, with attempt A1 imported."""
    home = tmp_path_factory.mktemp("client") / "vault"
    founding = create_vault(home, ORIGIN)
    with a_vault_process(home) as process:
        yield Bench(socket=process.socket, founding=founding, ledger=MemoryLedger())


def test_a_book_s_life_through_the_client(bench: Bench) -> None:
    """Import, build, send, download, reveal, list, destroy: each gives what the one before made."""
    worker, api, now = bench.client(CallerKind.WORKER), bench.client(CallerKind.API), datetime.now(UTC)
    permit = bench.add(import_permit(now=now))
    keys = worker.import_snapshot(permit, attempt="A1", agents=["0A00001", "0B00002"])
    published = bench.add(publication())
    built = worker.build_book(bench.add(build_permit(now=now)), published=published, passphrase=PASSPHRASE)
    mailed = worker.send_book(bench.add(book_permit(Call.SEND_BOOK, now=now)))
    loaded = api.download_book(bench.add(book_permit(Call.DOWNLOAD_BOOK, now=now)))
    shown = api.reveal_passphrase(bench.add(book_permit(Call.REVEAL_PASSPHRASE, now=now)))
    listed = api.view_consumers(bench.add(view_permit(now=now)), published=published)

    assert keys.shard["0A00001"] == built.shard
    assert keys.list["0A00001"] == listed.list
    assert keys.index == built.index == listed.index
    assert built.book == mailed == loaded
    assert shown == PASSPHRASE
    first, second, again = written(keys, "consumer", "C-1", "C-2", "C-1")
    assert first == again != second
    assert [f"{now.year}:"] == [value[:5] for value in written(keys, "case", "K-1")]
    assert built.book.hex() not in repr(built) + repr(keys) + repr(listed)

    records = worker.destroy(bench.add(destroy_permit("book:X1.1", "key:X1.9", now=now)))

    assert [record.splitlines()[2] for record in records] == ["object book:X1.1", "object key:X1.9"]
    with pytest.raises(VaultRefusedError) as caught:
        api.download_book(bench.add(book_permit(Call.DOWNLOAD_BOOK, now=now)))
    assert caught.value.code is Code.DESTROYED


def test_a_signature_is_kept_with_the_ledger(bench: Bench) -> None:
    """The signed checkpoint names the ledger's head, is stored, and is shown with later calls."""
    bench.add(publication())
    note = bench.client(CallerKind.OPERATOR).sign()
    size = len(bench.ledger.entries)
    _, head = read_checkpoint(note, VerifierKey.parse(bench.founding.vkey))

    assert bench.ledger.head_at(size) == head
    assert bench.ledger.notes[size] == note
    assert bench.ledger.prove(0, []).checkpoint == note


def test_second_factors_are_asked_without_a_proof(bench: Bench) -> None:
    """A wrong code is False; five of them are a refusal that callers can show."""
    api = bench.client(CallerKind.API)
    api.enrol_factor(bench.add(factor_permit("P7", now=datetime.now(UTC))))
    answers = [api.verify_totp("P7", "no code") for _ in range(5)]

    assert answers == [False] * 5
    with pytest.raises(VaultRefusedError, match="wait 15 minutes") as caught:
        api.verify_totp("P7", "no code")
    assert caught.value.code is Code.FACTOR_LOCKED


def test_a_rolled_back_ledger_is_named(bench: Bench) -> None:
    """Whether or not the lost part held the permit, the error says that the ledger was rolled back."""
    kept = bench.add(factor_permit("P8", now=datetime.now(UTC)))
    size = len(bench.ledger.entries)
    lost = bench.add(factor_permit("P9", now=datetime.now(UTC)))
    bench.client(CallerKind.API).sign()
    api = bench.client(CallerKind.API, bench.ledger.earlier(size))

    for permit in (kept, lost):
        with pytest.raises(VaultRolledBackError, match="rolled back"):
            api.enrol_factor(permit)
    assert [alarm.kind for alarm in api.status().alarms] == [Code.ROLLED_BACK]


def test_a_permit_that_is_not_there_is_unproven(bench: Bench) -> None:
    """An index beyond a ledger that is whole is a refusal, not an alarm."""
    with pytest.raises(VaultRefusedError) as caught:
        bench.client(CallerKind.API).enrol_factor(10_000)

    assert caught.value.code is Code.UNPROVEN


def test_a_rewritten_ledger_is_named(bench: Bench) -> None:
    """Another history of the same length and more is a fork."""
    bench.add(publication())
    bench.client(CallerKind.API).sign()
    other = MemoryLedger([b"other", *bench.ledger.entries[1:], b"more"])

    with pytest.raises(VaultForkError, match="does not extend"):
        bench.client(CallerKind.WORKER, other).sign()


def test_a_vault_that_is_away_is_named(tmp_path: Path) -> None:
    """No socket is an error that says what to do."""
    with pytest.raises(VaultUnavailableError, match="start it"):
        VaultClient(tmp_path / "none", "", MemoryLedger()).status()


def test_a_restored_vault_is_named(tmp_path: Path) -> None:
    """A vault whose counter is missing answers every call with what it needs."""
    founding = create_vault(tmp_path / "vault", ORIGIN)
    (tmp_path / "vault" / "changes.counter").unlink()
    with a_vault_process(tmp_path / "vault") as process:
        api = VaultClient(process.socket, founding.credentials[CallerKind.API], MemoryLedger())

        assert api.status().locked
        with pytest.raises(VaultLockedError, match="vault recover"):
            api.sign()
        with pytest.raises(VaultLockedError):
            api.verify_totp("P1", "123456")
