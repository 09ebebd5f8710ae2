"""The opener: one proven permit, one opening. What the keeper does once V has moved.

Laws
1. A permit is read, fits its row, is alive, unspent and not void, and its caller is within the
   quota, before anything opens; what it opens and its mark are one part of one change.
2. A spent destruction permit is answered with the records that it was answered with.
3. In a batch each opening is judged by itself: one that is refused undoes nothing of the others.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from audit.checkpoint import Head
from audit.entry import Entry
from vault.desks import Desks
from vault.destruction import Destruction
from vault.errors import Code, RefusalError
from vault.factors import Factors
from vault.holdings import Holdings
from vault.marks import Marks
from vault.messages import Request
from vault.openings import OPENINGS, Opened, Opening
from vault.permits import read_entry, read_permit
from vault.quotas import Quotas
from vault.rotation import Rotation
from vault.table import ROWS, Call, CallerKind


@dataclass(frozen=True, kw_only=True)
class Moment:
    """What all openings of one request share: the caller, the head they are proven in, two clocks.

    `now` is the house's time, for permits; `machine_now` the machine's own, for quotas.
    """

    kind: CallerKind
    head: Head
    now: datetime
    machine_now: datetime
    # A publication that many openings of a batch name is proven once.
    proven: dict[tuple[int, bytes], Entry] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, kw_only=True)
class Opener:
    """Opens. Every method runs inside a change of its caller."""

    holdings: Holdings
    marks: Marks
    factors: Factors
    destruction: Destruction
    rotation: Rotation
    quotas: Quotas
    desks: Desks

    def open(self, request: Request, moment: Moment) -> Opened:
        """Return what a request's permit opens; a RefusalError says why it opens nothing."""
        if request.permit is None:
            raise RefusalError(Code.BAD_REQUEST)
        self.marks.drop_old(moment.now)
        permit = read_permit(request.permit, moment.head, ROWS[request.call], moment.now)
        self.marks.check_void(permit)
        if self.marks.is_spent(permit):
            if request.call is not Call.DESTROY:
                raise RefusalError(Code.SPENT)
            return Opened({"records": self.destruction.repeat(permit.entry.objects or (), permit)})
        self.quotas.take(moment.kind, request.call, permit.entry.actor.id, moment.machine_now)
        opened = OPENINGS[request.call](
            Opening(
                request=request,
                permit=permit,
                published=self._published(request, moment),
                head=moment.head,
                now=moment.now,
                holdings=self.holdings,
                factors=self.factors,
                destruction=self.destruction,
                rotation=self.rotation,
                desks=self.desks,
            )
        )
        self.marks.spend(permit)
        return opened

    def _published(self, request: Request, moment: Moment) -> Entry | None:
        shown = request.published
        if shown is None:
            return None
        known = moment.proven.get((shown.index, shown.encoded))
        if known is None:
            known = moment.proven[shown.index, shown.encoded] = read_entry(shown, moment.head)
        return known
