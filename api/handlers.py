"""Which problem each exception becomes: one table, and what refusals have besides.

Laws
1. A problem never repeats what was sent, and never says what an exception says.
2. Where a rule refused, its id, clause and advice stand in the problem, with the index of
   the entry that recorded the refusal.
3. A failed sign-in looks the same whatever failed, and comes on the same beat; so does a bad key.
4. Refused because it can't be recorded or proved is 503, and says so.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping
from types import MappingProxyType
from typing import Any

import structlog
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from api.errors import (
    BadCursorError,
    BadKeyError,
    BusyError,
    EntryNotFoundError,
    ForgedCallError,
    GlassNotFoundError,
    InvitationUsedError,
    KeyReusedError,
    NoSnapshotError,
    OvertakenError,
    PolicyNotFoundError,
    SignedOutError,
    TooManyWatchersError,
    TwoIdentitiesError,
    UnknownChoiceError,
    WrongCodeError,
)
from api.problems import (
    BAD_CURSOR,
    BAD_INPUT,
    BAD_RANGE,
    BROKEN,
    BUSY,
    DESTROYED,
    FORGED,
    HALTED,
    INVITATION_USED,
    KEY_REFUSED,
    KEY_REUSED,
    NO_POLICY,
    NO_SNAPSHOT,
    NOT_FOUND,
    OVERTAKEN,
    QUOTA,
    REFUSED,
    SIGN_IN_FAILED,
    SIGNED_OUT,
    SNAPSHOT_BROKEN,
    TOO_LARGE,
    TOO_MANY_WATCHERS,
    TWO_IDENTITIES,
    UNDECIDED,
    UNPROVABLE,
    UNRECORDABLE,
    WRONG_CODE,
    WRONG_METHOD,
    WRONG_STATE,
    Problem,
)
from api.ranges import UnsatisfiableRangeError
from audit.errors import LedgerError
from exports.errors import ExportNotFoundError, WrongStateError
from identity.passwords import WeakPasswordError
from policies.actions import Action
from policies.decide import OPERATORS_RULE, SYSTEMS_RULE, UNDECIDABLE, UNPERMITTED, decide
from policies.fact_groups import NO_ACCOUNT
from policies.facts import SignInFacts
from policies.gate import HaltedError, OutOfForceError, RefusedError, UnrecordableError
from policies.rules import PolicySet, Rule
from snapshot.feed import FeedError
from snapshot.shards import ShardError
from store.api_keys import KeyNotFoundError
from store.invitations import InvitationNotFoundError
from vault.errors import Code, VaultError, VaultRefusedError

BEAT_SECONDS = 0.25
"""Failed sign-ins are answered at multiples of this, so that time doesn't tell names apart."""

PROBLEM_OF: Mapping[type[Exception], Problem] = MappingProxyType(
    {
        SignedOutError: SIGNED_OUT,
        ForgedCallError: FORGED,
        ExportNotFoundError: NOT_FOUND,
        EntryNotFoundError: NOT_FOUND,
        PolicyNotFoundError: NOT_FOUND,
        GlassNotFoundError: NOT_FOUND,
        BusyError: BUSY,
        WrongStateError: WRONG_STATE,
        OvertakenError: OVERTAKEN,
        KeyReusedError: KEY_REUSED,
        TwoIdentitiesError: TWO_IDENTITIES,
        KeyNotFoundError: NOT_FOUND,
        InvitationUsedError: INVITATION_USED,
        InvitationNotFoundError: NOT_FOUND,
        WrongCodeError: WRONG_CODE,
        NoSnapshotError: NO_SNAPSHOT,
        ShardError: SNAPSHOT_BROKEN,
        BadCursorError: BAD_CURSOR,
        TooManyWatchersError: TOO_MANY_WATCHERS,
        OutOfForceError: NO_POLICY,
        HaltedError: HALTED,
        UnrecordableError: UNRECORDABLE,
        LedgerError: UNRECORDABLE,
        SQLAlchemyError: UNRECORDABLE,
    }
)
PROBLEM_OF_STATUS: Mapping[int, Problem] = MappingProxyType(
    # 400 is what the framework says to a body that isn't JSON in UTF-8.
    {400: BAD_INPUT, 404: NOT_FOUND, 405: WRONG_METHOD, 413: TOO_LARGE, 422: BAD_INPUT}
)

FOREIGN = ("R13", "F02")
"""Rules that say "that is another's": answered 404, as if it weren't there."""

NOT_ONES_WORK = (OPERATORS_RULE, SYSTEMS_RULE, UNPERMITTED.id)
"""Rules that say "your role does no such thing": they stand alone for the refusal."""

QUOTAS: Mapping[Action, frozenset[str]] = MappingProxyType(
    {
        Action.REQUEST_EXPORT: frozenset({"R09"}),
        Action.DOWNLOAD_BOOK: frozenset({"R20"}),
        Action.REVEAL_PASSPHRASE: frozenset({"R20"}),
        Action.VIEW_CONSUMERS: frozenset({"R09"}),
        Action.END_DELEGATIONS: frozenset({"R09"}),
    }
)
"""Rules that, at this action, say nothing but "too often"."""

_MOST_PLACES = 20
Handler = Callable[[Request, Any], Coroutine[Any, Any, Response]]


def handlers(
    policy: Callable[[], PolicySet], beat_seconds: float = BEAT_SECONDS
) -> dict[int | type[Exception], Handler]:
    """Return what the application does with each exception; `policy` says which set is in force."""
    sign_in_rules: dict[str, Rule] = {}

    async def beat(request: Request) -> None:
        await asyncio.sleep((request.state.began - time.perf_counter()) % beat_seconds)

    async def bad_key(request: Request, _error: BadKeyError) -> JSONResponse:
        await beat(request)
        return KEY_REFUSED.answer()

    async def refused(request: Request, error: RefusedError) -> JSONResponse:
        if error.action is Action.SIGN_IN and UNDECIDABLE not in error.rules:
            await beat(request)
            now = policy()
            rule = sign_in_rules.setdefault(now.digest, _rule_of_sign_in(now))
            return _with_rules(SIGN_IN_FAILED, (rule,), rule, error.decision)
        problem, rule = _judge(error)
        # What isn't one's work at all isn't mended by the advice of the rules beside it.
        told = (rule,) if rule.id in NOT_ONES_WORK else error.rules
        return _with_rules(problem, told, rule, error.decision)

    simple: dict[int | type[Exception], Handler] = {
        kind: _always(problem) for kind, problem in PROBLEM_OF.items()
    }
    return simple | {
        RefusedError: refused,
        BadKeyError: bad_key,
        FeedError: _bad_feed,
        VaultError: _unopened,
        HTTPException: _by_status,
        RequestValidationError: _unreadable,
        UnknownChoiceError: _unknown_choice,
        WeakPasswordError: _weak_password,
        UnsatisfiableRangeError: _bad_range,
    }


def _judge(error: RefusedError) -> tuple[Problem, Rule]:
    """Choose the problem of a refusal, and the rule that stands for it."""
    by_id = {rule.id: rule for rule in error.rules}
    if UNDECIDABLE in error.rules:
        return UNDECIDED, UNDECIDABLE
    for name in NOT_ONES_WORK:
        if name in by_id:
            return REFUSED, by_id[name]
    foreign = [by_id[name] for name in FOREIGN if name in by_id]
    if foreign:
        return NOT_FOUND, foreign[0]
    if by_id.keys() <= QUOTAS.get(error.action, frozenset()) and not _is_mailed(error):
        return QUOTA, error.rules[0]
    return REFUSED, error.rules[0]


def _is_mailed(error: RefusedError) -> bool:
    """Tell whether a mailed book was to be downloaded, which isn't "too often" but "not here"."""
    return error.action is Action.DOWNLOAD_BOOK and error.draft.channel != "link"


def _with_rules(problem: Problem, rules: tuple[Rule, ...], rule: Rule, decision: int | None) -> JSONResponse:
    structlog.get_logger().info("call.refused", rule=rule.id, decision=decision)
    told = [{"rule": one.id, "clause": one.clause, "advice": one.advice} for one in rules]
    return problem.answer(rule=rule.id, clause=rule.clause, advice=rule.advice, decision=decision, rules=told)


def _always(problem: Problem) -> Handler:
    async def answer(_request: Request, error: Exception) -> JSONResponse:
        if problem.status >= 500:  # noqa: PLR2004 - 5xx is the server's own fault
            structlog.get_logger().error("call.failed", exc_info=error)
        more = {"state": error.state.value} if isinstance(error, WrongStateError) else {}
        return problem.answer(**more)

    return answer


async def _unopened(_request: Request, error: VaultError) -> JSONResponse:
    structlog.get_logger().error("vault.unopened", code=error.code.value)
    if isinstance(error, VaultRefusedError) and error.code is Code.DESTROYED:
        return DESTROYED.answer()
    return UNPROVABLE.answer()


async def _bad_range(_request: Request, error: UnsatisfiableRangeError) -> JSONResponse:
    answer = BAD_RANGE.answer()
    answer.headers["Content-Range"] = f"bytes */{error.size}"
    return answer


async def _by_status(_request: Request, error: HTTPException) -> JSONResponse:
    problem = PROBLEM_OF_STATUS.get(error.status_code, BROKEN)
    answer = problem.answer(**({"fields": []} if problem is BAD_INPUT else {}))
    if "Allow" in (error.headers or {}):
        answer.headers["Allow"] = (error.headers or {})["Allow"]
    return answer


async def _unreadable(_request: Request, error: RequestValidationError) -> JSONResponse:
    return BAD_INPUT.answer(fields=[_place(one) for one in error.errors()])


async def _unknown_choice(_request: Request, error: UnknownChoiceError) -> JSONResponse:
    return BAD_INPUT.answer(fields=[{"field": f"body.{error.field}", "problem": "unknown_choice"}])


async def _bad_feed(_request: Request, error: FeedError) -> JSONResponse:
    places = [place.partition(": ") for place in error.places[:_MOST_PLACES]]
    return BAD_INPUT.answer(
        fields=[{"field": f"body: {where}", "problem": wrong} for where, _, wrong in places]
    )


async def _weak_password(_request: Request, error: WeakPasswordError) -> JSONResponse:
    return BAD_INPUT.answer(fields=[{"field": "body.password", "problem": error.weakness.value}])


def _place(one: Mapping[str, Any]) -> dict[str, str]:
    """Say which field is wrong and why, as a code. A name that we didn't choose isn't repeated."""
    path = [str(part) for part in one["loc"] if isinstance(part, str)]
    if one["type"] == "extra_forbidden":
        path = [*path[:-1], "(unknown)"]
    return {"field": ".".join(path), "problem": str(one["type"])}


def _rule_of_sign_in(policy: PolicySet) -> Rule:
    """Return the rule that every failed sign-in cites: what a stranger's sign-in breaks."""
    decision = decide(policy, Action.SIGN_IN, "stranger", SignInFacts(account=NO_ACCOUNT))
    return next((rule for rule in decision.rules if rule.id == "R14"), UNDECIDABLE)
