"""An extract comes into a house by that house's own list, roster and folder, whoever brings it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from house.importing import bring_in
from house.wiring import House
from policies.never import NeverList
from snapshot.findings import FindingCode
from snapshot.report import ExtractRefusedError
from tests.api.fakes import GivenPolicies
from tests.installation import AS_OF, CONSOLE_WHO, Installation, an_installation

PATTERN = """
version = 1
columns = { words = ["branch"], phrases = [] }
[[pattern]]
code = "digit"
meaning = "any digit at all"
regex = '[0-9]'
check = "none"
free_text_only = false
"""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Installation]:
    """An installation with a roster."""
    with an_installation(tmp_path) as made:
        made.take_roster()
        yield made


def _under(house: House, never: NeverList) -> None:
    policy = replace(house.policy, never=never, digest="0" * 64)
    house.__dict__["policies"] = GivenPolicies(house, policy)


def test_agents_are_compared_with_the_roster_that_was_taken_over(home: Installation) -> None:
    """Whoever imports, the report counts the agents that the roster lacks."""
    report = bring_in(home.operator, CONSOLE_WHO, home.extract, AS_OF).report
    assert 0 == report.unlisted_agents


def test_the_houses_own_list_judges_values(home: Installation) -> None:
    """A pattern of the policy set in force refuses what the packaged list lets in."""
    _under(home.operator, NeverList.parse(PATTERN))
    with pytest.raises(ExtractRefusedError) as caught:
        bring_in(home.operator, CONSOLE_WHO, home.extract, AS_OF)
    assert FindingCode.NEVER_EXPORT_VALUE in {finding.code for finding in caught.value.report.findings}


def test_the_houses_own_list_judges_columns(home: Installation, tmp_path: Path) -> None:
    """A column that the set in force forbids is found as such; one that only the packaged list has isn't."""
    _under(home.operator, NeverList.parse(PATTERN))
    wider = tmp_path / "wider.csv"
    header, rest = home.extract.read_bytes().split(b"\n", 1)
    wider.write_bytes(header + b",home_branch,ssn\n" + rest.replace(b"\n", b",,\n"))
    with pytest.raises(ExtractRefusedError) as caught:
        bring_in(home.operator, CONSOLE_WHO, wider, AS_OF)
    found = {finding.column: finding.code for finding in caught.value.report.findings}
    expected = {"home_branch": FindingCode.NEVER_EXPORT_COLUMN, "ssn": FindingCode.UNKNOWN_COLUMN}
    assert expected == found
