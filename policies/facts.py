"""What must be known before an action is decided: one frozen class of facts per action.

Law: facts are loaded by the gate's one source, never handed over by a caller. The groups, with the
forms of their fields, stand in `fact_groups.py` and `snapshot_groups.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from types import MappingProxyType
from typing import TypeAlias

from policies.actions import Action
from policies.fact_groups import (
    Account,
    Approval,
    Columns,
    Delivery,
    Destruction,
    Endings,
    Enrolment,
    ExportQuota,
    Freshness,
    Holding,
    Licensing,
    Moment,
    Page,
    Person,
    Releases,
    Request,
    Session,
    Subject,
)
from policies.reviewer_facts import (
    ApprovePolicyFacts,
    BreakGlassFacts,
    FindConsumerFacts,
    ReadLedgerFacts,
    ReleaseLockFacts,
    RotateKeyFacts,
    TraceBookFacts,
)
from policies.snapshot_groups import Incoming, Publication, SnapshotHold
from policies.system_facts import EndDelegationsFacts, ManageKeysFacts

__all__ = [
    "FACTS_OF",
    "ApprovePersonFacts",
    "ApprovePolicyFacts",
    "BreakGlassFacts",
    "BuildBookFacts",
    "DestroyObjectFacts",
    "EndDelegationsFacts",
    "EnrolFactorFacts",
    "Facts",
    "FindConsumerFacts",
    "HandOverFacts",
    "HoldSnapshotFacts",
    "ImportSnapshotFacts",
    "ManageKeysFacts",
    "ManagePeopleFacts",
    "PublishSnapshotFacts",
    "ReadLedgerFacts",
    "ReleaseLockFacts",
    "RequestExportFacts",
    "RevokeExportFacts",
    "RotateKeyFacts",
    "SendBookFacts",
    "SignInFacts",
    "TraceBookFacts",
    "Value",
    "ViewConsumersFacts",
    "to_context",
]

Value: TypeAlias = "bool | int | str | dict[str, Value]"


@dataclass(frozen=True, kw_only=True)
class SignInFacts:
    """SignIn: a lapsed licence is no fact here, so that people can be told what lapsed."""

    account: Account


@dataclass(frozen=True, kw_only=True)
class RequestExportFacts:
    """RequestExport."""

    moment: Moment
    person: Person
    licensing: Licensing
    session: Session
    subject: Subject
    request: Request
    quota: ExportQuota


@dataclass(frozen=True, kw_only=True)
class BuildBookFacts:
    """BuildBook: facts of now, not of the request."""

    moment: Moment
    person: Person
    licensing: Licensing
    subject: Subject
    request: Request
    columns: Columns
    holding: Holding
    freshness: Freshness


@dataclass(frozen=True, kw_only=True)
class SendBookFacts:
    """SendBook."""

    moment: Moment
    person: Person
    licensing: Licensing
    subject: Subject
    request: Request
    holding: Holding
    delivery: Delivery
    endings: Endings


@dataclass(frozen=True, kw_only=True)
class HandOverFacts:
    """DownloadBook and RevealPassphrase."""

    moment: Moment
    person: Person
    licensing: Licensing
    session: Session
    subject: Subject
    request: Request
    holding: Holding
    releases: Releases
    endings: Endings


@dataclass(frozen=True, kw_only=True)
class RevokeExportFacts:
    """RevokeExport: nothing is opened, so neither papers nor a second factor are asked for."""

    person: Person
    session: Session
    subject: Subject


@dataclass(frozen=True, kw_only=True)
class ViewConsumersFacts:
    """ViewConsumers."""

    moment: Moment
    person: Person
    licensing: Licensing
    session: Session
    subject: Subject
    holding: Holding
    freshness: Freshness
    page: Page


@dataclass(frozen=True, kw_only=True)
class ImportSnapshotFacts:
    """ImportSnapshot."""

    person: Person
    incoming: Incoming


@dataclass(frozen=True, kw_only=True)
class PublishSnapshotFacts:
    """PublishSnapshot."""

    person: Person
    publication: Publication


@dataclass(frozen=True, kw_only=True)
class EnrolFactorFacts:
    """EnrolFactor: `person` is the actor, `enrolment` speaks of whose factor it is."""

    person: Person
    enrolment: Enrolment


@dataclass(frozen=True, kw_only=True)
class DestroyObjectFacts:
    """DestroyObject."""

    person: Person
    destruction: Destruction


@dataclass(frozen=True, kw_only=True)
class ManagePeopleFacts:
    """ManagePeople."""

    person: Person


@dataclass(frozen=True, kw_only=True)
class HoldSnapshotFacts:
    """HoldSnapshot."""

    person: Person
    hold: SnapshotHold


@dataclass(frozen=True, kw_only=True)
class ApprovePersonFacts:
    """ApprovePerson."""

    person: Person
    session: Session
    approval: Approval


Facts: TypeAlias = (
    SignInFacts
    | RequestExportFacts
    | BuildBookFacts
    | SendBookFacts
    | HandOverFacts
    | RevokeExportFacts
    | ViewConsumersFacts
    | ReadLedgerFacts
    | FindConsumerFacts
    | TraceBookFacts
    | ApprovePolicyFacts
    | BreakGlassFacts
    | ReleaseLockFacts
    | RotateKeyFacts
    | ImportSnapshotFacts
    | PublishSnapshotFacts
    | EnrolFactorFacts
    | DestroyObjectFacts
    | ManagePeopleFacts
    | ApprovePersonFacts
    | EndDelegationsFacts
    | HoldSnapshotFacts
    | ManageKeysFacts
)

FACTS_OF: Mapping[Action, type[Facts]] = MappingProxyType(
    {
        Action.SIGN_IN: SignInFacts,
        Action.REQUEST_EXPORT: RequestExportFacts,
        Action.BUILD_BOOK: BuildBookFacts,
        Action.SEND_BOOK: SendBookFacts,
        Action.DOWNLOAD_BOOK: HandOverFacts,
        Action.REVEAL_PASSPHRASE: HandOverFacts,
        Action.REVOKE_EXPORT: RevokeExportFacts,
        Action.VIEW_CONSUMERS: ViewConsumersFacts,
        Action.IMPORT_SNAPSHOT: ImportSnapshotFacts,
        Action.PUBLISH_SNAPSHOT: PublishSnapshotFacts,
        Action.ENROL_FACTOR: EnrolFactorFacts,
        Action.DESTROY_OBJECT: DestroyObjectFacts,
        Action.MANAGE_PEOPLE: ManagePeopleFacts,
        Action.APPROVE_PERSON: ApprovePersonFacts,
        Action.READ_LEDGER: ReadLedgerFacts,
        Action.FIND_CONSUMER: FindConsumerFacts,
        Action.TRACE_BOOK: TraceBookFacts,
        Action.APPROVE_POLICY: ApprovePolicyFacts,
        Action.BREAK_GLASS: BreakGlassFacts,
        Action.RELEASE_LOCK: ReleaseLockFacts,
        Action.ROTATE_KEY: RotateKeyFacts,
        Action.END_DELEGATIONS: EndDelegationsFacts,
        Action.HOLD_SNAPSHOT: HoldSnapshotFacts,
        Action.MANAGE_KEYS: ManageKeysFacts,
    }
)
"""The class of facts that each action is decided on."""


def to_context(facts: Facts) -> dict[str, Value]:
    """Return the facts as Cedar's context: one record per group, named like the group's field."""
    return _record(facts)


def _record(group: object) -> dict[str, Value]:
    record: dict[str, Value] = {}
    for field in fields(group):  # type: ignore[arg-type]  # only dataclass instances come here
        value = getattr(group, field.name)
        record[field.name] = _record(value) if is_dataclass(value) else value
    return record
