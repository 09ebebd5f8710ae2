"""A witness on the network: `POST /add-checkpoint`, as c2sp.org/tlog-witness has it.

The standard library's server, on an address that the owner chooses; TLS is for whatever stands
before it. Nobody has to be known: what a submission proves is all that counts. Slow and large
callers are cut off.
"""

from __future__ import annotations

import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from audit.note import join_note, split_note
from audit.witness import MAX_BODY_BYTES, SIZE_MEDIA_TYPE, WitnessRefusedError, read_submission
from audit.witness_folder import WitnessError, WitnessFolder

PATH: Final = "/add-checkpoint"
_SECONDS = 10.0


class WitnessServer(ThreadingHTTPServer):
    """Serves one witness; `serve_forever` and `shutdown` as its base has them."""

    daemon_threads = True

    def __init__(self, witness: WitnessFolder, host: str, port: int) -> None:
        witness.key()
        self.witness = witness
        super().__init__((host, port), _Handler)

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self.server_address[1])


class _Handler(BaseHTTPRequestHandler):
    server: WitnessServer
    server_version = "witness"
    sys_version = ""
    protocol_version = "HTTP/1.1"
    timeout = _SECONDS

    def do_POST(self) -> None:
        """Answer one submission."""
        length = self.headers.get("Content-Length", "")
        if self.path != PATH:
            self._answer(HTTPStatus.NOT_FOUND, "there is /add-checkpoint and nothing else\n", close=True)
        elif not (length.isascii() and length.isdigit() and int(length) <= MAX_BODY_BYTES):
            self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "a length up to 64 KiB is needed\n", close=True)
        else:
            self._add(self.rfile.read(int(length)))

    def _add(self, body: bytes) -> None:
        try:
            submission = read_submission(body.decode())
            cosigned = self.server.witness.add(submission, lambda: int(time.time()))
        except UnicodeDecodeError:
            self._answer(HTTPStatus.BAD_REQUEST, "not UTF-8\n")
        except WitnessRefusedError as refused:
            if refused.size is None:
                self._answer(refused.status, f"{refused}\n")
            else:
                self._answer(refused.status, f"{refused.size}\n", SIZE_MEDIA_TYPE)
        except (WitnessError, OSError):
            self._answer(HTTPStatus.INTERNAL_SERVER_ERROR, "this witness can't work\n")
        else:
            note = split_note(cosigned)
            only_ours = join_note(note._replace(signatures=note.signatures[-1:]))
            self._answer(HTTPStatus.OK, only_ours.removeprefix(f"{note.body}\n"))

    def _answer(
        self,
        status: HTTPStatus,
        text: str,
        media_type: str = "text/plain; charset=utf-8",
        *,
        close: bool = False,
    ) -> None:
        data = text.encode()
        self.close_connection = close
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(data)))
        if close:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *_arguments: object) -> None:  # noqa: A002 - the base's name
        """Say nothing: who asks is nobody's business, and refusals are the asker's."""
