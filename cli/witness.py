"""`sealedbook witness …`: a witness of somebody's ledger, on a machine of one's own.

It needs no installation: a folder with its own key and what it signed last, and the ledger's
vkey. What it is shown comes from anywhere; what it signs, it checked itself (`audit/witness.py`).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Annotated

import typer

from audit.note import to_base64
from audit.witness import Submission, WitnessRefusedError, read_submission
from audit.witness_bundle import read_bundle
from audit.witness_folder import WitnessFolder
from audit.witness_server import PATH, WitnessServer
from cli.desk import CommandError, read_text
from delivery.posting import Answer, PostingError, Road
from runtime.files import write_whole

witness = typer.Typer(help="Witness a ledger from a machine of one's own: check that it grows, and cosign.")
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="the witness's own folder")]
Vkey = Annotated[Path, typer.Option(metavar="FILE", help="the ledger's key, or the history of its keys")]


@witness.command("init")
def init(
    folder: Folder,
    name: Annotated[str, typer.Option(help="the witness's name, e.g. witness.example/compliance")],
) -> None:
    """Make the witness's key, and print its vkey for whoever shall know it."""
    typer.echo(WitnessFolder(folder).create(name))


@witness.command("check")
def check(
    folder: Folder,
    source: Annotated[
        str,
        typer.Option("--from", metavar="URL|FOLDER|FILE", help="the house, a bundle, or a submission"),
    ],
    vkey: Vkey,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="where the cosigned checkpoint goes besides")
    ] = None,
    ca: Annotated[Path | None, typer.Option(metavar="FILE", help="authorities to trust for the URL")] = None,
) -> None:
    """Check the newest head against the one signed last; cosign it, and hand it back."""
    made = WitnessFolder(folder)
    keys = made.trust(read_text(vkey))
    seen = made.seen(keys)
    origin = _origin_of(source, ca)
    try:
        submission = origin.fetch(seen.size if seen else 0)
        cosigned = made.add(submission, lambda: int(time.time()))
    except WitnessRefusedError as refused:
        raise CommandError(f"NOT COSIGNED ({refused.status.value}): {refused}") from None
    origin.hand_back(cosigned)
    if out is not None:
        out.write_text(cosigned, encoding="utf-8")
    now = made.seen(keys)
    if now is not None:
        since = f"extends {seen.size} entries" if seen else "the first that this witness signed"
        typer.echo(f"cosigned: {now.size} entries, root {to_base64(now.root)} ({since})")


@witness.command("serve")
def serve(
    folder: Folder,
    vkey: Annotated[list[Path], typer.Option(metavar="FILE", help="a ledger's key; may repeat")],
    host: Annotated[str, typer.Option(help="where to listen; put TLS before it")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one")] = 8010,
) -> None:
    """Answer `POST /add-checkpoint` (c2sp.org/tlog-witness) until Ctrl-C."""
    made = WitnessFolder(folder)
    made.key()
    for each in vkey:
        made.trust(read_text(each))
    with WitnessServer(made, host, port) as server:
        typer.echo(f"witness {made.key().name} at http://{host}:{server.port}{PATH}; stop with Ctrl-C")
        server.serve_forever()


@dataclass(frozen=True)
class Origin:
    """Where a checkpoint comes from, and where the cosigned one goes."""

    fetch: Callable[[int], Submission]
    hand_back: Callable[[str], None]


def _origin_of(source: str, ca: Path | None) -> Origin:
    if source.startswith(("https://", "http://")):
        return _house(source.rstrip("/"), Road(authorities=ca))
    path = Path(source)
    if path.is_dir():
        checkpoint = path / "checkpoint"
        return Origin(lambda old: read_bundle(path, old), lambda note: write_whole(checkpoint, note))
    return Origin(
        lambda _old: read_submission(read_text(path)),
        lambda note: write_whole(path.with_name(f"{path.name}.cosigned"), note),
    )


def _house(url: str, road: Road) -> Origin:
    def fetch(old: int) -> Submission:
        answer = _answered(lambda: road.get(f"{url}/v1/heads/newest?old={old}"))
        if answer.status == HTTPStatus.CONFLICT:
            raise CommandError(f"NOT COSIGNED: {old} entries were signed, the house has fewer")
        if answer.status != HTTPStatus.OK:
            raise CommandError(f"{url} has no signed head for us (status {answer.status})")
        return read_submission(answer.body.decode("utf-8", "replace"))

    def hand_back(note: str) -> None:
        answer = _answered(
            lambda: road.post(
                f"{url}/v1/heads/cosigned", note.encode(), Content_Type="text/plain; charset=utf-8"
            )
        )
        if answer.status != HTTPStatus.NO_CONTENT:
            raise CommandError(f"cosigned, but {url} didn't take it back (status {answer.status})")

    return Origin(fetch, hand_back)


def _answered(ask: Callable[[], Answer]) -> Answer:
    try:
        return ask()
    except PostingError as error:
        raise CommandError(f"the house can't be reached: {error}") from None
