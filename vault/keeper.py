"""The keeper: the vault's laws, without sockets. A decision over the store and two clocks.

Laws, in the order in which a call meets them:
1. A caller is known by the credential of its kind; the store keeps only the SHA-256 of it.
2. A restored copy opens nothing: it is found at start (store and change counter differ), or
   by being shown its own signature over a head that it doesn't remember. The second locks
   for good; both end only with a recovery.
3. V moves forward along a proof, or not at all. Stale names V's size, and the same V three
   times over within one call raises the alarm `rolled_back`. A fork raises an alarm and is
   refused, without a lock: a lock would let one stolen credential stop everyone.
4. One permit opens one thing once: proven in the accepted head, fitting its row, alive and
   unspent. A spent destruction permit is answered with the records it was answered with.
5. What was minted, spent, destroyed or moved is synced and counted before it is answered.

One caller at a time: whoever drives the keeper takes turns.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Any

from audit.checkpoint import Head, NoteError, SigningKey, read_checkpoint, sign_checkpoint
from runtime.clock import Clock, rfc3339
from vault.destruction import Destruction
from vault.errors import Code, RefusalError
from vault.factors import Factors
from vault.heads import ForkedProofError, StaleProofError, contradicts, extend_head
from vault.holdings import Holdings, check_id
from vault.marks import Marks
from vault.messages import Answer, Request
from vault.openings import OPENINGS, Opening
from vault.permits import read_permit
from vault.signing import Signing
from vault.store import Store, StoreBrokenError
from vault.table import CALLERS_WITHOUT_PERMIT, ROWS, Call, CallerKind
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

    def __init__(self, store: Store, house_clock: Clock, machine_clock: Clock) -> None:
        """Take the house's clock for permits and the machine's own for second factors."""
        self._store = store
        self._house_clock = house_clock
        self._machine_clock = machine_clock
        self._signing = Signing(store)
        self._holdings = Holdings(store)
        self._marks = Marks(store)
        self._factors = Factors(store, self._holdings)
        self._destruction = Destruction(store, self._holdings, self._signing)

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
            if self.is_locked:
                return Answer(code=Code.BEHIND)
            if not self._may_call(kind, request.call):
                return Answer(code=Code.CALLER)
            with self._store.change():
                return self._answer_in_change(request, tries)
        except RefusalError as refusal:
            return Answer(code=refusal.code, field=refusal.field)
        except (StoreBrokenError, ProviderError, WrapError):
            return Answer(code=Code.UNAVAILABLE)

    def _answer_in_change(self, request: Request, tries: Tries) -> Answer:
        if request.call is Call.VERIFY_TOTP:
            return self._in_part(self._verify_totp, request)
        if self._shows_restored_copy(request):
            self._store.put_fact("locked", b"1")
            self._raise_alarm(Code.BEHIND)
            return Answer(code=Code.BEHIND)
        seen = self.head
        if request.proof is None:
            return Answer(code=Code.BAD_REQUEST)
        try:
            head = extend_head(seen, request.proof)
        except StaleProofError:
            return self._stale(seen, tries)
        except ForkedProofError:
            self._raise_alarm(Code.FORK)
            return Answer(code=Code.FORK)
        if head != seen:
            # A proven move stands even if the permit is refused: it only narrows what can be rewritten.
            self._store.put_fact("head_size", str(head.size).encode())
            self._store.put_fact("head_root", head.root)
        answer = self._in_part(self._sign if request.call is Call.SIGN else self._open, request)
        return Answer(code=answer.code, field=answer.field, size=head.size, body=answer.body)

    def _in_part(self, effect: Any, request: Request) -> Answer:
        try:
            with self._store.part():
                return Answer(code=Code.OPENED, body=effect(request))
        except RefusalError as refusal:
            return Answer(code=refusal.code, field=refusal.field)

    def _open(self, request: Request) -> dict[str, Any]:
        head, now = self.head, self._house_clock.now()
        self._marks.drop_old(now)
        if request.permit is None:
            raise RefusalError(Code.BAD_REQUEST)
        permit = read_permit(request.permit, head, ROWS[request.call], now)
        if self._marks.is_spent(permit):
            if request.call is not Call.DESTROY:
                raise RefusalError(Code.SPENT)
            return {"records": self._destruction.repeat(permit.entry.objects or (), permit)}
        body = OPENINGS[request.call](
            Opening(
                request=request,
                permit=permit,
                head=head,
                now=now,
                holdings=self._holdings,
                factors=self._factors,
                destruction=self._destruction,
            )
        )
        self._marks.spend(permit)
        return body

    def _sign(self, _request: Request) -> dict[str, Any]:
        return {"checkpoint": sign_checkpoint(self._key.name, self.head, self._key)}

    def _verify_totp(self, request: Request) -> dict[str, Any]:
        person = check_id(request.texts["person"], "person")
        return {"is_right": self._factors.verify(person, request.texts["code"], self._machine_clock.now())}

    def _stale(self, seen: Head, tries: Tries) -> Answer:
        if tries.count(seen.size) < STALE_TIMES:
            return Answer(code=Code.STALE, size=seen.size)
        self._raise_alarm(Code.ROLLED_BACK)
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
        if request.checkpoint is None:
            return False
        try:
            _origin, signed = read_checkpoint(request.checkpoint, self._key.verifier)
        except NoteError:
            # Another's signature, or one under an origin that was left: it says nothing of V.
            return False
        return contradicts(self.head, signed)

    def _raise_alarm(self, kind: Code) -> None:
        now = rfc3339(self._machine_clock.now())
        self._store.connection.execute(
            "INSERT INTO alarms VALUES (?, ?, ?, 1) ON CONFLICT (kind) DO UPDATE"
            " SET last_at = excluded.last_at, times = times + 1",
            (kind.value, now, now),
        )

    def _status(self) -> Answer:
        alarms = self._store.connection.execute(
            "SELECT kind, first_at, last_at, times FROM alarms ORDER BY kind"
        )
        body = {
            "locked": self.is_locked,
            "origin": self._key.name,
            "vkey": self._key.verifier.text(),
            "alarms": [
                {"kind": kind, "first_at": first_at, "last_at": last_at, "times": times}
                for kind, first_at, last_at, times in alarms
            ],
        }
        return Answer(code=Code.OPENED, size=self.head.size, body=body)
