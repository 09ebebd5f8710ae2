"""After a restore: bring vault and ledger together again, by two people, and tell the ledger.

Laws
1. The house is stopped: nobody else appends between what the vault does and the entries about it.
2. The vault judges: it takes the whole ledger in, the two people's codes, and every destruction
   record that is at hand. Nothing here can make it open or forget.
3. A restored ledger goes on under a new origin, whose first entry is `ledger.restored`. Sessions
   end, invitations are withdrawn and links lapse: who used them since isn't known any more.
4. A restore that died after the vault's part is finished by the same command.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection

from audit.checkpoint import VerifierKey
from audit.entry import Actor, Draft, HeadRef, Resource
from audit.events import Event, Outcome
from audit.key_history import digest_of_key
from audit.ledger import Ledger
from house.founding import CONSOLE, VKEY_FILE
from house.presence import two_members
from house.processes import SERVING_LOCK, holding
from house.wiring import House
from identity.people import Person
from runtime.database import writing
from runtime.files import write_whole
from runtime.objects import ObjectMissingError
from runtime.settings import INSTALLATION_FILE, Settings
from store.destruction import RECORDS
from store.doors import shut_doors
from vault.errors import Code, VaultRefusedError
from vault.recovery_client import RecoveryClient, Rejoined, TwoPeople

OPENED_FILE = "opened-permits.jsonl"


@dataclass(frozen=True, kw_only=True)
class Two:
    """Two different people of the house, who show their codes when they are asked."""

    first: Person
    second: Person
    ask_code: Callable[[Person], str]

    def agree(self) -> TwoPeople:
        """Ask both for a code."""
        return TwoPeople(
            first=self.first.id,
            first_code=self.ask_code(self.first),
            second=self.second.id,
            second_code=self.ask_code(self.second),
        )


def two_people(house: House, usernames: list[str], ask_code: Callable[[Person], str]) -> Two:
    """Return the two people named, who must be two active reviewers or operators; else PresenceError."""
    first, second = two_members(house, usernames)
    return Two(first=first, second=second, ask_code=ask_code)


def recover_vault(house: House, two: Two) -> Rejoined:
    """Put a restored copy of the vault right with the ledger as it stands, and record it."""
    with _alone(house.settings):
        client = _show(house)
        rejoined = client.recover(two.agree(), _records(house))
        with writing(house.engine) as connection:
            _tell(house, connection, two, Event.VAULT_RECOVERED, rejoined)
        house.vault.sign()
    return rejoined


def release_held(house: House, two: Two, objects: list[str]) -> list[str]:
    """Let go objects that a recovery holds shut; return which were."""
    client = RecoveryClient(house.settings.vault_socket, house.settings.credential("operator"))
    released = client.release(two.agree(), objects)
    resource = Resource(kind="command", id="vault-release")
    with writing(house.engine) as connection:
        drafts = [
            _draft(one, Event.COMMAND_ISSUED, "ReleaseHeld", resource) for one in (two.first, two.second)
        ]
        Ledger(house.clock).append(connection, drafts)
    return released


def restore_ledger(house: House, two: Two) -> Rejoined | None:
    """Start a new origin at a restored ledger; None where only the rest of a restore was left to do."""
    with _alone(house.settings):
        client = _show(house)
        rejoined = None
        try:
            rejoined = client.restore(two.agree(), _records(house))
        except VaultRefusedError as error:
            # The vault's part may have been done by a command that died since.
            if error.code is not Code.WELL or house.vault.status().origin == house.settings.origin:
                raise
        if rejoined is not None:
            _keep_opened(house.settings, rejoined)
        _go_on(house, two, rejoined)
    return rejoined


def _go_on(house: House, two: Two, rejoined: Rejoined | None) -> None:
    """Write what follows from the vault's new origin: entries, files, then the settings' name of it."""
    status = house.vault.status()
    data = house.settings.data
    with writing(house.engine) as connection:
        shut_doors(connection, house.clock.now())
        _tell(house, connection, two, Event.LEDGER_RESTORED, rejoined, VerifierKey.parse(status.vkey))
    house.settings.key_history.unlink(missing_ok=True)
    write_whole(data / VKEY_FILE, f"{status.vkey}\n")
    house.vault.sign()
    path = data / INSTALLATION_FILE
    text = path.read_text("utf-8")
    write_whole(path, text.replace(f'"{house.settings.origin}"', f'"{status.origin}"'))


def _tell(
    house: House,
    connection: Connection,
    two: Two,
    event: Event,
    rejoined: Rejoined | None,
    vkey: VerifierKey | None = None,
) -> None:
    head = house.reader.head(connection)
    resource = Resource(
        kind="vault" if vkey is None else "ledger", id=house.settings.origin.rpartition("/")[2]
    )
    drafts = [
        _draft(
            person,
            event,
            "RecoverVault" if vkey is None else "RestoreLedger",
            resource,
            head=HeadRef(size=head.size, root=head.root.hex()),
            vkey=digest_of_key(vkey) if vkey else None,
            count=len(rejoined.opened) if vkey and rejoined else None,
        )
        for person in (two.first, two.second)
    ]
    Ledger(house.clock).append(connection, drafts)


def _draft(person: Person, event: Event, action: str, resource: Resource, **said: object) -> Draft:
    actor = Actor(kind="person", id=person.id, role=person.role.value, amr=("otp",))
    stated = {"actor": actor, "client": CONSOLE, "action": action, "resource": resource, **said}
    return Draft(event=event, outcome=Outcome.DONE, **stated)  # type: ignore[arg-type] # fields by name


def _show(house: House) -> RecoveryClient:
    client = RecoveryClient(house.settings.vault_socket, house.settings.credential("operator"))
    size = house.reader.head().size
    client.show_ledger(house.reader.lines(0, size), house.reader.checkpoint())
    return client


def _records(house: House) -> list[str]:
    """Return every destruction record that the objects' store keeps."""
    notes = []
    for name in house.objects.names(f"{RECORDS}/"):
        try:
            notes.append(house.objects.read(name).decode())
        except (ObjectMissingError, UnicodeDecodeError):
            continue
    return notes


def _keep_opened(settings: Settings, rejoined: Rejoined) -> None:
    """Keep the bytes of permits that were opened and that the restored ledger lacks, an entry a line."""
    if rejoined.opened:
        lines = b"".join(entry + b"\n" for _index, entry in rejoined.opened)
        write_whole(settings.data / OPENED_FILE, lines)


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    message = "the house is running: stop it first, so that nobody appends meanwhile"
    with holding(settings.data, SERVING_LOCK, wait_seconds=1, message=message):
        yield
