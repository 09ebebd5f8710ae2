"""A worker's house on a test installation, and looks at what it did."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import select

from audit.entry import Entry
from exports.export import Export
from exports.states import Step
from house.wiring import WorkerHouse
from runtime.database import reading, writing
from runtime.settings import INSTALLATION_FILE, WorkerSettings, load_settings
from store.exports import export_by_id
from store.tables import people
from tests.installation import Installation, take_down
from tests.mail_server import MailServer
from worker.pipeline import Pipeline


@contextmanager
def a_worker(home: Installation, mail: MailServer, **settings: Any) -> Iterator[WorkerHouse]:
    """Open the worker's house with a mail server; `settings` overrules the rest."""
    lines = {
        "mail_host": '"localhost"',
        "mail_port": str(mail.port),
        "mail_sender": '"books@exchange.example"',
        "mail_ca": f'"{mail.authorities}"',
    } | {name: str(value) for name, value in settings.items()}
    path = home.data / INSTALLATION_FILE
    fixed = path.read_text()
    path.write_text(fixed + "".join(f"{name} = {value}\n" for name, value in lines.items()))
    try:
        house = WorkerHouse(load_settings(home.data, WorkerSettings))
    finally:
        path.write_text(fixed)
    try:
        yield house
    finally:
        house.close()


def the_export(home: Installation, export: str) -> Export:
    """Return an export as it stands."""
    with reading(home.api.engine) as connection:
        return export_by_id(connection, export)


def the_entries(home: Installation, export: str) -> list[Entry]:
    """Return an export's entries, oldest first."""
    reader = home.api.reader
    entries = (Entry.decode(data) for data in reader.entries(0, reader.head().size))
    return [entry for entry in entries if entry.export == export]


def change_papers(home: Installation, licence: str, **papers: str) -> None:
    """Change an agent's papers, as a roster would, between two of them."""
    with writing(home.api.engine) as connection:
        mine = people.c.licence == licence
        connection.execute(people.update().where(mine).values(papers))
        person = connection.execute(select(people.c.id).where(mine)).scalar_one()
    take_down(home.api, person)


def advance(house: WorkerHouse, export: str) -> list[Step]:
    """Carry an export on and return the crossings that it passed."""
    steps: list[Step] = []
    Pipeline(house, lambda _export, step: steps.append(step)).advance(export)
    return steps
