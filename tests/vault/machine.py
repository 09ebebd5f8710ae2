"""The protocol's state machine: honest callers and an adversary, real vault and model together.

Every step's answer is compared with the model's. What the vault promises is checked beside it:
who gets a key leaves an entry in every later signed head; only the table's callers get it;
destroyed stays destroyed; a passphrase shown is the stored book's; a ledger that doesn't extend
V opens and destroys nothing; signed heads never fork.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from audit.entry import Entry
from tests.vault import factories
from tests.vault.fakes import MemoryLedger
from tests.vault.model import HOURLY, ModelVault, Published, Said
from tests.vault.tries import Try
from tests.vault.witness import Witness
from vault.ceremony import create_vault
from vault.factors import Factors
from vault.holdings import Holdings
from vault.messages import Answer, Request
from vault.quotas import QUOTAS_NAME
from vault.store import Store
from vault.table import ROWS, Call, CallerKind

CALLS = (
    Call.IMPORT_SNAPSHOT,
    Call.BUILD_BOOK,
    Call.SEND_BOOK,
    Call.DOWNLOAD_BOOK,
    Call.REVEAL_PASSPHRASE,
    Call.DESTROY,
)
EXPORTS = st.sampled_from(["X1", "X2"])
TOKENS = st.integers(min_value=1, max_value=2)
ATTEMPTS = st.sampled_from(["A1", "A2"])
PICKS = st.integers(min_value=0, max_value=999)
CRASHES = st.sampled_from(["before commit", "before counter", "after counter"])


class VaultMachine(RuleBasedStateMachine):
    """Rules that hold for a vault in this process and for one behind a socket."""

    def __init__(self) -> None:
        """Found a vault, with one published snapshot and one book of it."""
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="sv-"))
        self.home = self.folder / "vault"
        self.founding = create_vault(self.home, factories.ORIGIN)
        hourly = [f"[{call.value}]\nminute = {most}\nhour = {most}\n" for call, most in HOURLY.items()]
        (self.home / QUOTAS_NAME).write_text("".join(hourly))
        self.factors = self._enrol("P1", "P2")
        self.meaning: dict[bytes, Said | Published] = {}
        self.model = ModelVault(meaning=self.meaning)
        self.ledger = MemoryLedger()
        self.witness = Witness(self.founding.vkey, self.meaning)
        self.seen: dict[CallerKind, int] = dict.fromkeys(CallerKind, 0)
        self.counted = 0
        self.start()
        self.publish("A1")
        self.permit_import("A1")
        self.spend(0)
        self.use(Call.BUILD_BOOK, "X1", 1)

    def _enrol(self, *people: str) -> dict[str, bytes]:
        store = Store(self.home)
        holdings = Holdings(store)
        factors = Factors(store, holdings)
        with store.change():
            for person in people:
                holdings.shred(f"factor:{person}")
                factors.enrol(person)
            found = {person: holdings.open(f"factor:{person}") for person in people}
        store.close()
        return found

    # What a vault in this process and one behind a socket do differently.

    def start(self) -> None:
        """Start the vault on its folder."""
        raise NotImplementedError

    def stop(self) -> None:
        """End the vault without a word."""
        raise NotImplementedError

    def line(self) -> Callable[[Request], Answer]:
        """Return a way to make the tries of one call."""
        raise NotImplementedError

    def now(self) -> datetime:
        """Return the house's time."""
        raise NotImplementedError

    def machine_now(self) -> datetime:
        """Return the machine's own time."""
        raise NotImplementedError

    def teardown(self) -> None:
        """Stop, and leave nothing."""
        self.stop()
        shutil.rmtree(self.folder)

    # Honest steps: the gate and the publisher write, callers ask.

    def append(self, entry: Entry, meaning: Said | Published) -> int:
        """Append an entry and note what it means."""
        self.meaning[entry.encode()] = meaning
        return self.ledger.append(entry)

    @rule(attempt=ATTEMPTS)
    def publish(self, attempt: str) -> None:
        """Publish an attempt, whether or not it was imported."""
        self.append(factories.publication(attempt), Published(attempt=attempt))

    @rule(attempt=ATTEMPTS)
    def permit_import(self, attempt: str) -> None:
        """Record a permit to import."""
        entry = factories.import_permit(attempt, now=self.now())
        self.append(entry, self._said(Call.IMPORT_SNAPSHOT, entry, attempt=attempt))

    @rule(call=st.sampled_from(CALLS[1:5]), export=EXPORTS, token=TOKENS, minutes=st.sampled_from([5, 5, 40]))
    def permit_book(self, call: Call, export: str, token: int, minutes: int) -> None:
        """Record a permit for a book, some of them too long-lived."""
        life = timedelta(minutes=minutes)
        if call is Call.BUILD_BOOK:
            entry = factories.build_permit(export, token, now=self.now(), life=life)
        else:
            entry = factories.book_permit(call, export, token, now=self.now(), life=life)
        self.append(entry, self._said(call, entry, export=export, fencing=token))

    @rule(export=EXPORTS, token=TOKENS, kind=st.sampled_from(["book", "key", "passphrase", "export"]))
    def permit_destruction(self, export: str, token: int, kind: str) -> None:
        """Record a permit to destroy."""
        object_id = f"export:{export}" if kind == "export" else f"{kind}:{export}.{token}"
        entry = factories.destroy_permit(object_id, now=self.now())
        self.append(entry, self._said(Call.DESTROY, entry, objects=(object_id,)))

    def _said(self, call: Call, entry: Entry, **said: Any) -> Said:
        return Said(call=call, at=entry.at, expires=datetime.fromisoformat(entry.expires or ""), **said)

    @rule(pick=PICKS)
    def spend(self, pick: int) -> None:
        """A caller of the right kind shows a permit for what it permits, spent or not."""
        index = self._permit(pick)
        said = self.meaning[self.ledger.entries[index]] if index is not None else None
        if index is not None and isinstance(said, Said):
            kind = sorted(ROWS[said.call].callers)[pick % len(ROWS[said.call].callers)]
            self.ask(kind, said.call, self._with_publication(said.call, index))

    @rule(call=st.sampled_from(CALLS[1:5]), export=EXPORTS, token=TOKENS)
    def use(self, call: Call, export: str, token: int) -> None:
        """A permit is recorded and spent at once, as honest callers do."""
        self.permit_book(call, export, token, 5)
        self.spend(0)

    @rule(export=EXPORTS, token=TOKENS, kind=st.sampled_from(["book", "key", "passphrase", "export"]))
    def destroy(self, export: str, token: int, kind: str) -> None:
        """A destruction is recorded and done at once."""
        self.permit_destruction(export, token, kind)
        self.spend(0)

    @rule(export=EXPORTS, token=TOKENS)
    def come_late(self, export: str, token: int) -> None:
        """A zombie asks for a key after the whole export was destroyed."""
        self.permit_book(Call.BUILD_BOOK, export, token, 5)
        late = len(self.ledger.entries) - 1
        self.destroy(export, token, "export")
        self.ask(CallerKind.WORKER, Call.BUILD_BOOK, self._with_publication(Call.BUILD_BOOK, late))

    @rule(kind=st.sampled_from(CallerKind))
    def sign(self, kind: CallerKind) -> None:
        """Anyone has the head signed."""
        self.ask(kind, Call.SIGN, ())

    @rule(pick=PICKS, other=PICKS)
    def race(self, pick: int, other: int) -> None:
        """Two honest callers read, the ledger grows, both show: in the end both are answered."""
        first, second = self._honest(pick), self._honest(other)
        if first and second:
            tries = [Try(self, *first), Try(self, *second)]
            for one in tries:
                one.read()
            self.publish("A1")
            for one in tries:
                one.finish()

    def _honest(self, pick: int) -> tuple[CallerKind, Call, tuple[int, ...]] | None:
        index = self._permit(pick)
        said = self.meaning[self.ledger.entries[index]] if index is not None else None
        if index is None or not isinstance(said, Said):
            return None
        return min(ROWS[said.call].callers), said.call, self._with_publication(said.call, index)

    def _permit(self, pick: int) -> int | None:
        meanings = [self.meaning.get(encoded) for encoded in self.ledger.entries]
        places = [place for place, meaning in enumerate(meanings) if isinstance(meaning, Said)]
        return places[-1 - pick % len(places)] if places else None

    def _with_publication(self, call: Call, index: int) -> tuple[int, ...]:
        if call is not Call.BUILD_BOOK:
            return (index,)
        meanings = [self.meaning.get(encoded) for encoded in self.ledger.entries]
        places = [place for place, meaning in enumerate(meanings) if isinstance(meaning, Published)]
        return (index, places[0] if places else index)

    # One call to its end, and what must hold at every moment.

    def ask(self, kind: CallerKind, call: Call, indices: tuple[int, ...]) -> Answer:
        """Make one call to its end."""
        return Try(self, kind, call, indices).finish()

    @invariant()
    def what_was_opened_stays_under_v(self) -> None:
        """Every permit that opened something is in the history that V stands for."""
        assert set(self.witness.opened) <= set(self.model.seen)

    @invariant()
    def signed_heads_lie_on_one_history(self) -> None:
        """Every head that was signed is an earlier state of V."""
        history = MemoryLedger(self.model.seen)
        assert {size: history.head_at(size).root for size in self.witness.signed} == self.witness.signed
