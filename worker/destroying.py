"""Destroying keys for good: a permit, the vault's signed record, the object, an entry.

Law: each step may be repeated. The vault answers a second permit with the first record, an
object is deleted once or twice, and only the last transaction says that it is done; a crash in
between is taken up by the next round of the sweep.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from audit.entry import Resource
from audit.events import Event
from house.wiring import WorkerHouse
from policies.actions import Action
from policies.gate import Ask, Transaction
from runtime.objects import ObjectExistsError
from store.destruction import RECORDS
from worker.service import SERVICE

Noting = Callable[[Transaction], None]


def destroy(
    house: WorkerHouse,
    name: str,
    resource: Resource,
    objects: Iterable[str],
    *,
    before: Noting = lambda _tx: None,
    after: Noting,
    **fields: Any,
) -> None:
    """Shred what the vault holds under a name and delete the stored objects that it opened.

    `before` runs with the permit and `after` with the entry, in their transactions; `fields`
    stand on the entry. Raises RefusedError where it isn't due, VaultError, UnrecordableError.
    """
    with house.gate.transaction(SERVICE) as tx:
        ask = Ask(action=Action.DESTROY_OBJECT, resource=resource, claims={"objects": (name,)})
        permit = tx.decide(ask)
        before(tx)
    records = house.vault.destroy(permit.index)
    destroyed = _keep(house, "".join(records))
    for stored in objects:
        house.objects.delete(stored)
    with house.gate.transaction(SERVICE) as tx:
        after(tx)
        tx.record(
            Event.OBJECT_DESTROYED,
            Action.DESTROY_OBJECT,
            resource,
            because=permit,
            objects=(name,),
            destroyed=destroyed,
            **fields,
        )


def _keep(house: WorkerHouse, record: str) -> str:
    """Keep a record where a restored vault finds it, under its digest, which the entry names."""
    data = record.encode()
    digest = hashlib.sha256(data).hexdigest()
    with suppress(ObjectExistsError):
        house.objects.put(f"{RECORDS}/{digest}", data)
    return digest
