"""The keeper: the vault's laws, without sockets. A decision over the store and two clocks.

Laws, in the order in which a call meets them:
1. A caller is known by the credential of its kind; the store keeps only the SHA-256 of it.
2. A restored copy opens nothing: it is found at start (store and change counter differ), or
   by being shown its own signature over a head that it doesn't remember, or over its own
   handover to another key. The second locks for good; both end only with a recovery.
3. V moves forward along a proof, or not at all. Stale names V's size, and the same V three
   times over within one call raises the alarm `rolled_back`. A fork raises an alarm and is
   refused, without a lock: a lock would let one stolen credential stop everyone.
4. One permit opens one thing once (`opener.py`); a batch is one change, judged part by part.
   Who asks beyond the caller's quota is refused and counted as an alarm.
5. What was minted, spent, destroyed or moved is synced and counted before it is answered.

One caller at a time: whoever drives the keeper takes turns.
"""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from audit.checkpoint import Head, NoteError, SigningKey, read_checkpoint, sign_checkpoint
from runtime.clock import Clock
from vault import recovery
from vault.alarms import Alarms
from vault.desks import Desks
from vault.destruction import Destruction
from vault.errors import Code, RefusalError
from vault.factors import Factors
from vault.heads import ForkedProofError, StaleProofError, contradicts, extend_head
from vault.holdings import Holdings, check_id
from vault.marks import Marks
from vault.messages import Answer, Request, write_answer
from vault.opener import Moment, Opener
from vault.openings import Opened
from vault.quotas import QUOTAS, Quota, Quotas
from vault.recovery import Recovery
from vault.rotation import Rotation
from vault.signing import Signing
from vault.store import Store, StoreBrokenError
from vault.table import CALLERS_WITHOUT_PERMIT, RECOVERING, ROWS, Call, CallerKind
from vault.wrapping import ProviderError, WrapError

STALE_TIMES = 3


@dataclass(kw_only=True)
class Tries:
    """What one call has heard so far: the V that it was told last, and how often."""

    size: int | None = None
    times: int = 0

    def count(self, size: int) -> int:
        """Count one more stale answer that names V's size; return how often it was this one."""
        self.times = self.times + 1 if self.size == size else 1
        self.size = size
        return self.times


class Keeper:
    """Answers one request at a time over an open store."""

    def __init__(
        self,
        store: Store,
        house_clock: Clock,
        machine_clock: Clock,
        quotas: Mapping[Call, Quota] = QUOTAS,
    ) -> None:
        """Take the house's clock for permits, the machine's own for second factors and quotas."""
        self._store = store
        self._house_clock = house_clock
        self._machine_clock = machine_clock
        self._signing = Signing(store)
        self._alarms = Alarms(store)
        holdings = Holdings(store)
        self._factors = Factors(store, holdings)
        self._desks = Desks()
        marks, destruction = Marks(store), Destruction(store, holdings, self._signing)
        self._recovery = Recovery(store, holdings, self._factors, marks, destruction, self._signing)
        self._opener = Opener(
            holdings=holdings,
            marks=marks,
            factors=self._factors,
            destruction=destruction,
            rotation=Rotation(store, self._signing),
            quotas=Quotas(store, quotas),
            desks=self._desks,
        )

    @property
    def _key(self) -> SigningKey:
        return self._signing.key

    @property
    def is_locked(self) -> bool:
        """Tell whether this vault knows itself to be a restored copy."""
        return self._store.is_behind or self._store.fact("locked") == b"1"

    @property
    def head(self) -> Head:
        """V, as the store holds it."""
        return Head(size=int(self._store.fact("head_size")), root=self._store.fact("head_root"))

    def answer(self, request: Request, tries: Tries) -> Answer:
        """Answer a request; nothing is returned that isn't synced. Never raises for its content."""
        try:
            if request.call is Call.STATUS:
                return self._status()
            kind = self._caller(request.credential)
            if self.is_locked and request.call not in RECOVERING:
                return Answer(code=Code.BEHIND)
            if not self._may_call(kind, request.call):
                return Answer(code=Code.CALLER)
            return self._answer_caller(request, kind, tries)
        except RefusalError as refusal:
            return Answer(code=refusal.code, field=refusal.field)
        except (StoreBrokenError, ProviderError, WrapError):
            return Answer(code=Code.UNAVAILABLE)

    def _answer_caller(self, request: Request, kind: CallerKind, tries: Tries) -> Answer:
        if request.call in RECOVERING:
            return self._answer_recovering(request)
        if request.call is Call.PSEUDONYMS:
            now, said = self._house_clock.now(), request.texts
            rest = self._desks.derive(said["desk"], said["kind"], request.lists["ids"], now)
            return Answer(code=Code.OPENED, rest=rest)
        with self._store.change():
            return self._answer_in_change(request, kind, tries)

    def _answer_recovering(self, request: Request) -> Answer:
        moment = recovery.Moment(
            now=self._house_clock.now(),
            machine_now=self._machine_clock.now(),
            head=self.head,
            is_locked=self.is_locked,
        )
        if request.call is Call.SHOW_LEDGER:
            return Answer(code=Code.OPENED, body=self._recovery.show(request, moment))
        if request.call is Call.RELEASE:
            if moment.is_locked:
                return Answer(code=Code.BEHIND)
            with self._store.change():
                return Answer(code=Code.OPENED, body=self._recovery.release(request, moment))
        effect = self._recovery.recover if request.call is Call.RECOVER else self._recovery.restore
        with self._store.change(rejoining=True):
            return Answer(code=Code.OPENED, body=effect(request, moment))

    def _answer_in_change(self, request: Request, kind: CallerKind, tries: Tries) -> Answer:
        if request.call is Call.VERIFY_TOTP:
            return self._in_part(lambda: self._verify_totp(request))
        if self._shows_restored_copy(request):
            self._store.put_fact("locked", b"1")
            self._sound(Code.BEHIND)
            return Answer(code=Code.BEHIND)
        seen = self.head
        if request.proof is None:
            return Answer(code=Code.BAD_REQUEST)
        try:
            head = extend_head(seen, request.proof)
        except StaleProofError:
            return self._stale(seen, tries)
        except ForkedProofError:
            self._sound(Code.FORK)
            return Answer(code=Code.FORK)
        if head != seen:
            # A proven move stands even if the permit is refused: it only narrows what can be rewritten.
            self._store.put_fact("head_size", str(head.size).encode())
            self._store.put_fact("head_root", head.root)
        return dataclasses.replace(self._at_head(request, kind, head), size=head.size)

    def _at_head(self, request: Request, kind: CallerKind, head: Head) -> Answer:
        if request.call is Call.SIGN:
            return self._in_part(
                lambda: Opened({"checkpoint": sign_checkpoint(self._key.name, head, self._key)})
            )
        moment = Moment(
            kind=kind, head=head, now=self._house_clock.now(), machine_now=self._machine_clock.now()
        )
        if request.call is not Call.OPEN_MANY:
            return self._in_part(lambda: self._opener.open(request, moment))
        answers = [self._open_part(part, moment) for part in request.parts()]
        return Answer(code=Code.OPENED, body={"answers": [write_answer(one) for one in answers]})

    def _open_part(self, part: Request, moment: Moment) -> Answer:
        if not self._may_call(moment.kind, part.call):
            return Answer(code=Code.CALLER)
        return self._in_part(lambda: self._opener.open(part, moment))

    def _in_part(self, effect: Callable[[], Opened]) -> Answer:
        try:
            with self._store.part():
                opened = effect()
                return Answer(code=Code.OPENED, body=opened.body, rest=opened.rest)
        except RefusalError as refusal:
            if refusal.code in {Code.QUOTA, Code.DAMAGED}:
                self._sound(refusal.code)
            return Answer(code=refusal.code, field=refusal.field)

    def _verify_totp(self, request: Request) -> Opened:
        person = check_id(request.texts["person"], "person")
        now = self._machine_clock.now()
        return Opened({"is_right": self._factors.verify(person, request.texts["code"], now)})

    def _stale(self, seen: Head, tries: Tries) -> Answer:
        if tries.count(seen.size) < STALE_TIMES:
            return Answer(code=Code.STALE, size=seen.size)
        self._sound(Code.ROLLED_BACK)
        return Answer(code=Code.ROLLED_BACK, size=seen.size)

    def _caller(self, credential: str) -> CallerKind:
        shown = hashlib.sha256(credential.encode()).digest()
        found = None
        for kind, kept in self._store.connection.execute("SELECT kind, credential_sha256 FROM callers"):
            if hmac.compare_digest(shown, kept):
                found = CallerKind(kind)
        if found is None:
            raise RefusalError(Code.CREDENTIAL)
        return found

    def _may_call(self, kind: CallerKind, call: Call) -> bool:
        if call in CALLERS_WITHOUT_PERMIT:
            return kind in CALLERS_WITHOUT_PERMIT[call]
        row = ROWS[call]
        is_demo = self._store.fact("demo") == b"1"
        return kind in row.callers or (is_demo and kind in row.demo_callers)

    def _shows_restored_copy(self, request: Request) -> bool:
        if request.history is not None and self._signing.is_succeeded(request.history):
            return True
        if request.checkpoint is None:
            return False
        try:
            _origin, signed = read_checkpoint(request.checkpoint, self._key.verifier)
        except NoteError:
            # Another's signature, or one under an origin that was left: it says nothing of V.
            return False
        return contradicts(self.head, signed)

    def _sound(self, kind: Code) -> None:
        self._alarms.sound(kind, self._machine_clock.now())

    def _status(self) -> Answer:
        body: dict[str, Any] = {
            "locked": self.is_locked,
            "origin": self._key.name,
            "vkey": self._key.verifier.text(),
            "alarms": self._alarms.listed(),
            "provider": self._store.provider.name,
            "wrapping_key": self._store.wrapping_key_id,
            "has_shares": self._store.optional_fact("recovery_copy") is not None,
            "history": self._signing.history,
        }
        return Answer(code=Code.OPENED, size=self.head.size, body=body)
