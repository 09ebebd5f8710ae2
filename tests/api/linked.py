"""Books by link in front of the door: asked for over HTTP, built by a real worker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from httpx2 import Response

from audit.entry import Entry
from audit.events import Event
from exports.export import Export
from house.wiring import WorkerHouse
from runtime.database import reading, writing
from store.exports import export_by_id
from store.tables import exports
from tests.api.callers import ASKED, Caller, Desk
from worker.pipeline import Pipeline

BY_LINK = ASKED | {"channel": "link"}


@dataclass(frozen=True)
class Linked:
    """An agent's book by link, ready to download."""

    desk: Desk
    caller: Caller
    export: str

    @property
    def path(self) -> str:
        """Where the export is."""
        return f"/v1/exports/{self.export}"

    def download(self, asked: str | None = None, **headers: str) -> Response:
        """Download the book, or a range of it."""
        more = {"Range": asked} if asked else {}
        return self.caller.post(f"{self.path}/download", None, **more, **headers)

    def shown(self) -> dict[str, Any]:
        """Return the export as its agent sees it."""
        body: dict[str, Any] = self.caller.get(self.path).json()
        return body

    def row(self) -> Export:
        """Return the export as the house remembers it."""
        with reading(self.desk.house.engine) as connection:
            return export_by_id(connection, self.export)

    def size(self) -> int:
        """Return how many bytes the whole book has."""
        return self.row().bytes or 0

    def change(self, **values: Any) -> None:
        """Change the export's row behind the door's back."""
        with writing(self.desk.house.engine) as connection:
            connection.execute(exports.update().where(exports.c.id == self.export).values(values))

    def releases(self) -> list[Entry]:
        """Return the export's releases as the ledger has them."""
        wanted = {Event.RELEASE_STARTED, Event.RELEASE_ENDED}
        return [one for one in self.desk.entries() if one.export == self.export and one.event in wanted]


def a_link(desk: Desk, worker: WorkerHouse, licence: str, channel: str = "link") -> Linked:
    """Return a fresh book of an agent of the sample, carried as far as it goes."""
    caller = desk.with_session(licence)
    export = caller.post("/v1/exports", ASKED | {"channel": channel}).json()["id"]
    Pipeline(worker).advance(export)
    return Linked(desk, caller, export)
