"""The demo's mail server: insists on STARTTLS and keeps each delivered message as a file.

Its authority is made for this run; the private keys stay in memory. Whoever is to trust it
finds the authority's certificate in a file.

    python -m cli.mail_catcher --folder DIR --name HOST --port N     in a container, until stopped
"""

from __future__ import annotations

import argparse
import os
import signal
import ssl
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

HOST = "127.0.0.1"
_MOST_BYTES = 64 * 1024 * 1024


class MailCatcher:
    """A running mail server, as a context; `port` is where it listens."""

    def __init__(self, folder: Path, *, name: str = HOST, address: str = HOST, port: int = 0) -> None:
        """`name` is the certificate's; port 0 is one that the system chooses."""
        self.folder = folder
        self._name = name
        self._address = address
        self.authority = folder / "ca.pem"
        self.mails: list[Path] = []
        self.port = port
        self._kept = 0
        self._controller: Controller | None = None

    def __enter__(self) -> Self:
        """Make the authority and listen."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        numbers = [path.stem.removeprefix("mail-") for path in self.folder.glob("mail-*.eml")]
        self._kept = max((int(number) for number in numbers if number.isdigit()), default=0)
        authority = trustme.CA()
        self.authority.write_bytes(authority.cert_pem.bytes())
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(self._name).configure_cert(tls)
        self._controller = _AnyPort(
            self,
            hostname=self._address,
            port=self.port,
            ready_timeout=10,
            tls_context=tls,
            require_starttls=True,
            data_size_limit=_MOST_BYTES,
        )
        self._controller.start()
        self.port = self._controller.port
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening."""
        if self._controller is not None:
            self._controller.stop(no_assert=True)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Keep a message, and only then say that it was taken."""
        content: Any = envelope.content
        # What came before, in an earlier run, keeps its number.
        path = self.folder / f"mail-{self._kept + 1}.eml"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._kept += 1
        with os.fdopen(descriptor, "wb") as file:
            file.write(bytes(content))
        self.mails.append(path)
        return "250 OK"


class _AnyPort(Controller):
    """A controller on a port that the system chose."""

    def _trigger_server(self) -> None:
        listening: Any = self.server
        self.port = listening.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]  # aiosmtpd has no types


def main(arguments: list[str] | None = None) -> None:
    """Catch mails on every address of a container until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m cli.mail_catcher")
    parser.add_argument("--folder", type=Path, required=True, help="where authority and mails go")
    parser.add_argument("--name", required=True, help="the server's name, as clients know it")
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args(arguments)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stopping.set())
    with MailCatcher(options.folder, name=options.name, address="", port=options.port):
        stopping.wait()


if __name__ == "__main__":
    main()
