"""What a request for an export may say."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.callers import ASKED, Desk, a_licence

PLANTED = "Maria-Consuelo Fernandez 555-12-3456"


def test_an_unlisted_purpose_is_refused_and_not_recorded_as_typed(desk: Desk) -> None:
    """R08 refuses a purpose that isn't on the list; the ledger has `other` for it."""
    answer = desk.with_session(a_licence(desk)).post("/v1/exports", ASKED | {"purpose": PLANTED})

    entry = desk.entry(answer.json()["decision"])
    assert (403, "R08", "other") == (answer.status_code, answer.json()["rule"], entry.purpose)
    assert PLANTED not in answer.text


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"purpose": None}, "body.purpose"),
        ({"purpose": PLANTED * 10}, "body.purpose"),
        ({"channel": PLANTED}, "body.channel"),
        ({"acknowledged": "yes"}, "body.acknowledged"),
        ({"acknowledged": 1}, "body.acknowledged"),
        ({"agent": PLANTED}, "body.agent"),
        ({PLANTED: 1}, "body.(unknown)"),
    ],
)
def test_bad_input_is_named_and_not_repeated(desk: Desk, changed: dict[str, Any], field: str) -> None:
    """A wrong field is 422 with its name and a code, and no value comes back."""
    answer = desk.with_session(a_licence(desk)).post("/v1/exports", ASKED | changed)

    assert (422, [field]) == (answer.status_code, [one["field"] for one in answer.json()["fields"]])
    assert PLANTED not in answer.text


@pytest.mark.parametrize("key", ["", "two words", "ü", "x" * 129])
def test_a_bad_key_is_bad_input(desk: Desk, key: str) -> None:
    """An Idempotency-Key is a short word."""
    caller = desk.with_session(a_licence(desk))
    headers = {b"X-CSRF-Token": caller.csrf.encode(), b"Idempotency-Key": key.encode()}

    answer = caller.client.post("/v1/exports", json=ASKED, headers=headers)

    assert (422, "header.idempotency-key") == (answer.status_code, answer.json()["fields"][0]["field"])


def test_books_go_by_link_unless_asked_otherwise(desk: Desk) -> None:
    """Without a channel a request is one by link."""
    body = {name: value for name, value in ASKED.items() if name != "channel"}

    answer = desk.with_session(a_licence(desk)).post("/v1/exports", body)

    assert (202, "link") == (answer.status_code, answer.json()["channel"])
