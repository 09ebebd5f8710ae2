"""What happens beside decisions, told to the ledger: services start and stop, commands are issued.

Laws
1. A command that touches an installation is told of before it does anything; where that can't be
   recorded the command does nothing. The two that say what is wrong with a house go on all the same.
   Commands whose own entries tell of all that they do aren't told of twice.
2. A service that can't tell of its start runs: nothing is released without an entry anyway, and the
   database may still come. The log says so.
"""

from __future__ import annotations

from types import TracebackType
from typing import Self

import structlog
from sqlalchemy.exc import SQLAlchemyError

from audit.entry import Actor, Draft, Resource
from audit.errors import LedgerError
from audit.events import Event, Outcome
from audit.ledger import Ledger
from house.founding import CONSOLE, OPERATOR
from house.wiring import House
from policies.gate import UnrecordableError
from runtime.database import DatabaseUnfitError, writing

DIAGNOSES = frozenset({"doctor", "status"})
"""Commands that work where nothing can be recorded."""

TELL_THEMSELVES = frozenset(
    {
        "audit-bundle",
        "audit-stream-pause",
        "audit-stream-resume",
        "exports-resolve",
        "people-enrol",
        "people-invite",
        "people-reset",
        "snapshot-import",
        "snapshot-publish",
    }
)
"""Commands that do nothing before an entry of their own: a decision's, mostly."""


def tell_command(house: House, command: str) -> None:
    """Record that a command was issued at the console; its words joined by `-`, and none of its arguments.

    Raises UnrecordableError, but not for `DIAGNOSES`.
    """
    if command in TELL_THEMSELVES:
        return
    draft = Draft(
        event=Event.COMMAND_ISSUED,
        outcome=Outcome.DONE,
        actor=OPERATOR,
        client=CONSOLE,
        action="IssueCommand",
        resource=Resource(kind="command", id=command),
    )
    try:
        _append(house, draft)
    except DatabaseUnfitError:
        # Its own message says what to mend; the doctor says it too.
        if command not in DIAGNOSES:
            raise
    except (SQLAlchemyError, LedgerError) as error:
        if command not in DIAGNOSES:
            raise UnrecordableError(f"the ledger can't record ({type(error).__name__})") from None


class ServiceTale:
    """The start and the end of one service, told by itself or by who supervises it.

    with ServiceTale(house, "api") as tale:
        tale.started()
    """

    def __init__(self, house: House, name: str) -> None:
        self._house = house
        self._name = name
        self._has_started = False

    def __enter__(self) -> Self:
        """Begin without a word: what isn't up hasn't started."""
        return self

    def started(self) -> None:
        """Tell that it is up, and under which policy set."""
        self._has_started = True
        self._tell(Event.SERVICE_STARTED, policy=self._house.policy.digest)

    def again(self, name: str) -> None:
        """Tell that it was started again, if it is this one."""
        if name == self._name:
            self.started()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Tell that it stopped, unless it never started."""
        if self._has_started:
            self._tell(Event.SERVICE_STOPPED)

    def _tell(self, event: Event, policy: str | None = None) -> None:
        draft = Draft(
            event=event,
            outcome=Outcome.DONE,
            actor=Actor(kind="service", id=self._name, role="service"),
            client=f"local:{self._name}",
            action="RunService",
            resource=Resource(kind="service", id=self._name),
            policy=policy,
        )
        try:
            _append(self._house, draft)
        except (SQLAlchemyError, LedgerError) as error:
            structlog.get_logger().warning("service.untold", error=type(error).__name__)


def _append(house: House, draft: Draft) -> None:
    with writing(house.engine) as connection:
        Ledger(house.clock).append(connection, [draft])
