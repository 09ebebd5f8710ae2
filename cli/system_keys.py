"""`sealedbook keys list`, `issue` and `revoke`: the keys that systems end delegations with."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Annotated

import typer

from cli.desk import CONSOLE_OPERATOR, DEFAULT_DATA, CommandError, DataFolder, open_house
from house.system_keys import Issued, KeyTold, issue_key, keys_of, revoke_key
from runtime.files import new_file, sync_folder
from store.api_keys import LABEL

keys = typer.Typer(help="Keys with which systems end delegations.", no_args_is_help=True)


@keys.command("list")
def list_all(
    data: DataFolder = DEFAULT_DATA,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    """List every key that was issued, the newest first; never a key itself."""
    with open_house(data) as house:
        told = keys_of(house, None)
    if as_json:
        typer.echo(json.dumps({"keys": [_body(one) for one in told]}))
        return
    for one in told:
        key, used = one.key, one.last_used_at or "never"
        typer.echo(
            f"{one.state:8}  {key.id}  {key.agency or 'the exchange'}  {key.label}  issued by {one.issued_by}"
            f"  used {used[:16]}  ends {key.expires_at[:10]}"
        )
    if not told:
        typer.echo("no key was issued")


@keys.command("issue")
def issue(
    label: Annotated[str, typer.Argument(help="the system's name")],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="put the key there, readable by its owner alone")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="print one JSON object, the key in it unless --out takes it")
    ] = False,
    data: DataFolder = DEFAULT_DATA,
) -> None:
    """Issue a key of the exchange's, which speaks of every agent. It can't be shown again."""
    if not re.fullmatch(LABEL, label, re.ASCII):
        raise CommandError("a system's name has 1 to 60 letters, digits, blanks, dots, dashes or underscores")
    if out is None and not as_json:
        raise CommandError("say where the key goes: --out FILE, or --json to print it")
    if out is None:
        with open_house(data) as house:
            issued = issue_key(house, CONSOLE_OPERATOR, label)
    else:
        issued = _issue_into(out, data, label)
    told = {"id": issued.key.id, "label": issued.key.label, "expires_at": issued.key.expires_at}
    if as_json:
        typer.echo(json.dumps(told | ({"key": issued.token} if out is None else {})))
    else:
        typer.echo(f"key {issued.key.id} lies in {out}; it ends {issued.key.expires_at[:10]}")


@keys.command("revoke")
def revoke(
    key: Annotated[str, typer.Argument(metavar="ID", help="as `keys list` has it")],
    data: DataFolder = DEFAULT_DATA,
) -> None:
    """Revoke a key for good."""
    with open_house(data) as house:
        revoked = revoke_key(house, CONSOLE_OPERATOR, key)
    typer.echo(f"key {revoked.id} of {revoked.label} is revoked; what it ended stays ended")


def _issue_into(out: Path, data: Path, label: str) -> Issued:
    """Make the file before the key, which would have nowhere to go; without a key no file stays."""
    try:
        with new_file(out) as file:
            with open_house(data) as house:
                issued = issue_key(house, CONSOLE_OPERATOR, label)
            file.write(f"{issued.token}\n".encode("ascii"))
    except FileExistsError:
        raise CommandError("that file is there already; name another") from None
    except BaseException:
        out.unlink(missing_ok=True)
        raise
    sync_folder(out.parent)
    return issued


def _body(told: KeyTold) -> dict[str, str | None]:
    key = told.key
    return {
        "id": key.id,
        "label": key.label,
        "agency": key.agency,
        "issued_by": told.issued_by,
        "issued_at": key.issued_at,
        "expires_at": key.expires_at,
        "last_used_at": told.last_used_at,
        "state": told.state,
    }
