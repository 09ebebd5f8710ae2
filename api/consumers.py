"""Active Consumers: search one's own list, a page at a time.

Laws
1. Every page has a permit of its own, opens the list anew, and is an entry that commits to the
   consumers on it, and to no others; their pseudonyms are kept beside the entry, in its own
   transaction. Nothing opened is kept between pages.
2. What is searched for comes in a body and stays there: no address, log or entry has it.
3. A page is shown once `release.started` stands, and only while the day's rows allow it. What
   was started counts as shown.
4. Filters change this list only; an export always holds all.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from fastapi import APIRouter

from api.consumer_bodies import AskedConsumers, ConsumersFacets, ConsumersPage
from api.cursors import Cursors
from api.documented import PROBLEMS
from api.errors import NoSnapshotError, OvertakenError, UnknownChoiceError
from api.signed_in import Changer, HouseHere, SignedIn
from audit.entry import Consumers, Resource, consumers_root, new_salt
from audit.events import Event, Outcome
from exports.states import Reason
from house.wiring import House
from policies.actions import Action
from policies.arrow_types import CONSUMER_PSEUDONYM
from policies.columns import Catalogue, Profile
from policies.gate import Ask, Position, Transaction
from policies.grant import Grant
from policies.table import PermittedTable, permit_table, without
from runtime.database import reading
from snapshot.ended import ended_in
from snapshot.keys import ListKeys
from snapshot.listing import FILTERS, Question, facets_of, find_places, items_of, read_order
from snapshot.published import PublishedSnapshot, newest_published
from snapshot.shards import ShardError, open_list
from snapshot.shown import pack_shown
from store.viewing import rows_shown

router = APIRouter(prefix="/v1/consumers", tags=["consumers"], responses=PROBLEMS)


@router.post("/search")
def search(body: AskedConsumers, visitor: Changer, house: HouseHere) -> ConsumersPage:
    """Find consumers in one's own list. Filters change this list only, never an export."""
    return search_consumers(house, visitor, body)


def search_consumers(house: House, visitor: SignedIn, asked: AskedConsumers) -> ConsumersPage:
    """Return a page, for JSON and HTML alike; somebody without consumers gets an empty one.

    Raises RefusedError, NoSnapshotError, BadCursorError, UnknownChoiceError, OvertakenError and ShardError.
    """
    question = _read(asked, house.policy.catalogue)
    grant, snapshot, cursors, first = _permit(house, visitor, asked)
    keys = house.vault.view_consumers(grant.index, published=snapshot.published_entry)
    catalogue = house.policy.catalogue
    rows = _open(house, visitor, grant, keys, snapshot)
    ended = _ended(house, snapshot, grant, rows[CONSUMER_PSEUDONYM].to_pylist())
    whole = permit_table(grant, rows, catalogue, ended=ended)
    rows = without(rows, ended)
    places = find_places(whole.data, question)
    size = house.policy.numbers.list_rows_per_page
    page = permit_table(grant, rows.take(places.slice(first, size)), catalogue)
    stretch = (first, first + page.data.num_rows)
    _start_release(house, visitor, grant, page, stretch, withheld=whole.withheld)
    # Dying from here on leaves a release that started and never ended: it counts as shown.
    _end_release(house, visitor, grant, stretch)
    return ConsumersPage(
        items=items_of(page.data),
        next=cursors.write(stretch[1]) if stretch[1] < len(places) else None,
        previous=cursors.write(max(0, first - size)) if first else None,
        as_of=snapshot.ref.as_of,
        total=len(places),
        listed=whole.data.num_rows,
        first=first,
        facets=ConsumersFacets(**facets_of(whole.data)),
    )


def _open(
    house: House, visitor: SignedIn, grant: Grant, keys: ListKeys, snapshot: PublishedSnapshot
) -> pa.Table:
    """Return the list's rows, or record that the stored data failed their check and raise ShardError."""
    try:
        return open_list(grant, keys, house.objects, snapshot)
    except ShardError:
        with house.gate.transaction(visitor.who) as tx:
            tx.record(
                Event.SNAPSHOT_BROKEN,
                Action.VIEW_CONSUMERS,
                grant.resource,
                because=grant,
                outcome=Outcome.ERROR,
                agent=grant.agent,
                snapshot=grant.snapshot,
                reason=Reason.SNAPSHOT_BROKEN.value,
            )
        raise


def _ended(house: House, snapshot: PublishedSnapshot, grant: Grant, pseudonyms: list[str]) -> frozenset[str]:
    """Return who of the list has ended the delegation since the cut-off (R06)."""
    with reading(house.engine) as connection:
        ref = snapshot.ref
        return ended_in(connection, grant.agent or "", ref.as_of, ref.revision, pseudonyms)


def _read(asked: AskedConsumers, catalogue: Catalogue) -> Question:
    """Return what is asked, or raise UnknownChoiceError; an empty text is as good as none."""
    chosen = {name: getattr(asked, name) or None for name in FILTERS}
    for name, value in chosen.items():
        values = catalogue.column(FILTERS[name]).values
        if value is not None and values and value not in values:
            raise UnknownChoiceError(name)
    order = read_order(asked.sort or "")
    if not {one.column for one in order} <= set(catalogue.names(Profile.LIST)):
        raise UnknownChoiceError("sort")
    return Question(words=asked.query or "", order=order, **chosen)


def _permit(
    house: House, visitor: SignedIn, asked: AskedConsumers
) -> tuple[Grant, PublishedSnapshot, Cursors, int]:
    """Decide on one page of the newest snapshot; return the grant and where the page begins."""
    agent = visitor.person.papers.licence or visitor.person.id
    ask = Ask(
        action=Action.VIEW_CONSUMERS,
        resource=Resource(kind="agent", id=agent),
        claims={"rows": house.policy.numbers.list_rows_per_page},
    )
    with house.gate.transaction(visitor.who) as tx:
        permit = tx.decide(ask)
        snapshot = newest_published(tx.connection)
        if snapshot is None:
            raise NoSnapshotError
        said = [getattr(asked, name) or "" for name in ("query", *FILTERS, "sort")]
        belongs = [visitor.session.digest, snapshot.ref.digest, *said]
        cursors = Cursors(house.settings.credential(house.caller), *belongs)
        first = cursors.read(asked.cursor) if asked.cursor else 0
    return permit.grant(), snapshot, cursors, first


def _start_release(
    house: House,
    visitor: SignedIn,
    grant: Grant,
    page: PermittedTable,
    stretch: tuple[int, int],
    *,
    withheld: int,
) -> None:
    """Record whose data the page shows, unless other pages used up the day's rows meanwhile."""
    salt = new_salt()
    root = consumers_root(salt, page.pseudonyms).hex()
    with house.gate.transaction(visitor.who) as tx:
        shown = rows_shown(tx.connection, visitor.person.id, tx.now)
        if shown + page.data.num_rows > house.policy.numbers.list_rows_per_day:
            raise OvertakenError
        started = _record(
            tx,
            Event.RELEASE_STARTED,
            grant,
            stretch,
            salt=salt,
            columns_digest=page.columns_digest,
            consumers=Consumers(count=len(page.pseudonyms), withheld=withheld, root=root),
        )
        tx.keep_shown(started, pack_shown(page.pseudonyms))


def _end_release(house: House, visitor: SignedIn, grant: Grant, stretch: tuple[int, int]) -> None:
    with house.gate.transaction(visitor.who) as tx:
        _record(tx, Event.RELEASE_ENDED, grant, stretch, state="complete")


def _record(tx: Transaction, event: Event, grant: Grant, stretch: tuple[int, int], **fields: Any) -> Position:
    return tx.record(
        event,
        Action.VIEW_CONSUMERS,
        grant.resource,
        because=grant,
        agent=grant.agent,
        snapshot=grant.snapshot,
        ranges=(stretch,) if stretch[0] < stretch[1] else None,
        **fields,
    )
