"""A decision through the gate beside a bare call of Cedar for the same request.

Laws of this file
1. Through the gate means: the facts are looked up in a house's own database, the context is made and
   checked against the schema, the decision is taken, and its entry drafted with the facts' digest;
   only the append and the commit are left out.
2. The peer is one `cedarpy.is_authorized` of the same request with the same parsed policies, schema
   and entities.
3. Both take turns; the ratio is the median over the turns, for the action with the most facts and for
   the one that is asked most often.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import cedarpy
from sqlalchemy import Connection

from audit.entry import Resource
from bench.table import LIMIT, Ratio
from policies.actions import Action
from policies.decide import PRINCIPAL_OF, with_numbers
from policies.facts import to_context
from policies.gate import Ask, Gate, Transaction, Who
from runtime.database import writing
from tests.installation import an_installation

GOAL: Final = 3.0
_AGENT: Final = "0B65625"
_ENTITIES: Final = cedarpy.Entities.from_json_str("[]")


def measure(*, quick: bool) -> list[Ratio]:
    """Return the cost of decisions over that of bare calls."""
    turns, calls = (7, 30) if quick else (21, 100)
    with (
        tempfile.TemporaryDirectory(prefix="sealedbook-bench-") as folder,
        an_installation(Path(folder)) as home,
    ):
        home.take_roster()
        home.publish(home.extract)
        who = home.sign_in(home.enrol(_AGENT))
        export = home.ask(who)
        asks = {
            "a request's decision": Ask(
                action=Action.REQUEST_EXPORT,
                resource=Resource(kind="export", id="new"),
                claims={
                    "agent": None,
                    "purpose": "service-delegated-consumers",
                    "channel": "link",
                    "acknowledged": True,
                },
            ),
            "a passphrase's decision": Ask(
                action=Action.REVEAL_PASSPHRASE, resource=Resource(kind="export", id=export)
            ),
        }
        gate = home.api.gate
        with writing(home.api.engine) as connection:
            return [_compare(gate, connection, who, work, ask, turns, calls) for work, ask in asks.items()]


def _compare(
    gate: Gate, connection: Connection, who: Who, work: str, ask: Ask, turns: int, calls: int
) -> Ratio:
    now = gate.clock.now()
    facts, _ = gate.source.look_up(connection, who.actor, ask, now)
    request = {
        "principal": {"type": PRINCIPAL_OF[who.actor.role], "id": who.actor.role},
        "action": {"type": "Action", "id": ask.action.value},
        "resource": {"type": "Installation", "id": "this"},
        "context": with_numbers(gate.policy, to_context(facts)),
    }

    def through_the_gate() -> object:
        return Transaction(gate, connection, who, now).decide(ask)

    def bare() -> object:
        return cedarpy.is_authorized(request, gate.policy.handle, _ENTITIES, gate.policy.schema)

    _permitted(bare())
    ratios, spent = [], []
    for _ in range(turns):
        mine, peers = _timed(through_the_gate, calls), _timed(bare, calls)
        ratios.append(mine / peers)
        spent.append(mine / calls)
    return Ratio(
        work=f"{work}, facts loaded",
        against=LIMIT,
        ratio=statistics.median(ratios),
        goal=GOAL,
        note=f"{statistics.median(spent) * 1e6:.0f} µs, {turns} turns of {calls}",
    )


def _timed(work: Callable[[], object], calls: int) -> float:
    began = time.perf_counter()
    for _ in range(calls):
        work()
    return time.perf_counter() - began


def _permitted(answer: Any) -> None:
    if not answer.allowed:
        raise RuntimeError("the bench's request is refused")
