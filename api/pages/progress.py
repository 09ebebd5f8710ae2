"""How far an export is, as steps with their times, from its row and the ledger.

Law: a step is done when an entry says so; the time shown is the entry's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from api.export_bodies import ExportBody
from api.pages.words import LINK
from audit.events import Event, Outcome
from audit.moments import Moment
from exports.states import State, Step
from policies.actions import Action

_DETAIL: Mapping[str, str] = MappingProxyType(
    {
        Step.PERMITTED.value: "Checked again that you may have it",
        Step.OPENED.value: "Read the rows of your active consumers",
        Step.SEALED.value: "Wrote the workbook, sealed it, and opened it once to test it",
        Step.STORED.value: "Stored the sealed book",
    }
)
_OVER = frozenset({State.FAILED, State.CANCELLED, State.REVOKED, State.EXPIRED, State.PURGED})


@dataclass(frozen=True, kw_only=True)
class Done:
    """One step: its words, when it was done (RFC 3339, or None), and `done`, `now` or `open`."""

    label: str
    at: str | None
    standing: str
    detail: str = ""


def is_moving(export: ExportBody) -> bool:
    """Tell whether a person may expect the page to change by itself."""
    state = State(export.state)
    return state is State.ACCEPTED or (export.channel != LINK and state in {State.BUILT, State.SENDING})


def steps_of(export: ExportBody, moments: Sequence[Moment]) -> list[Done]:
    """Return the steps of an export's way in order."""
    ends = [
        ("Request recorded", export.created_at),
        ("Book made, sealed and tested", _first(moments, Event.EXPORT_BUILT)),
        _handed_over(export, moments),
        ("Passphrase revealed", _first(moments, Event.RELEASE_STARTED, Action.REVEAL_PASSPHRASE)),
    ]
    is_over = State(export.state) in _OVER
    steps: list[Done] = []
    for label, at in ends:
        is_next = at is None and not is_over and all(step.standing == "done" for step in steps)
        standing = "done" if at else "now" if is_next else "open"
        detail = _DETAIL.get(export.stage or "", "") if is_next and export.state == State.ACCEPTED else ""
        steps.append(Done(label=label, at=at, standing=standing, detail=detail))
    ended = _first(moments, Event.EXPORT_FAILED, Event.EXPORT_REVOKED, Event.EXPORT_EXPIRED)
    words = {State.FAILED: "Given up", State.REVOKED: "Revoked", State.EXPIRED: "Expired"}
    if is_over and ended:
        steps = [step for step in steps if step.standing == "done"]
        steps.append(Done(label=words.get(State(export.state), "Ended"), at=ended, standing="done"))
    return steps


def _handed_over(export: ExportBody, moments: Sequence[Moment]) -> tuple[str, str | None]:
    if export.channel == LINK:
        done = _first(moments, Event.RELEASE_ENDED, Action.DOWNLOAD_BOOK) if export.downloads else None
        return "Book downloaded", done
    return "Book mailed to your registered address", _first(moments, Event.EXPORT_SENT)


def _first(moments: Sequence[Moment], *what: Event | Action) -> str | None:
    events = {one for one in what if isinstance(one, Event)}
    actions = {one.value for one in what if isinstance(one, Action)}
    for moment in moments:
        is_one = moment.event in events and moment.outcome is Outcome.DONE
        if is_one and (not actions or moment.action in actions):
            return moment.at
    return None
