"""The ledger for reviewers: search it, and have single entries proved.

Laws
1. Every call is a look, with an entry of its own (`looks.py`), whether something is found or not.
2. What is looked for is posted, and kept by nobody: an entry names a person or an export only
   where the house knows them.
3. An entry is shown with a proof under a checkpoint that the vault signed.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path

from api.audit_bodies import (
    AskedEntries,
    CheckpointTold,
    EntriesPage,
    ProofTold,
    ProvenEntry,
    actors_of,
    entry_told,
    hash_text,
    proof_told,
)
from api.cursors import Cursors
from api.documented import PROBLEMS
from api.errors import EntryNotFoundError
from api.looks import known_id, look, people_told, vkey_of
from api.signed_in import Changer, HouseHere, SignedIn, Visitor
from audit.bundle import read_head_of
from audit.entry import Entry
from audit.ledger import LedgerGapError
from audit.reader import Proven
from audit.search import Wanted, search_entries
from exports.errors import ExportNotFoundError
from house.keys import key_history
from house.wiring import House
from runtime.clock import rfc3339
from runtime.database import reading
from store.exports import export_by_id

router = APIRouter(prefix="/v1/audit", tags=["audit"], responses=PROBLEMS)

Place = Annotated[int, Path(ge=0, lt=2**53)]


@router.post("/search")
def take_search(body: AskedEntries, visitor: Changer, house: HouseHere) -> EntriesPage:
    """Search the ledger, newest entries first, at most fifty a page."""
    return search_ledger(house, visitor, body)


@router.get("/entries/{number}")
def take_entry(number: Place, visitor: Visitor, house: HouseHere) -> ProvenEntry:
    """Show one entry with its proof."""
    return entry_of(house, visitor, number)


@router.get("/proof/{number}")
def take_proof(number: Place, visitor: Visitor, house: HouseHere) -> ProofTold:
    """Prove one entry."""
    return _prove(house, visitor, number)[1]


@router.get("/checkpoint")
def take_checkpoint(visitor: Visitor, house: HouseHere) -> CheckpointTold:
    """Have the vault sign the ledger's head as it is now."""
    look(house, visitor)
    note, vkey = house.vault.sign(), vkey_of(house)
    head = read_head_of(vkey, note, keys=key_history(house))
    return CheckpointTold(checkpoint=note, vkey=vkey, size=head.size, root=hash_text(head.root))


def search_ledger(house: House, visitor: SignedIn, asked: AskedEntries) -> EntriesPage:
    """Return a page of the entries that are looked for. Raises BadCursorError, RefusedError."""
    said = asked.model_dump(mode="json", exclude={"cursor"})
    belongs = [f"{name}={value or ''}" for name, value in said.items()]
    cursors = Cursors(house.settings.credential(house.caller), "audit", visitor.session.digest, *belongs)
    before = cursors.read(asked.cursor) if asked.cursor else None
    actor, is_known = known_id(house, asked.person) if asked.person else (None, False)
    wanted = Wanted(
        actor=actor,
        action=asked.action or None,
        outcome=asked.outcome,
        rule=asked.rule or None,
        export=asked.export or None,
        since=_moment(asked.since),
        until=_moment(asked.until),
    )
    if wanted.export and _has_export(house, wanted.export):
        look(house, visitor, "export", wanted.export)
    elif actor and is_known:
        look(house, visitor, "person", actor)
    else:
        look(house, visitor)
    with reading(house.engine) as connection:
        page = search_entries(connection, wanted, before=before)
    return EntriesPage(
        items=[entry_told(found) for found in page.items],
        next=None if page.next is None else cursors.write(page.next),
        indexed_to=page.indexed_to,
        size=page.size,
        people=people_told(house, actors_of([found.entry for found in page.items])),
    )


def entry_of(house: House, visitor: SignedIn, number: int) -> ProvenEntry:
    """Return one entry with its proof. Raises EntryNotFoundError, RefusedError."""
    proven, proof = _prove(house, visitor, number)
    return ProvenEntry(
        index=number,
        entry=json.loads(proven.encoded),
        encoded=proven.encoded.decode("ascii"),
        proof=proof,
        people=people_told(house, actors_of([Entry.decode(proven.encoded)])),
    )


def _prove(house: House, visitor: SignedIn, number: int) -> tuple[Proven, ProofTold]:
    look(house, visitor, "entry", str(number))
    vkey, note = vkey_of(house), house.reader.checkpoint()
    # A checkpoint that is there will do, so that a look makes no more signatures than it needs.
    if note is None or read_head_of(vkey, note, keys=key_history(house)).size <= number:
        if number >= house.reader.head().size:
            raise EntryNotFoundError
        note = house.vault.sign()
    head = read_head_of(vkey, note, keys=key_history(house))
    try:
        proven = house.reader.prove_under(head.size, number)
    except LedgerGapError:
        raise EntryNotFoundError from None
    return proven, proof_told(proven, head.size, head.root, note, vkey)


def _moment(moment: datetime | None) -> str | None:
    return rfc3339(moment.astimezone(UTC)) if moment is not None else None


def _has_export(house: House, export: str) -> bool:
    try:
        with reading(house.engine) as connection:
            export_by_id(connection, export)
    except ExportNotFoundError:
        return False
    return True
