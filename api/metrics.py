"""Numbers for a monitoring system: `/metrics`, in Prometheus's text format.

Laws
1. Numbers, states, codes and route templates only: no person, agent, export, path or address.
2. What the house says of itself is read when it is asked for, at most once a second; what can't
   be read is left out, and `sealedbook_readable` says so.
3. One process, one registry of its own; nothing of the interpreter's or the machine's is told.

Told to the networks that `SEALEDBOOK_MONITOR_NETWORKS` names (`monitors.py`); to anybody without.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from http import HTTPMethod

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.door import UNMATCHED
from api.monitors import let_monitors_in
from api.outside_metrics import told_outside
from audit.errors import LedgerError
from house.overview import Overview, read_overview
from house.wiring import House
from snapshot.published import SnapshotNotFoundError
from snapshot.week import Stage

_KEPT_SECONDS = 1.0
_BUCKETS = (0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0)

router = APIRouter(tags=["health"])


class Tally:
    """Counts what this process answered, and knows how its house stands."""

    def __init__(self, house: House) -> None:
        # When each label was first seen is nobody's question here.
        disable_created_metrics()  # type: ignore[no-untyped-call]  # it has no types
        self.registry = CollectorRegistry(auto_describe=False)
        self._requests = Counter(
            "sealedbook_requests",
            "Requests answered",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "sealedbook_request_seconds",
            "Seconds from a request to the end of its answer",
            ("route",),
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self.registry.register(_HouseCollector(house))

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answer."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)


class Counting:
    """ASGI middleware that counts each answer as it leaves."""

    def __init__(self, app: ASGIApp, tally: Tally) -> None:
        self._app = app
        self._tally = tally

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through and count its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500

        async def note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, note)
        finally:
            path = getattr(scope.get("route"), "path", None)
            method = scope["method"] if scope["method"] in HTTPMethod.__members__ else "other"
            route = path if isinstance(path, str) else UNMATCHED
            self._tally.count(method, route, status, time.perf_counter() - began)


@router.get("/metrics", response_class=PlainTextResponse, dependencies=[Depends(let_monitors_in)])
def show_metrics(request: Request) -> Response:
    """Tell the numbers."""
    tally: Tally = request.app.state.tally
    return Response(generate_latest(tally.registry), media_type=CONTENT_TYPE_LATEST)


class _HouseCollector(Collector):
    """Reads the house's numbers when they are asked for."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._read_at = float("-inf")
        self._kept: list[Metric] = []

    def collect(self) -> Iterator[Metric]:
        """Yield the numbers of the last second."""
        if time.monotonic() - self._read_at >= _KEPT_SECONDS:
            self._kept = list(self._read())
            self._read_at = time.monotonic()
        yield from self._kept

    def _read(self) -> Iterator[Metric]:
        try:
            overview = read_overview(self._house)
        except (SQLAlchemyError, LedgerError, SnapshotNotFoundError):
            yield _gauge("readable", "Whether the house could be read just now", 0)
            return
        yield _gauge("readable", "Whether the house could be read just now", 1)
        yield from _numbers(overview)
        yield from _vault(overview)
        yield from told_outside(overview.outside)


def _numbers(overview: Overview) -> Iterator[Metric]:
    exports = GaugeMetricFamily("sealedbook_exports", "Exports by state", labels=["state"])
    for state, count in overview.exports.items():
        exports.add_metric([state.value], count)
    yield exports
    yield _gauge("exports_due", "Exports that a worker should take up now", overview.due)
    yield _gauge("ledger_entries", "Entries of the ledger", overview.entries)
    yield _gauge("ledger_unsigned_entries", "Entries under no signed checkpoint yet", overview.unsigned)
    if overview.snapshot_age_seconds is not None:
        yield _gauge("snapshot_age_seconds", "Age of the published data", overview.snapshot_age_seconds)
    yield _gauge("snapshot_late", "Whether this week's data are due and not published", overview.week.is_late)
    weeks = GaugeMetricFamily(
        "sealedbook_snapshot_weeks", "Weeks by when their data were published", labels=["outcome"]
    )
    for timeliness, count in overview.weeks.items():
        weeks.add_metric([timeliness.value], count)
    yield weeks
    stages = GaugeMetricFamily(
        "sealedbook_snapshot_week", "How far this week's data came: 1 at their state", labels=["state"]
    )
    for stage in Stage:
        stages.add_metric([stage.value], stage is overview.week.stage)
    yield stages
    yield _gauge("holds_overdue", "Legal holds whose review is overdue", overview.holds_overdue)
    if overview.roster_age_seconds is not None:
        yield _gauge("roster_age_seconds", "Age of the roster", overview.roster_age_seconds)


def _vault(overview: Overview) -> Iterator[Metric]:
    yield _gauge("vault_up", "Whether the vault answers", int(overview.vault is not None))
    if overview.vault is None:
        return
    yield _gauge("vault_locked", "Whether the vault locked itself", int(overview.vault.locked))
    alarms = GaugeMetricFamily("sealedbook_vault_alarms", "How often an alarm was raised", labels=["kind"])
    for alarm in overview.vault.alarms:
        alarms.add_metric([alarm.kind], alarm.times)
    yield alarms


def _gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(f"sealedbook_{name}", meaning, value=value)
