"""Tests of claims: one holder at a time, and no write of a stale one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine, select

from exports.errors import LostClaimError
from exports.export import Claim
from exports.states import Reason, State, Step
from runtime.database import reading, writing
from store.exports import (
    claim_export,
    due_exports,
    move_export,
    note_stage,
    put_off,
    release_claim,
    renew_claim,
)
from store.tables import exports
from tests.installation import SATURDAY
from tests.store.makers import a_claim, an_export

LEASE = timedelta(seconds=20)
ROUNDS = 25

STALE_WRITES: dict[str, Callable[[Connection, Claim], None]] = {
    "renew": lambda connection, claim: renew_claim(connection, claim, SATURDAY + LEASE, 20),
    "stage": lambda connection, claim: note_stage(connection, claim, Step.SEALED),
    "move": lambda connection, claim: move_export(connection, claim, State.ACCEPTED, State.BUILT, rows=1),
    "wait": lambda connection, claim: put_off(connection, claim, SATURDAY, Reason.MAIL_SERVER_DOWN),
}


def row_of(engine: Engine, export: str) -> dict[str, object]:
    """Return an export's whole row."""
    with reading(engine) as connection:
        return dict(connection.execute(select(exports).where(exports.c.id == export)).mappings().one())


def test_a_claim_is_exclusive(engine: Engine) -> None:
    """While one worker holds an export nobody else gets it, nor the same worker again."""
    export = an_export(engine)
    with writing(engine) as connection:
        claim = a_claim(connection, export)
        assert Claim(export=export, owner="one", fencing=1, state=State.ACCEPTED) == claim
        for owner in ("two", "one"):
            assert claim_export(connection, export, owner, SATURDAY, 20) is None
        assert [] == due_exports(connection, SATURDAY)


def test_a_claim_ends_with_its_lease(engine: Engine) -> None:
    """A worker that died holds its export to the end of the lease and no moment longer."""
    export = an_export(engine)
    with writing(engine) as connection:
        a_claim(connection, export)
        just_before = SATURDAY + LEASE - timedelta(microseconds=1)
        assert claim_export(connection, export, "two", just_before, 20) is None
        claim = claim_export(connection, export, "two", SATURDAY + LEASE, 20)
    assert claim is not None
    assert ("two", 2) == (claim.owner, claim.fencing)


def test_a_renewed_claim_lasts_longer(engine: Engine) -> None:
    """A lease that was renewed ends as much later."""
    export = an_export(engine)
    with writing(engine) as connection:
        claim = a_claim(connection, export)
        renew_claim(connection, claim, SATURDAY + timedelta(seconds=15), 20)
        assert claim_export(connection, export, "two", SATURDAY + LEASE, 20) is None
        assert claim_export(connection, export, "two", SATURDAY + timedelta(seconds=35), 20) is not None


def test_the_fencing_token_only_rises(engine: Engine) -> None:
    """Each claim has a higher token than every one before, however the others ended."""
    export = an_export(engine)
    tokens = []
    for count in range(5):
        with writing(engine) as connection:
            claim = claim_export(connection, export, "one", SATURDAY + count * LEASE, 20)
            assert claim is not None
            tokens.append(claim.fencing)
            if count % 2:
                release_claim(connection, claim)
    assert [1, 2, 3, 4, 5] == tokens


@pytest.mark.parametrize("write", STALE_WRITES)
def test_a_stale_claim_writes_nothing(engine: Engine, write: str) -> None:
    """A worker whose export was taken over is told so at each write, and changes nothing of the row."""
    export = an_export(engine)
    with writing(engine) as connection:
        stale = a_claim(connection, export)
        claim_export(connection, export, "two", SATURDAY + LEASE, 20)
    before = row_of(engine, export)
    with writing(engine) as connection, pytest.raises(LostClaimError):
        STALE_WRITES[write](connection, stale)
    assert before == row_of(engine, export)


def test_a_stale_claim_releases_nothing(engine: Engine) -> None:
    """Letting go what another worker took over leaves it with them, without an error."""
    export = an_export(engine)
    with writing(engine) as connection:
        stale = a_claim(connection, export)
        claim_export(connection, export, "two", SATURDAY + LEASE, 20)
    before = row_of(engine, export)
    with writing(engine) as connection:
        release_claim(connection, stale)
    assert before == row_of(engine, export)


def test_a_renewal_that_comes_late_takes_nothing(engine: Engine) -> None:
    """A renewal that was on its way when the claim was let go doesn't hold the export again."""
    export = an_export(engine)
    with writing(engine) as connection:
        claim = a_claim(connection, export)
        release_claim(connection, claim)
        with pytest.raises(LostClaimError):
            renew_claim(connection, claim, SATURDAY, 20)
        assert [export] == due_exports(connection, SATURDAY)


def test_an_unknown_export_is_not_claimed(engine: Engine) -> None:
    """A message with an id that isn't there claims nothing."""
    with writing(engine) as connection:
        assert claim_export(connection, "0b6ab0b2", "one", SATURDAY, 20) is None


def test_of_two_workers_one_wins(engine: Engine) -> None:
    """Two workers that reach for the same exports at once never both get one, and each is got."""
    made = [an_export(engine) for _ in range(ROUNDS)]
    together = threading.Barrier(2)
    won: dict[str, list[str]] = {export: [] for export in made}

    def reach(owner: str) -> None:
        for export in made:
            together.wait()
            with writing(engine) as connection:
                if claim_export(connection, export, owner, SATURDAY, 20) is not None:
                    won[export].append(owner)

    threads = [threading.Thread(target=reach, args=(owner,)) for owner in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [1] * ROUNDS == [len(owners) for owners in won.values()]
    assert {1} == {row_of(engine, export)["fencing"] for export in made}
