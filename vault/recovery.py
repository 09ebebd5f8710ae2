"""After a restore: how a copy of the vault, or a vault whose ledger was restored, opens again.

Laws
1. Two people agree, each by a fresh code of their own factor that this vault holds; five wrong
   codes within 15 minutes end it for that long.
2. A recovery (the vault is the copy) joins V to the ledger shown, along V's own history and past
   its own newest signature, never off it. A restore (the ledger is the copy) starts a new
   origin at the ledger shown, where it doesn't extend V.
3. Either voids every permit recorded until then, wherever in the ledger a copy of it stands.
4. What this vault's own signed records name is shredded again. What only a permit to destroy
   names is held shut, until it is asked for again or the two let it go.
5. What a permit may have had minted since a copy was made is lost, and its name stays taken: a
   name is minted once for ever.
6. The whole ledger is shown; what a recovery or restore does is one change, and the change
   counter jumps with it, so that no other copy of the store fits it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from audit.checkpoint import Head, NoteError, SigningKey, open_note, read_checkpoint
from audit.origins import next_origin
from runtime.clock import rfc3339
from vault.destruction import Destruction, read_record
from vault.errors import Code, RefusalError
from vault.factors import Factors
from vault.framing import FramingError, decode_bytes, encode_bytes
from vault.holdings import Holdings, check_id, read_target
from vault.marks import Marks
from vault.messages import Request
from vault.showing import Showing
from vault.signing import Signing
from vault.store import Store
from vault.totp import WRONG_TRIES, WRONG_TRIES_SECONDS


@dataclass(frozen=True, kw_only=True)
class Moment:
    """When: the house's time and the machine's, V, and whether this vault is a restored copy."""

    now: datetime
    machine_now: datetime
    head: Head
    is_locked: bool


class Recovery:
    """Takes a ledger in, and puts the vault right with it. Changes run inside their caller's."""

    def __init__(
        self,
        store: Store,
        holdings: Holdings,
        factors: Factors,
        marks: Marks,
        destruction: Destruction,
        signing: Signing,
    ) -> None:
        self._store = store
        self._holdings = holdings
        self._factors = factors
        self._marks = marks
        self._destruction = destruction
        self._signing = signing
        self._showing: Showing | None = None
        # In memory: a copy that is behind its counter must not change for a wrong code.
        self._wrong_at: list[datetime] = []

    def show(self, request: Request, moment: Moment) -> dict[str, Any]:
        """Take some lines of the ledger in; `start` 0 begins anew. Changes nothing in the store."""
        start = request.texts["start"]
        if start == "0":
            known = [moment.head, *self._signed(request.texts["newest"])]
            self._showing = Showing(known=known, spent=self._marks.leaves())
        if self._showing is None or start != str(self._showing.size):
            raise RefusalError(Code.MISFIT, "start")
        try:
            lines = [decode_bytes(line) for line in request.lists["lines"]]
        except FramingError:
            raise RefusalError(Code.UNREADABLE) from None
        self._showing.add(lines)
        return {"shown": self._showing.size}

    def recover(self, request: Request, moment: Moment) -> dict[str, Any]:
        """Put a restored copy right with the ledger that was shown."""
        if not moment.is_locked:
            raise RefusalError(Code.WELL)
        shown = self._shown()
        shown.check_passed()
        if shown.rotated >= moment.head.size:
            # The key that this copy would sign with is no longer the log's.
            raise RefusalError(Code.OUTDATED)
        self._agree(request, moment.machine_now)
        return self._join(request, shown, moment, self._signing.key)

    def restore(self, request: Request, moment: Moment) -> dict[str, Any]:
        """Start a new origin at the ledger that was shown; say what was opened and isn't in it."""
        shown = self._shown()
        if shown.extends() and not moment.is_locked:
            raise RefusalError(Code.WELL)
        self._agree(request, moment.machine_now)
        opened = self._marks.entries_of(shown.spent)
        former = self._signing.key
        self._store.put_fact("origin", next_origin(former.name).encode())
        self._store.put_fact("history", b"")
        body = self._join(request, shown, moment, former)
        return body | {
            "former": former.name,
            "opened": [{"index": index, "entry": encode_bytes(entry)} for index, entry in opened],
        }

    def release(self, request: Request, moment: Moment) -> dict[str, Any]:
        """Let go what is held shut."""
        objects = request.lists["objects"]
        for object_id in objects:
            read_target(object_id)
        self._agree(request, moment.machine_now)
        return {"released": [one for one in objects if self._holdings.release(one)]}

    def _shown(self) -> Showing:
        if self._showing is None:
            raise RefusalError(Code.MISFIT, "start")
        return self._showing

    def _signed(self, checkpoint: str) -> list[Head]:
        try:
            return [read_checkpoint(checkpoint, self._signing.key.verifier)[1]] if checkpoint else []
        except NoteError:
            # Another's, or one of an origin or a key that was left: it says nothing of V.
            return []

    def _agree(self, request: Request, now: datetime) -> None:
        texts = request.texts
        people = [check_id(texts[name], name) for name in ("first", "second")]
        if people[0] == people[1]:
            raise RefusalError(Code.MISFIT, "second")
        since = now - timedelta(seconds=WRONG_TRIES_SECONDS)
        self._wrong_at = [at for at in self._wrong_at if since < at <= now]
        if len(self._wrong_at) >= WRONG_TRIES:
            raise RefusalError(Code.FACTOR_LOCKED)
        for person, name in zip(people, ("first_code", "second_code"), strict=True):
            if not self._factors.verify(person, texts[name], now):
                self._wrong_at.append(now)
                raise RefusalError(Code.FACTOR, name)

    def _join(self, request: Request, shown: Showing, moment: Moment, former: SigningKey) -> dict[str, Any]:
        head = shown.head
        self._store.put_fact("head_size", str(head.size).encode())
        self._store.put_fact("head_root", head.root)
        self._marks.void(head.size, max(shown.last_at, rfc3339(moment.now)))
        shut, done = list[str](), set[str]()
        if moment.is_locked:
            done = self._repeat_records(request, former)
            shut = self._hold_shut(shown)
            for name in shown.minted:
                self._holdings.take(name)
            self._store.put_fact("locked", b"0")
        self._showing = None
        key = self._signing.key
        return {
            "origin": key.name,
            "vkey": key.verifier.text(),
            "former_size": moment.head.size,
            "size": head.size,
            "root": encode_bytes(head.root),
            "shut": shut,
            "destroyed": sorted(done),
        }

    def _repeat_records(self, request: Request, former: SigningKey) -> set[str]:
        done = set()
        for note in request.lists["records"]:
            try:
                record = read_record(open_note(note, former.verifier))
            except (NoteError, ValueError):
                # Not this vault's word. What it names is held shut all the same.
                continue
            # What this copy remembers may have been made again since, as second factors are.
            if not self._destruction.has(record.leaf, record.object_id):
                self._destruction.repeat_record(record, note)
                done.add(record.object_id)
        return done

    def _hold_shut(self, shown: Showing) -> list[str]:
        unheard = [object_id for object_id, leaf in shown.named if not self._destruction.has(leaf, object_id)]
        return [object_id for object_id in dict.fromkeys(unheard) if self._holdings.shut(object_id)]
