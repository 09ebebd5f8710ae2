"""Destroying keys for good: a permit, the vault's signed record, the object, an entry.

Law: each step may be repeated. The vault answers a second permit with the first record, an
object is deleted once or twice, and only the last transaction says that it is done; a crash in
between is taken up by the next round of the sweep.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from audit.entry import Resource
from audit.events import Event
from exports.errors import WrongStateError
from house.wiring import WorkerHouse
from policies.actions import Action
from policies.gate import Ask, RefusedError, Transaction, UnrecordableError
from policies.grant import Grant
from runtime.objects import ObjectExistsError
from runtime.parts import in_parts
from store.destruction import RECORDS
from vault.batches import destroying
from vault.errors import VaultError
from worker.service import SERVICE

Noting = Callable[[Transaction], None]
AT_ONCE = 50
POSTPONING = (RefusedError, UnrecordableError, VaultError, WrongStateError)


@dataclass(frozen=True, kw_only=True)
class Work:
    """One thing to destroy: what the vault holds under `name`, and the stored `objects` that it opened.

    `before` runs with the permit and `after` with the entry, in their transactions; `fields`
    stand on the entry.
    """

    name: str
    resource: Resource
    objects: tuple[str, ...]
    after: Noting
    before: Noting = lambda _tx: None
    fields: Mapping[str, Any] = field(default_factory=dict)


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
    """Shred what the vault holds under a name and delete the stored objects, see `Work`.

    Raises RefusedError where it isn't due, VaultError, UnrecordableError.
    """
    work = Work(
        name=name, resource=resource, objects=tuple(objects), before=before, after=after, fields=fields
    )
    permit = _permit(house, work)
    _finish(house, work, permit, house.vault.destroy(permit.index))


def destroy_many(house: WorkerHouse, works: Sequence[Work], postpone: Callable[[Exception], None]) -> None:
    """Destroy in batches of one call to the vault each; what can't be done now is told to `postpone`."""
    for some in in_parts(works, AT_ONCE):
        _destroy_batch(house, some, postpone)


def _destroy_batch(house: WorkerHouse, works: Sequence[Work], postpone: Callable[[Exception], None]) -> None:
    permitted: list[tuple[Work, Grant]] = []
    for work in works:
        try:
            permitted.append((work, _permit(house, work)))
        except POSTPONING as error:
            postpone(error)
    try:
        outcomes = house.vault.open_many([destroying(permit.index) for _, permit in permitted])
    except VaultError as error:
        postpone(error)
        return
    for (work, permit), outcome in zip(permitted, outcomes, strict=True):
        try:
            _finish(house, work, permit, outcome.get())
        except POSTPONING as error:
            postpone(error)


def _permit(house: WorkerHouse, work: Work) -> Grant:
    with house.gate.transaction(SERVICE) as tx:
        ask = Ask(action=Action.DESTROY_OBJECT, resource=work.resource, claims={"objects": (work.name,)})
        pending = tx.decide(ask)
        work.before(tx)
    return pending.grant()


def _finish(house: WorkerHouse, work: Work, permit: Grant, records: Sequence[str]) -> None:
    destroyed = _keep(house, "".join(records))
    for stored in work.objects:
        house.objects.delete(stored)
    with house.gate.transaction(SERVICE) as tx:
        work.after(tx)
        tx.record(
            Event.OBJECT_DESTROYED,
            Action.DESTROY_OBJECT,
            work.resource,
            because=permit,
            objects=(work.name,),
            destroyed=destroyed,
            **work.fields,
        )


def _keep(house: WorkerHouse, record: str) -> str:
    """Keep a record where a restored vault finds it, under its digest, which the entry names."""
    data = record.encode()
    digest = hashlib.sha256(data).hexdigest()
    with suppress(ObjectExistsError):
        house.objects.put(f"{RECORDS}/{digest}", data)
    return digest
