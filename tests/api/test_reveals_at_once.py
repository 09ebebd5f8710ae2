"""A book's passphrase is shown five times, however many ask for it at once."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from audit.counts import count_entries
from audit.events import Event
from runtime.database import reading
from tests.api.callers import Caller, Desk

AT_ONCE = 50


@pytest.mark.usefixtures("published")
def test_five_of_fifty_reveals_show_it(desk: Desk) -> None:
    """Of fifty at once five are shown, and each of these is a release in the ledger."""
    caller = desk.with_session("0E96936")
    export = desk.a_sent_export(caller, "a-passphrase")
    together = Barrier(AT_ONCE)

    def reveal(_number: int) -> int:
        mine: Caller = desk.caller()
        mine.client.cookies.update(caller.client.cookies)
        mine.csrf = caller.csrf
        together.wait()
        return int(mine.post(f"/v1/exports/{export}/passphrase").status_code)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        said = Counter(pool.map(reveal, range(AT_ONCE)))

    assert 5 == said[200], said
    assert {200, 403, 409, 429} >= said.keys()
    with reading(desk.house.engine) as connection:
        assert 5 == count_entries(connection, event=Event.RELEASE_STARTED, export=export)
