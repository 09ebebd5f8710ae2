"""Who may ask what a monitor or a witness asks: the networks that the installation names, else anybody.

What is told there holds nobody's data; how much goes on in a house is still no stranger's business.
Anybody else finds nothing (404). The address is that of the connection: behind a proxy that is the
proxy's, which then has to keep these routes to itself.
"""

from __future__ import annotations

from ipaddress import ip_address

from fastapi import Request
from starlette.exceptions import HTTPException

from api.signed_in import client_of
from runtime.outside import read_networks
from runtime.settings import Settings

_NOT_FOUND = 404


def let_monitors_in(request: Request) -> None:
    """Let the request through, or know nothing of its address."""
    settings: Settings = request.app.state.house.settings
    networks = read_networks(settings.monitor_networks)
    if not networks:
        return
    try:
        address = ip_address(client_of(request))
    except ValueError:
        address = None
    if address is None or not any(address in network for network in networks):
        raise HTTPException(_NOT_FOUND)
