"""The scene of an attack: a real installation, and the hands of whoever owns one of its stores."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import text

from audit.recheck import Rechecked, recheck
from house.founding import VKEY_FILE
from house.wiring import House
from policies.actions import Action
from policies.gate import Ask, Who
from policies.grant import Grant
from runtime.database import writing
from runtime.settings import load_settings
from snapshot.published import PublishedSnapshot, newest_published
from tests.backends import copy_database, put_back
from tests.installation import Installation
from worker.service import SERVICE, resource_of

AGENT, OTHER = "0B65625", "0C86404"
_TRIGGERS = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname || ' ON ' || tgrelid::regclass FROM pg_trigger WHERE NOT tgisinternal",
}


@dataclass
class Scene:
    """An installation with a snapshot published, and what somebody can do to it."""

    home: Installation
    houses: list[House] = field(default_factory=list)

    @property
    def vkey(self) -> str:
        """The ledger's key, as somebody wrote it down when the house was founded."""
        return (self.home.data / VKEY_FILE).read_text().strip()

    def house(self, caller: str) -> House:
        """Open the house anew as a kind of caller: with no thought kept from before."""
        house = House(load_settings(self.home.data, type(self.home.settings)), caller)
        self.houses.append(house)
        return house

    def close(self) -> None:
        """Give back what was opened."""
        for house in self.houses:
            house.close()

    def sql(self, *statements: str, **values: str | int | bytes) -> None:
        """Write to the database as its owner can: triggers gone, then the statements."""
        with writing(self.home.operator.engine) as connection:
            dialect = connection.dialect.name
            for name in connection.execute(text(_TRIGGERS[dialect])).scalars().all():
                connection.execute(text(f"DROP TRIGGER {name}"))
            for statement in statements:
                named = {name: each for name, each in values.items() if f":{name}" in statement}
                connection.execute(text(statement), named)

    def copy(self) -> str:
        """Copy the database, as a backup does."""
        self._let_go()
        return copy_database(self.home.operator.engine, self.home.data)

    def put_back(self, copy: str) -> None:
        """Put a copy in the database's place."""
        self._let_go()
        put_back(self.home.operator.engine, copy)

    def restart_vault(
        self, *, later: int = 0, meanwhile: Callable[[Path], None] = lambda _home: None
    ) -> None:
        """Stop the vault, do something to its folder, and start it again, its clock some seconds on."""
        self.home.stop_vault()
        meanwhile(self.home.settings.vault_home)
        if later:
            moved = self.home.settings.model_copy(
                update={"clock_offset": self.home.settings.clock_offset + later}
            )
            self.home.__dict__["settings"] = moved
        self.home.start_vault()

    def verify_now(self, *, note: str = "", pinned: str | None = None, since: str | None = None) -> Rechecked:
        """Verify as the reviewers' desk does: under a checkpoint that the vault signs now, or one given."""
        house = self.house("operator")
        return recheck(house.engine, note or house.vault.sign(), self.vkey, pinned=pinned, since=since)

    def ask(self, licence: str = AGENT) -> tuple[Who, str]:
        """Have an agent join, sign in and ask for a book; return who, and the export's id."""
        who = self.home.sign_in(self.home.enrol(licence))
        return who, self.home.ask(who)

    def permit(self, export: str, fencing: int = 1) -> tuple[Grant, PublishedSnapshot]:
        """Have the gate permit a build; return the Grant and what is published."""
        with self.home.api.gate.transaction(SERVICE) as tx:
            ask = Ask(action=Action.BUILD_BOOK, resource=resource_of(export), claims={"fencing": fencing})
            pending = tx.decide(ask)
            published = newest_published(tx.connection)
        assert published is not None
        return pending.grant(), published

    def _let_go(self) -> None:
        for house in (self.home.api, self.home.operator, *self.houses):
            house.engine.dispose()


def rows_of(document: str) -> dict[str, str]:
    """Return the attack table's rows by their ids: the rest of each line."""
    found = re.findall(r"^\| `([a-z]+(?:-[a-z]+)+)` \|(.*)\|$", document, re.MULTILINE)
    assert len(found) == len(dict(found))
    return dict(found)
