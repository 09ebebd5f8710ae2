"""Only a person moves an export out of `unknown`, and the ledger says who did."""

from __future__ import annotations

import pytest

from exports.errors import ExportNotFoundError, WrongStateError
from runtime.database import writing
from store.tables import exports
from tests.cli.conftest import Run, last_entries
from tests.installation import Installation


def an_unknown_export(home: Installation) -> str:
    """Return an export whose mail server gave no answer."""
    export = home.ask(home.sign_in(home.enrol("0B65625")))
    lost = exports.update().where(exports.c.id == export)
    with writing(home.operator.engine) as connection:
        connection.execute(lost.values(state="unknown", reason="mail-answer-lost", built_fencing=1))
    return export


@pytest.mark.parametrize(
    ("to", "event"),
    [("sent", "export.sent"), ("built", "export.deferred"), ("failed", "export.failed")],
)
def test_lost_answer_is_resolved_by_a_person_once(run: Run, home: Installation, to: str, event: str) -> None:
    """An unknown export goes where a person says, by an entry of the operator's, and only once."""
    export = an_unknown_export(home)
    arguments = ("exports", "resolve", export, "--to", to, "--data", home.data)
    assert f"unknown → {to}" in run(*arguments).stdout
    entry = last_entries(home, 1)[0]
    assert (event, export, "operator") == (entry.event, entry.export, entry.actor.kind)
    assert isinstance(run(*arguments).exception, WrongStateError)


def test_unknown_id_is_not_resolved(run: Run, home: Installation) -> None:
    """An export that isn't there is an error, as is a state that isn't offered."""
    arguments = ("exports", "resolve", "no-such-export", "--data", home.data)
    assert isinstance(run(*arguments, "--to", "sent").exception, ExportNotFoundError)
    assert 2 == run(*arguments, "--to", "received").exit_code
