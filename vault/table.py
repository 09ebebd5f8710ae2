"""Which permit opens what, for whom: the vault's table as data.

Law: the vault judges nothing else. A row names the permit's action, the kinds of caller, the
fields that must stand in the permit, what its resource must be, and the longest life that a
permit of this action may have ahead of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class CallerKind(StrEnum):
    """The kinds of process that hold a credential, one credential each."""

    API = "api"
    WORKER = "worker"
    OPERATOR = "operator"


class Call(StrEnum):
    """What a caller can ask."""

    STATUS = "status"
    SIGN = "sign"
    VERIFY_TOTP = "verify_totp"
    IMPORT_SNAPSHOT = "import_snapshot"
    PSEUDONYMS = "pseudonyms"
    BUILD_BOOK = "build_book"
    SEND_BOOK = "send_book"
    DOWNLOAD_BOOK = "download_book"
    REVEAL_PASSPHRASE = "reveal_passphrase"  # noqa: S105 - the name of a call, no secret
    VIEW_CONSUMERS = "view_consumers"
    ENROL_FACTOR = "enrol_factor"
    RELEASE_FACTOR = "release_factor"
    DESTROY = "destroy"
    FIND_CONSUMER = "find_consumer"
    ROTATE_KEY = "rotate_key"
    END_DELEGATIONS = "end_delegations"
    HOLD_SNAPSHOT = "hold_snapshot"
    OPEN_MANY = "open_many"
    SHOW_LEDGER = "show_ledger"
    RECOVER = "recover"
    RESTORE = "restore"
    RELEASE = "release"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One action of the table.

    `needs` are fields of the ledger entry that may not be absent; `resource_kind` is the
    resource's kind, where it counts; `names` is the field whose value the resource's id
    repeats; `channel` is the channel that the permit must name. `demo_callers` may call in a
    demo installation only.
    """

    action: str
    callers: frozenset[CallerKind]
    longest_life: timedelta
    needs: tuple[str, ...] = ()
    resource_kind: str | None = None
    names: str | None = None
    channel: str | None = None
    demo_callers: frozenset[CallerKind] = frozenset()


_API = frozenset({CallerKind.API})
_WORKER = frozenset({CallerKind.WORKER})
_OPERATOR = frozenset({CallerKind.OPERATOR})
_MINUTES = timedelta(minutes=1)

ROWS: dict[Call, Row] = {
    Call.IMPORT_SNAPSHOT: Row(
        action="ImportSnapshot",
        callers=_WORKER | _OPERATOR,
        longest_life=60 * _MINUTES,
        resource_kind="attempt",
    ),
    Call.BUILD_BOOK: Row(
        action="BuildBook",
        callers=_WORKER,
        longest_life=15 * _MINUTES,
        needs=("agent", "export", "fencing", "snapshot"),
        resource_kind="export",
        names="export",
    ),
    Call.SEND_BOOK: Row(
        action="SendBook",
        callers=_WORKER,
        longest_life=15 * _MINUTES,
        needs=("export", "fencing"),
        resource_kind="export",
        names="export",
        channel="email",
    ),
    Call.DOWNLOAD_BOOK: Row(
        action="DownloadBook",
        callers=_API,
        longest_life=10 * _MINUTES,
        needs=("export", "fencing"),
        resource_kind="export",
        names="export",
        channel="link",
    ),
    Call.REVEAL_PASSPHRASE: Row(
        action="RevealPassphrase",
        callers=_API,
        longest_life=10 * _MINUTES,
        needs=("export", "fencing"),
        resource_kind="export",
        names="export",
    ),
    Call.VIEW_CONSUMERS: Row(
        action="ViewConsumers",
        callers=_API,
        longest_life=10 * _MINUTES,
        needs=("agent", "snapshot"),
    ),
    Call.ENROL_FACTOR: Row(
        action="EnrolFactor",
        callers=_API,
        demo_callers=_OPERATOR,
        longest_life=10 * _MINUTES,
        resource_kind="person",
    ),
    Call.RELEASE_FACTOR: Row(
        action="ReleaseLock",
        callers=_API,
        longest_life=10 * _MINUTES,
        resource_kind="person",
    ),
    Call.DESTROY: Row(
        action="DestroyObject",
        callers=_WORKER | _OPERATOR,
        longest_life=60 * _MINUTES,
        needs=("objects",),
    ),
    Call.ROTATE_KEY: Row(
        action="RotateKey",
        callers=_OPERATOR,
        longest_life=10 * _MINUTES,
        resource_kind="key",
    ),
    Call.FIND_CONSUMER: Row(
        action="FindConsumer",
        callers=_API,
        longest_life=10 * _MINUTES,
    ),
    Call.END_DELEGATIONS: Row(
        action="EndDelegations",
        callers=_API | _OPERATOR,
        longest_life=10 * _MINUTES,
        resource_kind="feed",
    ),
    Call.HOLD_SNAPSHOT: Row(
        action="HoldSnapshot",
        callers=_OPERATOR,
        longest_life=10 * _MINUTES,
        needs=("objects",),
        resource_kind="attempt",
    ),
}
# What may stand in a batch: all but imports, whose lists are long, and what changes every row.
IN_BATCHES = ROWS.keys() - {Call.IMPORT_SNAPSHOT, Call.END_DELEGATIONS, Call.ROTATE_KEY}
BATCH_MOST = 500

CALLERS_WITHOUT_PERMIT: dict[Call, frozenset[CallerKind]] = {
    Call.SIGN: frozenset(CallerKind),
    Call.OPEN_MANY: frozenset(CallerKind),
    Call.VERIFY_TOTP: _API,
    Call.PSEUDONYMS: _WORKER | _OPERATOR,
    Call.SHOW_LEDGER: _OPERATOR,
    Call.RECOVER: _OPERATOR,
    Call.RESTORE: _OPERATOR,
    Call.RELEASE: _OPERATOR,
}
RECOVERING = frozenset({Call.SHOW_LEDGER, Call.RECOVER, Call.RESTORE, Call.RELEASE})


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What a request of one call carries, no less and no more."""

    texts: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()
    has_credential: bool = True
    has_proof: bool = True
    has_permit: bool = True
    has_published: bool = False
    has_opens: bool = False


_TWO_PEOPLE = frozenset({"first", "first_code", "second", "second_code"})

SHAPES: dict[Call, Shape] = {
    Call.STATUS: Shape(has_credential=False, has_proof=False, has_permit=False),
    Call.SIGN: Shape(has_permit=False),
    Call.VERIFY_TOTP: Shape(texts=frozenset({"person", "code"}), has_proof=False, has_permit=False),
    Call.IMPORT_SNAPSHOT: Shape(texts=frozenset({"attempt"}), lists=frozenset({"agents"})),
    # The desk's name, which only an import's answer tells, stands for the permit.
    Call.PSEUDONYMS: Shape(
        texts=frozenset({"desk", "kind"}), lists=frozenset({"ids"}), has_proof=False, has_permit=False
    ),
    Call.BUILD_BOOK: Shape(texts=frozenset({"passphrase"}), has_published=True),
    Call.SEND_BOOK: Shape(),
    Call.DOWNLOAD_BOOK: Shape(),
    Call.REVEAL_PASSPHRASE: Shape(),
    Call.VIEW_CONSUMERS: Shape(has_published=True),
    Call.ENROL_FACTOR: Shape(),
    Call.RELEASE_FACTOR: Shape(),
    Call.DESTROY: Shape(),
    Call.ROTATE_KEY: Shape(lists=frozenset({"material"})),
    Call.FIND_CONSUMER: Shape(texts=frozenset({"kind"}), lists=frozenset({"ids"})),
    Call.END_DELEGATIONS: Shape(lists=frozenset({"ids"})),
    Call.HOLD_SNAPSHOT: Shape(),
    Call.OPEN_MANY: Shape(has_permit=False, has_opens=True),
    Call.SHOW_LEDGER: Shape(
        texts=frozenset({"start", "newest"}),
        lists=frozenset({"lines"}),
        has_proof=False,
        has_permit=False,
    ),
    Call.RECOVER: Shape(texts=_TWO_PEOPLE, lists=frozenset({"records"}), has_proof=False, has_permit=False),
    Call.RESTORE: Shape(texts=_TWO_PEOPLE, lists=frozenset({"records"}), has_proof=False, has_permit=False),
    Call.RELEASE: Shape(texts=_TWO_PEOPLE, lists=frozenset({"objects"}), has_proof=False, has_permit=False),
}
