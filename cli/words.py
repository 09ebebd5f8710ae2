"""What a person reads when a command fails: one clear message, and never a value of anybody's data.

Law: an error that a room foresaw has a message made for people. Of any other its class and
place are shown and no more, since messages of libraries quote values.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from audit.bundle import BundleError
from audit.checkpoint import NoteError
from audit.errors import LedgerError
from audit.verify import VerifyError
from audit.witness_folder import WitnessError
from book.errors import BookError
from cli.demo_client import AgentError
from cli.desk import CommandError
from exports.errors import ExportError
from house.children import ChildError
from house.confirming import ConfirmationError
from house.enrolment import EnrolledAlreadyError
from house.exchange import ExchangeError
from house.founding import FoundingError
from house.holds import HoldError
from house.invitations import InvitingError
from house.keys import KeysError
from house.post import NoMailError
from house.presence import PresenceError
from house.processes import RunningAlreadyError
from identity.roster import RosterError
from policies.gate import RefusedError, UnrecordableError
from policies.rules import PolicySetError
from runtime.database import DatabaseUnfitError
from runtime.logs import place_of
from runtime.objects import ObjectError
from runtime.processes import UserError
from runtime.settings import SettingsError
from snapshot.age_source import AgeError
from snapshot.bucket_source import BucketError
from snapshot.published import SnapshotNotFoundError
from snapshot.publishing import SnapshotStateError
from snapshot.query_source import QueryError
from snapshot.report import ExtractRefusedError
from snapshot.shards import ShardError
from store.api_keys import KeyNotFoundError
from store.people import PersonNotFoundError
from vault.errors import VaultError
from vault.home import HomeError
from vault.shares import SharesError
from vault.wrapping import ProviderError

EXPECTED = (
    AgentError, BookError, BundleError, ChildError, CommandError, ConfirmationError, DatabaseUnfitError,
    EnrolledAlreadyError, ExportError,
    FoundingError, HoldError, HomeError, InvitingError, KeyNotFoundError, KeysError, LedgerError,
    NoMailError, NoteError, ObjectError,
    PersonNotFoundError, PolicySetError, PresenceError, ProviderError, RosterError, RunningAlreadyError,
    SettingsError, ShardError, SharesError, SnapshotNotFoundError, SnapshotStateError, UnrecordableError,
    UserError, VaultError,
    WitnessError,
    # Where an extract lies elsewhere.
    AgeError, BucketError, ExchangeError, QueryError,
)  # fmt: skip


def explain(error: Exception) -> str:
    """Return what a person should read about an error: never a value that they didn't type."""
    for kind, words in WORDS_FOR:
        if isinstance(error, kind):
            return words(error)
    return f"unexpected {type(error).__name__} at {place_of(error)}; please report this place"


def _refusal(error: Any) -> str:
    lines = [f"refused by {rule.id}: {rule.clause}\n  {rule.advice}" for rule in error.rules]
    return "\n".join([*lines, f"  recorded as entry {error.decision}"])


def _refused_extract(error: Any) -> str:
    advice = (
        "the data in force stay, and what was read stays where it is. Hand the exchange this report "
        "(--report DIR writes it as a page and as JSON), and import what they send instead"
    )
    return "\n".join([*error.report.lines(), advice])


def _file_trouble(error: Any) -> str:
    place = error.filename or place_of(error)
    return f"{place}: {error.strerror or type(error).__name__}"


WORDS_FOR: tuple[tuple[type[Exception] | tuple[type[Exception], ...], Callable[[Any], str]], ...] = (
    (EXPECTED, str),
    (RefusedError, _refusal),
    (ExtractRefusedError, _refused_extract),
    (VerifyError, lambda error: f"NOT VERIFIED: {error}"),
    (OSError, _file_trouble),
    (
        SQLAlchemyError,
        lambda error: f"the database can't be used ({type(error).__name__} at {place_of(error)})",
    ),
)
