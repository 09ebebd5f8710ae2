"""`sealedbook serve`: the whole product on this machine, until Ctrl-C or SIGTERM.

Laws
1. One `serve` a folder; started again on the same folder it goes on where it was, however the
   last one ended.
2. Nothing starts half-configured: without `--demo` the mail server's settings have to be whole.
3. It ends with exit code 0 when it was asked to, with everything that it started; with 1 when
   it can't keep something up.
4. `--demo` is for demo installations: it makes one in a new folder, mails into the folder, and
   prints what people sign in with. With `--json` that is the first line of standard output.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from cli.demo import found_demo
from cli.demo_data import SAMPLE_AS_OF
from cli.desk import DEFAULT_DATA, CommandError, DataFolder
from cli.furnishing import DEMO_FOLDER, SIGN_INS, SignIns, furnish
from cli.mail_catcher import HOST, MailCatcher
from cli.telling import Telling
from house.interruption import Interruption
from house.probes import LOOPBACK, free_port, is_free
from house.processes import VAULT, Processes
from house.serving import SERVING_FILE, Serving, announced
from house.supervision import Supervisor
from house.tale import ServiceTale
from house.upgrading import bring_to_this_version, tell_outgrown
from house.wiring import House
from runtime.clock import rfc3339
from runtime.settings import INSTALLATION_FILE, Settings, WorkerSettings, load_settings

DEMO_SENDER = "books@sealedbook.example"
_PORT_SECONDS = 3.0
_POLL_SECONDS = 0.1


def serve(
    data: DataFolder = DEFAULT_DATA,
    port: Annotated[int, typer.Option(min=0, max=65535, help="where to listen; 0 takes a free one")] = 8000,
    demo: Annotated[
        bool, typer.Option("--demo", help="a demo: synthetic data, mail into the folder, sign-ins printed")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="begin with one line of JSON")] = False,
) -> None:
    """Run the whole product here: queue, vault, worker and portal, until Ctrl-C."""
    telling = Telling(Console(stderr=as_json))
    interruption = Interruption()
    with interruption.orderly():
        try:
            settings = _settings(data, telling) if demo else load_settings(data, WorkerSettings)
            with (
                closing(House(settings, "operator")) as house,
                ServiceTale(house, VAULT) as tale,
                Processes(settings, interruption) as processes,
            ):
                place = _find_port(settings.data, port)
                _run(processes, settings, place, telling, tale, demo=demo, as_json=as_json)
        except SystemExit:
            if not interruption.asked:
                raise
            sys.stderr.write("Stopped, and so is every process that was started.\n")


def _run(
    processes: Processes,
    settings: Settings,
    port: int,
    telling: Telling,
    tale: ServiceTale,
    *,
    demo: bool,
    as_json: bool,
) -> None:
    """Start, say where, and keep it up until the program is asked to end."""
    bring_to_this_version(settings)
    with telling.step("Queue and vault started"):
        processes.start_broker()
        processes.start_vault()
        tale.started()
    sign_ins: SignIns = {}
    if demo:
        with closing(House(settings, "operator")) as house:
            sign_ins = furnish(house, telling)
    url = f"http://{LOOPBACK}:{port}"
    with _mail(settings, url) as (environment, serving), announced(settings.data, serving):
        with telling.step("Worker and portal started"):
            processes.start_doors(port, environment)
        if as_json:
            said = {"url": url} | {part: asdict(sign_in) for part, sign_in in sign_ins.items()}
            sys.stdout.write(json.dumps(said) + "\n")
            sys.stdout.flush()
        _tell(telling, settings, url, {} if as_json else sign_ins)
        with closing(House(settings, "operator")) as house:
            if outgrown := tell_outgrown(house):
                telling.warn(outgrown)
        Supervisor(
            processes, lambda text: telling.warn(f"{datetime.now(UTC):%H:%M:%S} {text}"), restarted=tale.again
        ).watch()


def _settings(data: Path, telling: Telling) -> Settings:
    """Return a demo installation's settings; in a new folder it is made."""
    if not (data / INSTALLATION_FILE).exists():
        return found_demo(data, SAMPLE_AS_OF, telling)
    settings = load_settings(data, Settings)
    if settings.mode != "demo":
        raise CommandError(f"{data} holds a live installation; --demo is for demo installations")
    return settings


def _find_port(data: Path, port: int) -> int:
    """Return where to listen; what the API of a killed `serve` still holds is free in a moment."""
    if port == 0:
        return free_port()
    was_killed = (data / SERVING_FILE).exists()
    deadline = time.monotonic() + (_PORT_SECONDS if was_killed else 0)
    while not is_free(port):
        if time.monotonic() > deadline:
            raise CommandError(f"port {port} is taken: choose another with --port, or any with --port 0")
        time.sleep(_POLL_SECONDS)
    return port


@contextmanager
def _mail(settings: Settings, url: str) -> Iterator[tuple[Mapping[str, str], Serving]]:
    """Have a way to mail for the block: the configured server, or a demo's own."""
    portal = {"SEALEDBOOK_PORTAL_URL": os.environ.get("SEALEDBOOK_PORTAL_URL") or url}
    started = rfc3339(datetime.now(UTC))
    if isinstance(settings, WorkerSettings):
        yield (
            portal,
            Serving(
                url=url,
                started_at=started,
                mail_host=settings.mail_host,
                mail_port=settings.mail_port,
                mail_sender=settings.mail_sender,
                mail_ca=str(settings.mail_ca) if settings.mail_ca else None,
            ),
        )
        return
    with MailCatcher(settings.data / DEMO_FOLDER / "mail") as catcher:
        environment = portal | {
            "SEALEDBOOK_MAIL_HOST": HOST,
            "SEALEDBOOK_MAIL_PORT": str(catcher.port),
            "SEALEDBOOK_MAIL_SENDER": DEMO_SENDER,
            "SEALEDBOOK_MAIL_CA": str(catcher.authority),
        }
        yield (
            environment,
            Serving(
                url=url,
                started_at=started,
                mail_host=HOST,
                mail_port=catcher.port,
                mail_sender=DEMO_SENDER,
                mail_ca=str(catcher.authority),
            ),
        )


def _tell(telling: Telling, settings: Settings, url: str, sign_ins: SignIns) -> None:
    telling.say(f"\nSealed Book is running: {url}")
    if sign_ins:
        telling.say("Sign in there; the code comes from any authenticator app that is given the secret:")
        for part, made in sign_ins.items():
            telling.say(
                f"  {part.replace('_', ' '):<12} {made.username:<10} password {made.password}  "
                f"secret {made.totp_secret}"
            )
        folder = settings.data / DEMO_FOLDER
        telling.say(f"A demo keeps these sign-ins in {folder / SIGN_INS}; other installations keep none.")
        telling.say(f"Mails arrive in {folder / 'mail'}")
    telling.say("Stop with Ctrl-C.")
