"""A book isn't sealed over what may never leave, though the import let it in; a large one is noted."""

from __future__ import annotations

from dataclasses import replace

from audit.events import Event
from exports.states import Reason, State, Step
from house.wiring import WorkerHouse
from policies.never import NeverList
from policies.rules import PolicySet
from runtime.database import reading
from store.reviews import LARGE_EXPORT, large_exports
from tests.api.fakes import GivenPolicies
from tests.installation import Installation
from tests.worker.houses import advance, the_entries, the_export

PATTERN = """
version = 1
columns = { words = [], phrases = [] }
[[pattern]]
code = "digit"
meaning = "any digit at all"
regex = '[0-9]'
check = "none"
free_text_only = false
"""


def under(house: WorkerHouse, policy: PolicySet) -> None:
    """Put another policy set into force for the worker."""
    house.__dict__["policies"] = GivenPolicies(house, policy)


def test_what_may_never_leave_ends_the_export(home: Installation, house: WorkerHouse) -> None:
    """The export fails with a reason of its own, in the ledger too, and nothing was sealed."""
    export = home.ask(home.sign_in(home.enrol("0B65625")))
    under(house, replace(house.policy, never=NeverList.parse(PATTERN), digest="0" * 64))

    steps = advance(house, export)

    assert Step.SEALED not in steps
    assert (State.FAILED, Reason.NEVER_EXPORTED) == (
        the_export(home, export).state,
        the_export(home, export).reason,
    )
    last = the_entries(home, export)[-1]
    assert (Event.EXPORT_FAILED, "never-exported") == (last.event, last.reason)
    assert [] == [name for name in house.objects.names() if name.startswith("books/")]


def test_a_large_book_is_noted_in_its_entry(home: Installation, house: WorkerHouse) -> None:
    """A book with more rows than the number says carries the reason, and compliance finds it."""
    export = home.ask(home.sign_in(home.enrol("0B65625")))
    numbers = replace(house.policy.numbers, large_export_rows=1)
    under(house, replace(house.policy, numbers=numbers, digest="0" * 64))
    advance(house, export)

    (built,) = [entry for entry in the_entries(home, export) if entry.event is Event.EXPORT_BUILT]
    assert LARGE_EXPORT == built.reason
    with reading(home.api.engine) as connection:
        assert [export] == large_exports(connection, "2020-01-01T00:00:00.000000Z")
