"""The room against the real vault: an import's keys are sealed with, and a permit opens one agent's rows."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from audit.entry import Draft, Resource, SnapshotRef
from audit.events import Event, Outcome
from audit.ledger import Ledger
from audit.reader import LedgerReader
from policies.actions import Action
from policies.table import permit_table
from runtime.clock import rfc3339
from runtime.database import writing
from snapshot.importing import import_extract
from snapshot.publishing import publish
from snapshot.shards import ShardError, open_rows
from tests.snapshot.extracts import AS_OF, CATALOGUE, DATA, data_rows
from tests.snapshot.fakes import OPERATOR, Room, a_grant
from vault.ceremony import create_vault
from vault.client import VaultClient
from vault.keeper import Keeper
from vault.server import Server, listen
from vault.store import Store
from vault.table import CallerKind


class VaultedRoom(Room):
    """A room whose vault is the real one, on a socket, for the operator and for the worker."""

    def __init__(self, folder: Path, socket: Path) -> None:
        super().__init__(folder)
        founding = create_vault(folder / "vault", "sealedbook.test/ledger")
        self.store = Store(folder / "vault")
        self.server = Server(Keeper(self.store, self.clock, self.clock), listen(socket))
        self.thread = threading.Thread(target=self.server.run, args=(os.getppid(),))
        self.thread.start()
        reader = LedgerReader(self.engine, self.clock)
        self.operator, self.worker = (
            VaultClient(socket, founding.credentials[kind], reader)
            for kind in (CallerKind.OPERATOR, CallerKind.WORKER)
        )

    def close(self) -> None:
        """End the vault."""
        self.server.stop()
        self.thread.join()
        self.store.close()

    def permit_build(self, agent: str, ref: SnapshotRef, fencing: int) -> int:
        """Record a permit to build an agent's book; return its index."""
        draft = Draft(
            event=Event.BOOK_REQUESTED,
            outcome=Outcome.PERMIT,
            actor=OPERATOR.actor,
            client=OPERATOR.client,
            action=Action.BUILD_BOOK.value,
            resource=Resource(kind="export", id="e1"),
            rules=(),
            policy="ab" * 32,
            expires=rfc3339(self.clock.now() + timedelta(minutes=5)),
            agent=agent,
            export="e1",
            fencing=fencing,
            snapshot=ref,
        )
        with writing(self.engine) as connection:
            return Ledger(self.clock).append(connection, [draft])[0].index


@pytest.fixture
def room(tmp_path: Path) -> Iterator[VaultedRoom]:
    """Return a room with a running vault; a socket's path must be short."""
    with tempfile.TemporaryDirectory() as short:
        made = VaultedRoom(tmp_path, Path(short) / "v")
        yield made
        made.close()


def test_a_proven_permit_opens_one_agents_rows(room: VaultedRoom) -> None:
    """Import, publish, permit, open: the agent's rows come back, and another's key opens nothing."""
    imported = import_extract(
        DATA,
        AS_OF,
        who=OPERATOR,
        gate=room.gate,
        vault=room.operator,
        objects=room.objects,
    )
    ref = publish(imported.attempt, who=OPERATOR, gate=room.gate, vault=room.operator)
    newest = room.newest()
    agent, other = sorted(
        {row["agent_license_number"] for row in data_rows() if row["delegation_status"] == "active"}
    )[:2]
    permit = room.permit_build(agent, ref, 1)
    keys = room.worker.build_book(permit, published=newest.published_entry, passphrase="seven-copper-lakes")
    grant = replace(a_grant(ref, agent), columns=CATALOGUE.names("agent"), profile="agent", index=permit)
    rows = open_rows(grant, keys, room.objects, newest)
    table = permit_table(grant, rows, CATALOGUE)
    expected = [
        row["consumer_id"]
        for row in data_rows()
        if (row["agent_license_number"], row["delegation_status"]) == (agent, "active")
    ]
    assert expected == table.data.column("consumer_id").to_pylist()
    assert all(pseudonym.startswith("2026:") for pseudonym in table.pseudonyms)
    with pytest.raises(ShardError, match="as this agent's"):
        open_rows(replace(grant, agent=other), keys, room.objects, newest)
