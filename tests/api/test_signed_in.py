"""Where a call came from, in one form."""

from __future__ import annotations

import pytest
from fastapi import Request

from api.signed_in import client_of
from audit.fields import client as check_client


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:0DB8:0:0::1", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("testclient", "local:test"),
        ("", "local:socket"),
        ("not an address", "local:socket"),
        (None, "local:socket"),
    ],
)
def test_a_client_is_an_address_in_its_short_form(host: str | None, expected: str) -> None:
    """Whatever the server says, the ledger gets an address or `local:<word>`."""
    scope: dict[str, object] = {"type": "http", "headers": [], "client": None if host is None else (host, 1)}

    found = client_of(Request(scope))

    assert expected == found
    check_client(found, "client")
