"""System keys by forms: issued and shown once, listed, revoked after a question."""

from __future__ import annotations

import re

import pytest

from identity.people import Role
from tests.api.callers import Desk
from tests.api.members import a_member
from tests.api.surfing import Surfer, signed_in_surfer
from tests.api.systems import AGENT, MANAGER, System
from tests.api.test_pages_walk import forget_factor

KEY = re.compile(r"sbk_([0-9a-f]{16})_[A-Za-z0-9_-]{43}")


def issue(surfer: Surfer, label: str = "Agency desk 2") -> re.Match[str]:
    """Issue a key by the form; return it as the page shows it."""
    surfer.open("/keys")
    surfer.send("/keys", label=label)
    shown = KEY.search(surfer.page.text)
    assert shown is not None, surfer.page.text
    return shown


def test_a_manager_issues_a_key_sees_it_once_and_revokes_it(desk: Desk) -> None:
    """The key works until it is revoked; no other page shows it; revoking asks once and is told."""
    surfer = signed_in_surfer(desk, MANAGER)
    surfer.open("/dashboard")
    surfer.open(surfer.page.links["System keys"])
    assert (200, True) == (surfer.status, "Callahan & Daughters Insurance" in surfer.page.text)
    key = issue(surfer)
    assert "Copy it now; we can’t show it again." in surfer.page.text
    system = System(desk.caller(), key[1], key[0])
    assert "ended" in system.post(agent=AGENT, consumer="C-page").json()

    surfer.open("/keys")
    assert (False, True) == (key[0] in surfer.page.text, "Agency desk 2" in surfer.page.row_names)
    surfer.open(f"/keys/{key[1]}/revoke")
    assert "This can’t be undone." in surfer.page.text
    surfer.send(f"/keys/{key[1]}/revoke")
    assert ("/keys", True) == (surfer.path, "Revoked" in surfer.page.text)
    assert 401 == system.post().status_code
    surfer.open(f"/keys/{key[1]}/revoke")
    assert "This key is refused already" in surfer.page.text


def test_what_is_wrong_with_a_name_stands_at_its_field(desk: Desk) -> None:
    """It stays as typed, and no key is made."""
    surfer = signed_in_surfer(desk, MANAGER)
    surfer.open("/keys")
    for label in ("", "a/b"):
        surfer.send("/keys", label=label)
        assert (422, True) == (surfer.status, "#label" in surfer.page.links.values())
        assert KEY.search(surfer.page.text) is None


def test_a_stale_factor_is_asked_for(desk: Desk) -> None:
    """Both to issue and to revoke; without a right code nothing happens."""
    manager = desk.home.enrol("0E19721")
    surfer = signed_in_surfer(desk, "0E19721")
    key = issue(surfer)[1]
    forget_factor(desk, manager)
    for path, fields in (("/keys", {"label": "late"}), (f"/keys/{key}/revoke", {})):
        surfer.open(path)
        surfer.send(path, **fields)
        assert (422, True) == (surfer.status, "Enter the six digits" in surfer.page.text)
    surfer.send(f"/keys/{key}/revoke", totp=desk.code(manager))
    assert ("/keys", True) == (surfer.path, "Revoked" in surfer.page.text)


def test_an_operator_sees_every_key(desk: Desk) -> None:
    """With whose it is; their own are the exchange's."""
    agencys = issue(signed_in_surfer(desk, MANAGER), "Of an agency")
    surfer = a_member(desk, Role.OPERATOR)
    surfer.open("/operator")
    surfer.open(surfer.page.links["System keys"])
    issue(surfer, "Of the exchange")
    surfer.open("/keys")
    assert {"Of an agency", "Of the exchange"} <= set(surfer.page.row_names)
    assert {"AG0002", "the exchange"} <= set(re.findall(r"AG0002|the exchange", surfer.page.text))
    surfer.open(f"/keys/{agencys[1]}/revoke")
    assert 200 == surfer.status


@pytest.mark.parametrize("role", ["agent", "reviewer"])
def test_for_others_there_is_no_such_page(desk: Desk, role: str) -> None:
    """Neither in the navigation nor by its address."""
    surfer = a_member(desk) if role == "reviewer" else signed_in_surfer(desk, AGENT)
    surfer.open("/account")
    assert "System keys" not in surfer.page.links
    for path in ("/keys", f"/keys/{'0' * 16}/revoke"):
        surfer.open(path)
        assert 404 == surfer.status
