"""Pages and numbers say what the data are as of, and when the week's are late."""

from __future__ import annotations

import pytest

from api.pages.frame import data_dates
from snapshot.week import Stage
from tests.api.callers import Desk, a_licence
from tests.api.surfing import signed_in_surfer
from tests.api.test_metrics import samples
from tests.installation import AS_OF

pytestmark = pytest.mark.usefixtures("published")
NEXT = "Friday, November 27, 2026"


def told(desk: Desk) -> str:
    """Return a page that anybody can open, in words."""
    return " ".join(desk.client.get("/help").text.split())


def test_pages_say_when_the_weeks_data_are_late(desk: Desk) -> None:
    """Until midnight the next data are awaited; after it they are late, and the old ones stay."""
    desk.house.clock.advance(days=6, hours=12)
    page = told(desk)
    assert "November 20, 2026" in page
    assert NEXT in page
    assert "are late" not in page
    desk.house.clock.advance(hours=3)
    dates = data_dates(desk.house)
    assert dates is not None
    assert (AS_OF, True) == (dates.as_of, dates.late_as_of is not None)
    page = told(desk)
    assert "November 20, 2026" in page
    assert page.index(NEXT) < page.index("are late")
    assert "December 4, 2026" in page


def test_the_dashboard_says_what_stays_in_force(desk: Desk) -> None:
    """An agent reads which data are late and that the ones above are what they see and export."""
    licence = a_licence(desk)
    before = signed_in_surfer(desk, licence).open("/dashboard").words
    assert "are late" not in before
    desk.house.clock.advance(days=6, hours=15)
    late = signed_in_surfer(desk, licence).open("/dashboard").words
    assert "The data of Friday, November 27, 2026" in late
    assert "is as of the moment above" in late


def test_numbers_tell_the_week(desk: Desk) -> None:
    """Published by midnight, late or missed are counted; the week's state is one of five."""
    first = samples(desk)
    weeks = {key[1]: value for key, value in first.items() if key[0] == "sealedbook_snapshot_weeks"}
    assert {"by-midnight": 0, "late": 1, "missed": 0} == weeks
    states = {key[1]: value for key, value in first.items() if key[0] == "sealedbook_snapshot_week"}
    assert {stage.value: int(stage is Stage.PUBLISHED) for stage in Stage} == states
    assert 0 == first["sealedbook_snapshot_late",]


def test_numbers_tell_of_a_missed_week(desk: Desk) -> None:
    """A week that ends without data is missed; the one after it is late."""
    desk.house.clock.advance(days=14)
    later = samples(desk)
    assert 1 == later["sealedbook_snapshot_weeks", "missed"]
    assert 1 == later["sealedbook_snapshot_week", "expected"]
    assert 1 == later["sealedbook_snapshot_late",]
