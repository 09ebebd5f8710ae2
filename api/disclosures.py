"""What was disclosed of a consumer: to whom, when, which columns, and the proof of it.

Laws
1. The ids are posted, become pseudonyms in the vault under a FindConsumer permit with its quotas,
   and are kept by nobody; answers and entries hold pseudonyms.
2. What is listed has its proof: the consumer's leaf under the entry's root, and the entry under a
   signed head. Where the leaf can't be proved, it says so and why. A page that is proved to have
   shown others alone isn't listed.
3. A book counts as disclosed from its making on, whether or not it was opened; what was handed
   over of it stands beside.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from api.audit_bodies import hash_text
from api.documented import PROBLEMS
from api.looks import ledger_resource, vkey_of
from api.signed_in import Changer, HouseHere, SignedIn
from audit.bundle import read_head_of
from audit.consumers import prove_consumer
from audit.entry import Entry
from audit.events import Event
from audit.lookups import entries_of_export
from exports.errors import ExportNotFoundError
from house.disclosures import Disclosure, disclosures_of
from house.keys import key_history
from house.wiring import House
from policies.actions import Action
from policies.columns import Catalogue, Profile, columns_digest
from policies.gate import Ask
from runtime.clock import rfc3339
from runtime.database import reading
from snapshot.delegations import Interval, intervals_of
from store.exports import export_by_id
from store.people import PersonNotFoundError, person_by_id
from store.requested import recipient_digest

router = APIRouter(prefix="/v1/audit", tags=["audit"], responses=PROBLEMS)

MOST_ITEMS = 500
PAGE_UNPROVED = "whom the page showed isn't kept any more, or what is kept doesn't give the entry's root"
ROOT_UNPROVED = "the delegations of that snapshot don't give the entry's root"


class AskedDisclosures(BaseModel):
    """Whose disclosures, by the consumer's id, and between which moments (left out: any)."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, populate_by_name=True)

    consumer: str = Field(pattern=r"^[!-~]{1,64}$", repr=False)
    since: AwareDatetime | None = Field(default=None, alias="from", description="inclusive")
    until: AwareDatetime | None = Field(default=None, alias="to", description="exclusive")


class IntervalTold(BaseModel):
    """An agent could have received the data from a cut-off until before another (null: still can)."""

    agent: str
    begins_as_of: str
    ends_as_of: str | None


class RecipientTold(BaseModel):
    """Who got it: the digest that the permit names, and the person where their papers still fit it."""

    digest: str
    name: str | None
    title: str | None
    business_address: str | None


class MembershipTold(BaseModel):
    """The consumer's leaf SHA-256(0x00 ‖ salt ‖ pseudonym) under the entry's root; hashes in base64."""

    salt: str
    pseudonym: str
    leaf: str
    index: int
    size: int
    inclusion: list[str]
    root: str


class HandedOver(BaseModel):
    """A release that started of a book: sent, downloaded, or its passphrase shown."""

    entry: int
    at: str
    action: str


class DisclosureTold(BaseModel):
    """One disclosure. `proof` is null where it isn't proved that the consumer was in it: see `unproved`."""

    entry: int
    at: str
    kind: str = Field(description="book, or page of a list")
    agent: str
    export: str | None
    recipient: RecipientTold | None
    purpose: str | None
    profile: str | None
    columns: list[str]
    columns_digest: str | None
    as_of: str
    revision: int
    proof: MembershipTold | None
    unproved: str | None
    handed_over: list[HandedOver]
    encoded: str = Field(description="the entry's bytes; its leaf is SHA-256(0x00 ‖ these)")
    inclusion: list[str]


class DisclosuresTold(BaseModel):
    """Who could have received a consumer's data, and all that was disclosed, under one signed head.

    `whole` is false where there is more than is shown: ask for a shorter time.
    """

    intervals: list[IntervalTold]
    items: list[DisclosureTold]
    whole: bool
    checkpoint: str
    vkey: str
    size: int


@router.post("/disclosures")
def take_disclosures(body: AskedDisclosures, visitor: Changer, house: HouseHere) -> DisclosuresTold:
    """Tell who could have received a consumer's data, and what was disclosed, with proofs."""
    return find_disclosures(house, visitor, body)


def find_disclosures(house: House, visitor: SignedIn, asked: AskedDisclosures) -> DisclosuresTold:
    """Return a consumer's disclosures, for JSON and HTML alike. Raises RefusedError, VaultError."""
    with house.gate.transaction(visitor.who) as tx:
        permit = tx.decide(Ask(action=Action.FIND_CONSUMER, resource=ledger_resource(house)))
    names = house.vault.find_consumer(permit.index, [asked.consumer])[asked.consumer]
    note, vkey = house.vault.sign(), vkey_of(house)
    head = read_head_of(vkey, note, keys=key_history(house))
    with reading(house.engine) as connection:
        intervals = [one for one in intervals_of(connection, names) if _touches(one, asked)]
        found = disclosures_of(connection, names, intervals, since=asked.since, until=asked.until)
        shown = sorted(found, key=lambda one: one.found.index)
        items = list(_items(house, connection, shown[:MOST_ITEMS], head.size))
    return DisclosuresTold(
        intervals=[_interval(one) for one in intervals],
        items=items,
        whole=len(shown) <= MOST_ITEMS,
        checkpoint=note,
        vkey=vkey,
        size=head.size,
    )


def _touches(interval: Interval, asked: AskedDisclosures) -> bool:
    # What was built of an old snapshot may have left later: an interval's end bounds nothing.
    return asked.until is None or interval.begins_as_of < asked.until


def _interval(interval: Interval) -> IntervalTold:
    return IntervalTold(
        agent=interval.agent,
        begins_as_of=rfc3339(interval.begins_as_of),
        ends_as_of=_moment(interval.ends_as_of),
    )


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else rfc3339(moment)


def _items(
    house: House, connection: Connection, shown: list[Disclosure], size: int
) -> Iterator[DisclosureTold]:
    for one in shown:
        if one.found.index >= size:
            continue
        entry, index = one.found.entry, one.found.index
        proven = house.reader.prove_under(size, index)
        permit = _permit(house, entry, size)
        profile, columns = _columns(house.policy.catalogue, entry.columns_digest)
        is_book = entry.event is Event.EXPORT_BUILT
        yield DisclosureTold(
            entry=index,
            at=entry.at,
            kind="book" if is_book else "page",
            agent=entry.agent or "",
            export=entry.export,
            recipient=_recipient(connection, entry, permit),
            purpose=permit.purpose if permit else None,
            profile=profile,
            columns=columns,
            columns_digest=entry.columns_digest,
            as_of=entry.snapshot.as_of if entry.snapshot else "",
            revision=entry.snapshot.revision if entry.snapshot else 0,
            proof=_membership(one),
            unproved=None if one.members else (ROOT_UNPROVED if is_book else PAGE_UNPROVED),
            handed_over=_handed_over(connection, entry),
            encoded=proven.encoded.decode("ascii"),
            inclusion=[hash_text(step) for step in proven.inclusion],
        )


def _permit(house: House, entry: Entry, size: int) -> Entry | None:
    if entry.because is None:
        return None
    return Entry.decode(house.reader.prove_under(size, entry.because).encoded)


def _membership(one: Disclosure) -> MembershipTold | None:
    if one.members is None:
        return None
    salt = one.found.entry.salt
    proof = prove_consumer(salt, one.members, one.pseudonym)
    return MembershipTold(
        salt=salt,
        pseudonym=one.pseudonym,
        leaf=hash_text(proof.leaf),
        index=proof.index,
        size=proof.size,
        inclusion=[hash_text(step) for step in proof.inclusion],
        root=hash_text(proof.root),
    )


def _columns(catalogue: Catalogue, digest: str | None) -> tuple[str | None, list[str]]:
    """Return which profile's columns have a digest; nothing where another catalogue was in force then."""
    for profile in Profile:
        names = catalogue.names(profile)
        if columns_digest(names, profile) == digest:
            return profile.value, list(names)
    return None, []


def _recipient(connection: Connection, entry: Entry, permit: Entry | None) -> RecipientTold | None:
    """Return who got it by the permit's digest, and their papers where these still are those of then."""
    digest = permit.recipient if permit else None
    if digest is None:
        return None
    try:
        asker = export_by_id(connection, entry.export).requester if entry.export else entry.actor.id
        person = person_by_id(connection, asker)
    except (ExportNotFoundError, PersonNotFoundError):
        person = None
    papers = person.papers if person and recipient_digest(person) == digest else None
    return RecipientTold(
        digest=digest,
        name=papers.name if papers else None,
        title=papers.title if papers else None,
        business_address=papers.business_address if papers else None,
    )


def _handed_over(connection: Connection, entry: Entry) -> list[HandedOver]:
    if entry.export is None:
        return []
    started = entries_of_export(connection, entry.export, event=Event.RELEASE_STARTED)
    return [
        HandedOver(entry=one.index, at=one.entry.at, action=one.entry.action)
        for one in started
        if one.entry.fencing == entry.fencing
    ]
