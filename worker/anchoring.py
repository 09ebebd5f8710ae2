"""Bring signed heads to the anchors when they are due, and record what was anchored where.

Laws
1. Before a copy is added, the anchor's newest is read back and held against the ledger, and so is
   the head that it was last given: over a ledger that doesn't extend them no new copy is laid.
   Copies that are gone are told (`lost`), and a new one is laid.
2. `head.anchored` follows the copy; a crash between them lays one copy more.
3. A failure is an entry when it begins, when its cause changes and when it makes the anchor
   overdue, not at each try.
"""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from audit.anchor import Anchor, AnchorError, Copy, Trouble
from audit.checkpoint import Head
from audit.entry import HeadRef, Resource
from audit.events import Event
from audit.key_history import KeyHistory
from audit.movement import check_extended
from delivery.anchor_mail import MailAnchor
from house.anchoring import MAIL, Look, Post, anchor_posts
from house.anchors import read_back, readable_anchors
from house.wiring import WorkerHouse
from runtime.database import reading
from store.outposts import note_reached, reviewers_addresses
from worker.heads import due_head, note_failure, record_failure
from worker.service import SERVICE

ACTION = "AnchorHead"


class Anchoring:
    """Serves every configured anchor."""

    def __init__(self, house: WorkerHouse) -> None:
        self._house = house
        self._posts = anchor_posts(house.settings)
        found: list[Anchor] = readable_anchors(house.settings)
        if house.settings.anchor_mail:
            found.append(self._mail())
        self._anchors = {anchor.name: anchor for anchor in found}

    def run(self) -> None:
        """Serve each anchor that is due, once."""
        for post in self._posts:
            self._serve(post)

    def _serve(self, post: Post) -> None:
        due = due_head(self._house, post)
        if due is None:
            return
        try:
            self._check(self._anchors[post.name], due.look, due.keys)
            self._anchors[post.name].put(Copy(size=due.head.size, at=due.look.now, note=due.note))
        except AnchorError as error:
            self._note_failed(due.look, error.trouble)
        else:
            self._note_reached(due.look, due.head)

    def _check(self, anchor: Anchor, look: Look, keys: KeyHistory) -> None:
        if look.standing.head is not None:
            check_extended(self._house.reader, look.standing.head)
        if look.post.name == MAIL:
            return
        try:
            read_back(self._house.reader, anchor, look.standing.size, keys)
        except AnchorError as error:
            if error.trouble is not Trouble.LOST:
                raise
            # Told, and no reason to lay none: an empty disk in the old one's place is an anchor too.
            self._record_failure(look, Trouble.LOST)

    def _note_reached(self, look: Look, head: Head) -> None:
        with self._house.gate.transaction(SERVICE) as tx:
            note_reached(tx.connection, look.post.name, head, look.now)
            tx.record(
                Event.HEAD_ANCHORED,
                ACTION,
                _anchor(look),
                head=HeadRef(size=head.size, root=head.root.hex()),
            )

    def _note_failed(self, look: Look, trouble: Trouble) -> None:
        structlog.get_logger().warning("anchor.failed", anchor=look.post.name, reason=trouble.value)
        # Once overdue it stays so until a copy is laid, whatever the cause of the moment.
        said = Trouble.OVERDUE if look.is_overdue else trouble
        with self._house.gate.transaction(SERVICE) as tx:
            note_failure(tx, look, said, ACTION, _anchor(look))

    def _record_failure(self, look: Look, trouble: Trouble) -> None:
        structlog.get_logger().warning("anchor.failed", anchor=look.post.name, reason=trouble.value)
        with self._house.gate.transaction(SERVICE) as tx:
            record_failure(tx, trouble, ACTION, _anchor(look))

    def _mail(self) -> MailAnchor:
        settings = self._house.settings
        return MailAnchor(
            road=self._house.road,
            sender=settings.mail_sender,
            exchange=settings.exchange,
            origin=settings.origin,
            recipients=self._reviewers,
            name=MAIL,
        )

    def _reviewers(self) -> Sequence[str]:
        with reading(self._house.engine) as connection:
            return reviewers_addresses(connection)


def _anchor(look: Look) -> Resource:
    return Resource(kind="anchor", id=look.post.name)
