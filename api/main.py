"""The API's process: `python -m api.main --data DIR --port N [--host H] [--parent-pid PID]`.

One process, plain HTTP on the loopback by default; whoever serves it to a network puts TLS
before it. It says nothing on standard output, and nothing of what it serves.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import uvicorn

from api.app import make_app
from house.tale import ServiceTale
from house.wiring import House
from policies.rules import PolicySetError
from runtime.database import DatabaseUnfitError, check_database
from runtime.logs import start_logs
from runtime.processes import die_with_parent, keep_to_itself
from runtime.settings import Settings, SettingsError, load_settings

_STOP_SECONDS = 5
_CALLER = "api"


def serve(house: House, host: str, port: int) -> None:
    """Serve an installation until told to stop (SIGTERM, SIGINT)."""
    app = make_app(house)
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        # Without it a slow download would outlive Ctrl-C.
        timeout_graceful_shutdown=_STOP_SECONDS,
        log_config=None,
        access_log=False,
        server_header=False,
        # What a proxy claims of the caller's address is the caller's own word.
        proxy_headers=False,
        ws="none",
    )
    server = uvicorn.Server(config)
    app.state.watching.is_stopping = lambda: server.should_exit
    server.run()


def main(arguments: list[str] | None = None) -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="api", description="Sealed Book's API")
    parser.add_argument("--data", type=Path, required=True, help="the installation's folder")
    parser.add_argument("--port", type=int, required=True, help="where to listen")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--parent-pid", type=int, help="end when this process is gone")
    options = parser.parse_args(arguments)
    keep_to_itself()
    if options.parent_pid:
        die_with_parent(options.parent_pid)
    start_logs()
    try:
        house = House(load_settings(options.data, Settings), _CALLER)
        # A missing credential or key stops the process here and not the first person who signs in.
        house.settings.credential(_CALLER)
        house.settings.record_key(_CALLER)
        check_database(house.settings.database)
        with ServiceTale(house, _CALLER) as tale:
            tale.started()
            serve(house, options.host, options.port)
    except (SettingsError, PolicySetError, DatabaseUnfitError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
