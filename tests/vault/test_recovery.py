"""Recovery and restore: what a restored copy may do, and what it never does again."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from audit.checkpoint import VerifierKey, read_checkpoint
from audit.evidence import redact
from tests.vault.factories import (
    ORIGIN,
    PASSPHRASE,
    a_house_with_a_book,
    book_permit,
    build_permit,
    destroy_permit,
    factor_permit,
    publication,
)
from tests.vault.fakes import MemoryLedger
from vault.errors import Code
from vault.framing import decode_bytes, encode_bytes
from vault.home import COUNTER_NAME, STORE_NAME, CounterFile
from vault.keeper import Tries
from vault.messages import Answer, Request
from vault.table import Call, CallerKind
from vault.totp import WRONG_TRIES, code_at, step_of

API, WORKER, OPERATOR = CallerKind.API, CallerKind.WORKER, CallerKind.OPERATOR
LATER = timedelta(minutes=30)


class Recovering:
    """A vault with a book and two people who can agree; copies of it, put back."""

    def __init__(self, folder: Path) -> None:
        """Found it, enrol the two, and let an import and a build be behind it."""
        self.house = a_house_with_a_book(folder)
        self.secrets = {person: self._enrol(person) for person in ("P1", "P2")}
        self.copied = folder / "copy"

    def _enrol(self, person: str) -> bytes:
        self.house.ask(API, Call.ENROL_FACTOR, factor_permit(person))
        return self.house.keeper._factors._holdings.open(f"factor:{person}")

    def copy(self) -> None:
        """Copy the vault's folder, as a backup does: without the counter."""
        self.house.store.close()
        shutil.copytree(self.house.home, self.copied, ignore=shutil.ignore_patterns(COUNTER_NAME))
        self.house.open()

    def put_back(self, *, with_counter: int | None = None) -> None:
        """Put the copy's store back beside the present counter, or without one."""
        self.house.store.close()
        shutil.copy(self.copied / STORE_NAME, self.house.home / STORE_NAME)
        (self.house.home / f"{STORE_NAME}-wal").unlink(missing_ok=True)
        if with_counter == 0:
            (self.house.home / COUNTER_NAME).unlink()
        self.pass_time()
        self.house.open()

    def pass_time(self) -> None:
        """Let half an hour go by: new permits are newer, codes fresh."""
        self.house.clock.advance(seconds=LATER.total_seconds())
        self.house.machine.advance(seconds=LATER.total_seconds())

    def ask(self, call: Call, texts: dict[str, str], **lists: tuple[str, ...]) -> Answer:
        """Ask as the operator."""
        credential = self.house.founding.credentials[OPERATOR]
        return self.house.keeper.answer(
            Request(call=call, credential=credential, texts=texts, lists=lists), Tries()
        )

    def show(self, ledger: MemoryLedger | None = None, *, at_once: int = 3) -> Answer:
        """Show a whole ledger, some lines at a time."""
        ledger = ledger or self.house.ledger
        newest = ledger.notes[max(ledger.notes)] if ledger.notes else ""
        answer = Answer(code=Code.OPENED)
        for start in range(0, max(1, len(ledger.entries)), at_once):
            lines = tuple(encode_bytes(line) for line in ledger.entries[start : start + at_once])
            answer = self.ask(Call.SHOW_LEDGER, {"start": str(start), "newest": newest}, lines=lines)
        return answer

    def people(self, **said: str) -> dict[str, str]:
        """Return both people with right codes."""
        step = step_of(self.house.machine.now())
        codes = {f"{name}_code": code_at(self.secrets[person], step) for name, person in _PEOPLE.items()}
        return {**_PEOPLE, **codes, **said}

    def recover(self, records: tuple[str, ...] = (), **said: str) -> Answer:
        """Recover with the ledger that was shown; what is permitted next is a little later."""
        answer = self.ask(Call.RECOVER, self.people(**said), records=records)
        self.house.clock.advance(seconds=1)
        return answer

    def restore(self, records: tuple[str, ...] = ()) -> Answer:
        """Restore with the ledger that was shown; what is permitted next is a little later."""
        answer = self.ask(Call.RESTORE, self.people(), records=records)
        self.house.clock.advance(seconds=1)
        return answer

    def download(self, export: str = "X1") -> Answer:
        """Ask for a book's key under a permit of now."""
        permit = book_permit(Call.DOWNLOAD_BOOK, export, now=self.house.clock.now())
        return self.house.ask(API, Call.DOWNLOAD_BOOK, permit)


_PEOPLE = {"first": "P1", "second": "P2"}


@pytest.fixture
def bench(tmp_path: Path) -> Recovering:
    """Return a vault with a book, two people, and a copy of that moment."""
    made = Recovering(tmp_path)
    made.copy()
    return made


@pytest.mark.parametrize("with_counter", [None, 0])
def test_a_restored_copy_opens_again_after_its_recovery(bench: Recovering, with_counter: int | None) -> None:
    """Behind its counter or without one it is locked; shown the ledger by two people it opens again."""
    bench.download()
    bench.put_back(with_counter=with_counter)

    assert bench.download().code is Code.BEHIND
    assert bench.show().code is Code.OPENED
    assert bench.recover().code is Code.OPENED
    assert bench.house.keeper.is_locked is False
    assert bench.download().code is Code.OPENED

    bench.house.store.close()
    bench.house.open()

    assert bench.house.keeper.is_locked is False


def test_a_copy_that_its_own_signature_contradicts_recovers_too(bench: Recovering) -> None:
    """Restored with its counter it is found by the newer signature, and joined past it."""
    bench.house.ledger.append(publication("A9"))
    note = bench.house.ask(OPERATOR, Call.SIGN).body["checkpoint"]
    head = bench.house.keeper.head
    bench.house.ledger.keep_checkpoint(note, head)
    bench.put_back()
    changes = bench.house.store.changes()
    bench.house.store.close()
    (bench.house.home / COUNTER_NAME).unlink()
    CounterFile(bench.house.home).write(changes)
    bench.house.open()

    assert bench.house.ask(OPERATOR, Call.SIGN).code is Code.BEHIND

    short = bench.house.ledger.earlier(head.size - 1)
    short.notes = dict(bench.house.ledger.notes)
    bench.show(short)

    assert bench.recover().code is Code.ROLLED_BACK

    bench.show()

    assert bench.recover().body["size"] == head.size


def test_permits_of_before_are_void_wherever_their_copy_stands(bench: Recovering) -> None:
    """A spent permit that the copy forgot, and its bytes appended again, open nothing."""
    ledger = bench.house.ledger
    spent = ledger.append(book_permit(Call.DOWNLOAD_BOOK, life=timedelta(minutes=9)))
    bench.house.ask(API, Call.DOWNLOAD_BOOK, spent)
    bench.put_back()
    bench.house.clock.advance(minutes=-29)
    bench.show()
    bench.recover()
    again = ledger.append_bytes(ledger.entries[spent])

    assert bench.house.ask(API, Call.DOWNLOAD_BOOK, spent).code is Code.VOID
    assert bench.house.ask(API, Call.DOWNLOAD_BOOK, again).code is Code.VOID


def test_what_was_destroyed_stays_destroyed(bench: Recovering) -> None:
    """By its record it is shredded again; by its permit alone it is held shut until asked again."""
    for export in ("X2", "X3"):
        bench.house.build_book(build_permit(export))
    shutil.rmtree(bench.copied)
    bench.copy()
    record = bench.house.ask(WORKER, Call.DESTROY, destroy_permit("book:X1.1")).body["records"][0]
    bench.house.ask(WORKER, Call.DESTROY, destroy_permit("export:X2"))
    bench.put_back()
    bench.show()
    answer = bench.recover((record, "no record"))

    assert (["book:X1.1"], ["export:X2"]) == (answer.body["destroyed"], answer.body["shut"])
    assert [Code.DESTROYED, Code.SHUT, Code.OPENED] == [bench.download(x).code for x in ("X1", "X2", "X3")]
    build = build_permit("X2", 2, now=bench.house.clock.now())
    assert bench.house.build_book(build).code is Code.SHUT

    again = destroy_permit("export:X2", "book:X1.1", now=bench.house.clock.now())
    records = bench.house.ask(WORKER, Call.DESTROY, again).body["records"]

    assert record == records[1]
    assert bench.download("X2").code is Code.DESTROYED


def test_what_was_minted_since_the_copy_is_lost_and_not_minted_again(bench: Recovering) -> None:
    """A book's key and an attempt's that the copy never knew: their names stay taken."""
    bench.house.build_book(build_permit("X7"))
    bench.house.import_snapshot("A7")
    bench.put_back()
    bench.show()
    bench.recover()
    again = build_permit("X7", now=bench.house.clock.now())

    assert bench.house.build_book(again).code is Code.EXISTS
    assert bench.house.import_snapshot("A7").code is Code.EXISTS
    assert bench.download("X7").code is Code.DESTROYED


def test_the_two_may_let_go_what_is_held_shut(bench: Recovering) -> None:
    """A permit that came to nothing holds its object shut only until two people say so."""
    bench.download()
    bench.house.ledger.append(destroy_permit("book:X1.1"))
    bench.put_back()
    bench.show()

    assert bench.recover().body["shut"] == ["book:X1.1"]
    assert bench.download().code is Code.SHUT

    bench.pass_time()
    answer = bench.ask(Call.RELEASE, bench.people(), objects=("book:X1.1", "book:X9.1"))

    assert answer.body == {"released": ["book:X1.1"]}
    assert bench.download().code is Code.OPENED


def test_a_factor_made_anew_outlives_its_old_record(bench: Recovering) -> None:
    """A destruction that the copy remembers isn't repeated: the factor was enrolled again since."""
    house = bench.house
    record = house.ask(WORKER, Call.DESTROY, destroy_permit("factor:P2")).body["records"][0]
    bench.secrets["P2"] = bench._enrol("P2")
    shutil.rmtree(bench.copied)
    bench.copy()
    bench.download()
    bench.put_back()
    bench.show()

    assert bench.recover((record,)).body["destroyed"] == []


def test_a_recovery_needs_two_people_and_right_codes(bench: Recovering) -> None:
    """One person twice, a wrong code, a used one: refused; five wrong ones end it for a while."""
    bench.download()
    bench.put_back()
    bench.show()

    assert bench.recover(second="P1").code is Code.MISFIT
    assert (Code.FACTOR, "second_code") == _said(bench.recover(second_code="no code"))
    assert (Code.FACTOR, "first_code") == _said(bench.recover(first="P3"))
    for _ in range(WRONG_TRIES - 2):
        bench.recover(first_code="no code")

    assert bench.recover().code is Code.FACTOR_LOCKED
    assert bench.house.keeper.is_locked

    bench.pass_time()

    assert bench.recover().code is Code.OPENED


def _said(answer: Answer) -> tuple[Code, str]:
    return answer.code, answer.field


@pytest.mark.parametrize("kind", [API, WORKER])
@pytest.mark.parametrize("call", [Call.SHOW_LEDGER, Call.RECOVER, Call.RESTORE, Call.RELEASE])
def test_only_the_operator_recovers(bench: Recovering, kind: CallerKind, call: Call) -> None:
    """Another credential gets no further than its name."""
    credential = bench.house.founding.credentials[kind]
    bench.put_back(with_counter=0)

    assert bench.house.keeper.answer(Request(call=call, credential=credential), Tries()).code is Code.CALLER


def test_off_its_own_history_a_copy_stays_locked(bench: Recovering) -> None:
    """A rewritten ledger, one cut short, and one shown with a gap join nothing."""
    bench.download()
    bench.put_back()
    ledger = bench.house.ledger
    bench.show(MemoryLedger([ledger.entries[1], *ledger.entries[1:]]))

    assert bench.recover().code is Code.FORK

    bench.show(ledger.earlier(3))

    assert bench.recover().code is Code.ROLLED_BACK
    assert bench.ask(Call.SHOW_LEDGER, {"start": "9", "newest": ""}, lines=()).code is Code.MISFIT
    assert bench.house.keeper.is_locked


def test_pruned_lines_count_by_their_leaves(bench: Recovering) -> None:
    """A line that stands for a pruned entry is as good as the entry for the head."""
    bench.download()
    bench.put_back()
    lines = [redact(bench.house.ledger.entries[0]), *bench.house.ledger.entries[1:]]
    shown = tuple(encode_bytes(line) for line in lines)
    bench.ask(Call.SHOW_LEDGER, {"start": "0", "newest": ""}, lines=shown)

    assert bench.recover().code is Code.OPENED


def test_a_vault_that_is_well_is_left_alone(bench: Recovering) -> None:
    """Neither a recovery nor a restore moves a vault whose ledger extends its head."""
    bench.show()

    assert bench.recover().code is Code.WELL
    assert bench.restore().code is Code.WELL
    assert bench.ask(Call.RECOVER, bench.people(), records=()).code is Code.WELL


def test_a_restored_ledger_starts_a_new_origin(bench: Recovering) -> None:
    """Behind V it opens nothing; restored, it does, under a new name, and says what it lacks."""
    house = bench.house
    copy = house.ledger.earlier(len(house.ledger.entries))
    lost = house.ledger.append(book_permit(Call.DOWNLOAD_BOOK))
    house.ask(API, Call.DOWNLOAD_BOOK, lost)
    old = house.ask(OPERATOR, Call.SIGN).body["checkpoint"]
    lost_entry = house.ledger.entries[lost]
    before = house.keeper.head.size
    house.ledger = copy
    bench.pass_time()

    assert house.ask(OPERATOR, Call.SIGN).code is Code.ROLLED_BACK

    bench.show()
    answer = bench.restore()

    assert answer.code is Code.OPENED
    assert (ORIGIN, f"{ORIGIN}.r2") == (answer.body["former"], answer.body["origin"])
    assert [(lost, lost_entry)] == [
        (one["index"], decode_bytes(one["entry"])) for one in answer.body["opened"]
    ]
    assert bench.download().code is Code.OPENED
    note = house.ask(OPERATOR, Call.SIGN).body["checkpoint"]
    origin, _head = read_checkpoint(note, VerifierKey.parse(answer.body["vkey"]))
    assert origin == f"{ORIGIN}.r2"
    # The signature of the origin that was left says nothing of this one.
    house.ledger.notes = {before: old}
    assert bench.download().code is Code.OPENED
    assert house.ask(API, Call.DOWNLOAD_BOOK, house.ledger.append_bytes(lost_entry)).code is Code.EXPIRED


def test_other_copies_do_not_fit_the_counter_of_a_recovery(bench: Recovering) -> None:
    """After a recovery no copy of before, however near in number, opens beside the counter."""
    bench.download()
    bench.house.store.close()
    shutil.copy(bench.house.home / STORE_NAME, bench.copied / "newer.db")
    bench.house.open()
    bench.put_back()
    bench.show()
    bench.recover()
    bench.house.store.close()
    shutil.copy(bench.copied / "newer.db", bench.house.home / STORE_NAME)
    bench.house.open()

    assert bench.house.keeper.is_locked


def test_passphrases_survive(bench: Recovering) -> None:
    """What wasn't destroyed opens as it was kept."""
    bench.download()
    bench.put_back()
    bench.show()
    bench.recover()
    permit = book_permit(Call.REVEAL_PASSPHRASE, now=bench.house.clock.now())

    assert bench.house.ask(API, Call.REVEAL_PASSPHRASE, permit).body == {"passphrase": PASSPHRASE}
