"""Found a vault over its own socket: for one that is a user of its own, whose home nobody else enters.

Laws
1. Started with `--await-founding` on a home without a store, the vault answers one question, `found`,
   with what is to be handed out, and is from then on a vault like any. To all else it says
   `unfounded`.
2. Who reaches the socket may found: nothing is there yet to be stolen. Whoever comes second is told
   that the question can't be read, and founds nothing.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from audit.note import NoteError
from vault.ceremony import Founding, create_vault
from vault.errors import ERROR_OF, Code
from vault.framing import (
    ANSWER_MAX_BYTES,
    REQUEST_MAX_BYTES,
    FrameReader,
    FramingError,
    decode_body,
    encode_frame,
    send_frame,
)
from vault.home import STORE_NAME
from vault.messages import Answer, read_answer, write_answer
from vault.table import CallerKind
from vault.wrapping import KeyProvider

_SECONDS = 10.0
_LOOK_SECONDS = 0.2
_VERSION = 1


def await_founding(
    listener: socket.socket, home: Path, provider: KeyProvider, is_over: Callable[[], bool]
) -> bool:
    """Wait until somebody founds the vault; tell whether they did, or waiting was over before."""
    listener.settimeout(_LOOK_SECONDS)
    while not is_over():
        try:
            connection, _address = listener.accept()
        except TimeoutError:
            continue
        with connection:
            if _answer(connection, home, provider):
                return True
    return False


def ask_founding(path: Path, origin: str, *, demo: bool) -> Founding:
    """Have the vault behind a socket founded, or raise VaultError: `bad_request` where it is already."""
    message = {"v": _VERSION, "call": "found", "origin": origin, "demo": demo}
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.connect(str(path))
            send_frame(connection, encode_frame(message), seconds=_SECONDS)
            body = FrameReader(connection, max_bytes=ANSWER_MAX_BYTES).read(seconds=_SECONDS)
        answer = read_answer(decode_body(body or b""))
    except (OSError, FramingError):
        raise ERROR_OF[Code.UNAVAILABLE](Code.UNAVAILABLE) from None
    if answer.code is not Code.OPENED:
        raise ERROR_OF[answer.code](answer.code, answer.field)
    credentials = {kind: str(answer.body["credentials"][kind.value]) for kind in CallerKind}
    return Founding(credentials=credentials, vkey=str(answer.body["vkey"]))


def _answer(connection: socket.socket, home: Path, provider: KeyProvider) -> bool:
    try:
        body = FrameReader(connection, max_bytes=REQUEST_MAX_BYTES).read(seconds=_SECONDS)
        asked = decode_body(body or b"")
        answer = _found(asked, home, provider) if asked.get("call") == "found" else _UNFOUNDED
        send_frame(connection, encode_frame(write_answer(answer)), seconds=_SECONDS)
    except FramingError:
        # Who founded and didn't hear the answer has to empty the home and ask again.
        return (home / STORE_NAME).exists()
    return answer.code is Code.OPENED


_UNFOUNDED = Answer(code=Code.UNFOUNDED)


def _found(asked: Mapping[str, Any], home: Path, provider: KeyProvider) -> Answer:
    origin, demo = asked.get("origin"), asked.get("demo")
    if asked.keys() != {"v", "call", "origin", "demo"} or asked["v"] != _VERSION:
        return Answer(code=Code.BAD_REQUEST)
    if not isinstance(origin, str) or not isinstance(demo, bool):
        return Answer(code=Code.BAD_REQUEST)
    try:
        made = create_vault(home, origin, demo=demo, provider=provider)
    except NoteError:
        return Answer(code=Code.BAD_REQUEST)
    credentials = {kind.value: text for kind, text in made.credentials.items()}
    return Answer(code=Code.OPENED, body={"credentials": credentials, "vkey": made.vkey})
