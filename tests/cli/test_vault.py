"""`sealedbook vault …`: keys change by command, and shares reach their holders and nobody else."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from audit.events import Event
from cli.commands import commands
from cli.desk import CommandError
from house.invitations import add_member
from house.keys import KeysError
from identity.people import Newcomer, Role
from runtime.database import writing
from store.people import keep_password
from tests.cli.conftest import Run, last_entries
from tests.installation import CHEAP_HASHER, Installation, a_live_installation, an_installation
from vault.shares import SharesError
from vault.wrapping import ProviderError

PASSWORD = "a long enough password"
PROJECT = Path(__file__).parents[2]


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Installation]:
    """An installation of this test's own, with its vault running."""
    with an_installation(tmp_path) as installation:
        yield installation


def test_each_key_changes_by_a_command(run: Run, fresh: Installation) -> None:
    """The vault goes on afterwards, and each command says what to do next."""
    for key, says in (
        ("wrapping", "back the vault up"),
        ("checkpoint", "hand it"),
        ("credentials", "refused"),
    ):
        done = run("vault", "rotate", key, "--data", fresh.data)

        assert says in done.stdout, done.exception
        assert Event.KEY_DESTROYED is last_entries(fresh, 1)[0].event
    assert run("vault", "settle", "--data", fresh.data).exit_code == 0
    assert fresh.api.vault.sign()


def test_a_year_s_key_isn_t_destroyed_before_its_term(run: Run, home: Installation) -> None:
    """The command says until when it is kept."""
    done = run("vault", "destroy-year", "2026", "--data", home.data)

    assert isinstance(done.exception, KeysError)
    assert "2036" in str(done.exception)


def test_a_lost_key_comes_back_from_shares_on_standard_input(run: Run, fresh: Installation) -> None:
    """A demo's ceremony prints three shares; any two of them rebuild the key, one or a wrong one doesn't."""
    made = json.loads(run("vault", "ceremony", "--json", "--data", fresh.data).stdout)
    fresh.stop_vault()
    (key,) = fresh.settings.vault_home.glob("wrapping-*.key")
    key.unlink()

    def rebuild(*shares: str) -> BaseException | None:
        command = ["vault", "rebuild", "--data", str(fresh.data)]
        return CliRunner().invoke(commands, command, input="\n".join(shares) + "\n").exception

    for shares, says in ((made["shares"][:1], "2 shares are needed"), (["x", "y"], "share 1 is mistyped")):
        found = rebuild(*shares)

        assert isinstance(found, SharesError)
        assert says in str(found)
    assert rebuild(*made["shares"][1:]) is None
    assert isinstance(rebuild(*made["shares"][1:]), ProviderError)
    assert (Event.COMMAND_ISSUED, "vault-rebuild") == (
        last_entries(fresh, 1)[0].event,
        last_entries(fresh, 1)[0].resource.id,
    )
    fresh.start_vault()

    assert fresh.api.vault.sign()


def test_shares_are_printed_as_json_in_a_demo_alone(run: Run, tmp_path: Path) -> None:
    """A live installation's shares go to their holders' eyes only."""
    with a_live_installation(tmp_path) as (live, _invited):
        assert isinstance(run("vault", "ceremony", "--json", "--data", live.data).exception, CommandError)


class Terminal:
    """A command on a terminal of its own."""

    def __init__(self, *arguments: str) -> None:
        self.said = ""
        self._at = 0
        ours, theirs = pty.openpty()
        self._terminal = ours
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cli.main", *arguments],
            cwd=PROJECT,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)

    def until(self, pattern: str) -> re.Match[str]:
        """Read on until something new fits the pattern; return the match."""
        deadline = time.monotonic() + 60
        while not (found := re.search(pattern, self.said[self._at :])):
            assert time.monotonic() < deadline, self.said
            if select.select([self._terminal], [], [], 0.2)[0]:
                self.said += os.read(self._terminal, 65536).decode()
        self._at += found.end()
        return found

    def type(self, text: str) -> None:
        """Type a line."""
        os.write(self._terminal, f"{text}\n".encode())


def test_a_ceremony_hands_each_holder_a_share_and_keeps_none(fresh: Installation) -> None:
    """Two people show who they are; each holder proves two words; no word is in any file or log."""
    with writing(fresh.operator.engine) as connection:
        for role, address in (
            (Role.REVIEWER, "rita@exchange.example"),
            (Role.OPERATOR, "omar@exchange.example"),
        ):
            person = add_member(
                connection, Newcomer(role=role, name=address, email=address), fresh.operator.clock.now()
            )
            keep_password(connection, person, CHEAP_HASHER.hash(PASSWORD))
    terminal = Terminal(
        *("vault", "ceremony", "--data", str(fresh.data)),
        *("--present", "rita@exchange.example", "--present", "omar@exchange.example"),
    )
    for _ in range(2):
        terminal.until("your password: ")
        terminal.type(PASSWORD)
    shares = []
    for holder in range(1, 4):
        terminal.until(f"share {holder} of 3")
        terminal.type("")
        words = [terminal.until(rf"\b{at} ([a-z]+)")[1] for at in range(1, 34)]
        asked = int(terminal.until(r"word (\d+): ")[1])
        terminal.type("wrong")
        terminal.until(r"isn't the word")
        terminal.until(rf"word {asked}: ")
        terminal.type(words[asked - 1])
        terminal.type(words[int(terminal.until(r"word (\d+): ")[1]) - 1])
        terminal.until(re.escape("\x1b[3J"))
        shares.append(" ".join(words))
    terminal.until("2 of 3 shares")

    assert terminal.process.wait(30) == 0
    files = [path for path in fresh.data.rglob("*") if path.is_file()]
    kept = b"".join(path.read_bytes() for path in files)
    assert not [share for share in shares if " ".join(share.split()[3:6]).encode() in kept]
    assert fresh.api.vault.status().has_shares
    told = [one.event for one in last_entries(fresh, 6)]
    assert told == [
        *[Event.COMMAND_ISSUED] * 2,
        Event.KEY_REQUESTED,
        *[Event.KEY_ROTATED] * 2,
        Event.KEY_DESTROYED,
    ]
