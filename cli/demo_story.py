"""The demo's story, step by step: everything in it really happens, in processes of their own.

What the agent does goes over HTTP and mail; what the operator does goes through the gate.
Each step either did what it says or ends the story with an error.
"""

from __future__ import annotations

import email
import email.policy
import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from audit.verify import Verdict, verify_bundle
from book.reading import Sheet, read_book
from book.reopen import reopen
from cli.demo_client import AgentClient
from cli.demo_data import Given, clear_files
from cli.desk import CONSOLE_OPERATOR, CommandError
from cli.evidence import make_bundle
from cli.mail_catcher import HOST, MailCatcher
from cli.people import take_roster
from cli.telling import Telling
from house.enrolment import SignIn, enrol_person
from house.founding import VKEY_FILE
from house.importing import bring_in
from house.probes import free_port
from house.processes import Processes
from house.wiring import House
from runtime.clock import PACIFIC
from snapshot.importing import ImportedSnapshot
from snapshot.publishing import publish

_SENDER = "books@sealedbook.example"
_SEND_SECONDS = 45.0
_SHOWN_COLUMNS = 3
_STAGES = {
    None: "waiting for the worker",
    "permitted": "permit to build recorded",
    "opened": "vault opened the agent's rows",
    "sealed": "workbook written, encrypted and re-opened",
    "stored": "stored",
    "built": "built",
    "addressed": "mail server took the recipient, over TLS",
    "sending": "permit to send recorded",
    "unlocked": "vault gave the book's key",
    "answered": "mail server took the message",
    "sent": "sent",
}


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What the story came to."""

    imported: ImportedSnapshot
    export: dict[str, Any]
    mail: Path
    book: Path
    passphrase: str
    refusal: dict[str, Any]
    bundle: Path
    verdict: Verdict


class Story:
    """One demo in one installation, whose processes are running under `processes`."""

    def __init__(self, house: House, processes: Processes, telling: Telling) -> None:
        self._house = house
        self._processes = processes
        self._telling = telling
        self._folder = house.settings.data / "demo"
        self._folder.mkdir(mode=0o700)

    def tell(self, given: Given | None, as_of: datetime) -> Outcome:
        """Tell it all; AgentError, CommandError and the rooms' errors end it."""
        step = self._telling.step
        with step("Vault started (it alone holds keys; each opening needs a recorded permit)"):
            self._processes.start_vault()
        imported, sign_in = self._prepare(given, as_of)
        with MailCatcher(self._folder / "mail") as catcher:
            with step("Queue (Valkey), worker, portal and a mail server with STARTTLS started") as tell:
                tell(url := self._start(catcher))
            with AgentClient(url) as agent:
                export = self._send(agent, sign_in)
                mail, book, sealed = self._receive(catcher, export)
                passphrase = self._open(agent, export, sealed)
                refusal = self._refuse(agent)
                export = agent.export(export["id"])
                agent.sign_out()
        bundle, verdict = self._verify()
        return Outcome(
            imported=imported,
            export=export,
            mail=mail,
            book=book,
            passphrase=passphrase,
            refusal=refusal,
            bundle=bundle,
            verdict=verdict,
        )

    def _prepare(self, given: Given | None, as_of: datetime) -> tuple[ImportedSnapshot, SignIn]:
        """Take roster and extract over, publish, and let the agent sign in."""
        house, step = self._house, self._telling.step
        with clear_files(given, self._folder) as material:
            with step("Roster taken over") as tell:
                taken = take_roster(house, material.roster)
                tell(f"{taken.added + taken.known} agents and managers with their papers")
            with step("Weekly extract checked and stored encrypted, agent by agent") as tell:
                imported = bring_in(house, CONSOLE_OPERATOR, material.extract, as_of, progress=tell)
                kinds = ", ".join(f"{count} {kind}" for kind, count in imported.report.kinds.items())
                tell(f"{material.what}, {imported.report.rows} rows of consumers ({kinds})")
        with step("Snapshot published") as tell:
            ref = publish(imported.attempt, who=CONSOLE_OPERATOR, gate=house.gate, vault=house.vault)
            tell(f"data as of {_pacific(as_of)}, digest {ref.digest[:16]}…")
        with step("Agent enrolled (password and second factor)") as tell:
            sign_in = enrol_person(house, CONSOLE_OPERATOR, material.agent)
            tell(f"licence {material.agent}")
        return imported, sign_in

    def _start(self, catcher: MailCatcher) -> str:
        self._processes.start_broker()
        port = free_port()
        environment = {
            "SEALEDBOOK_MAIL_HOST": HOST,
            "SEALEDBOOK_MAIL_PORT": str(catcher.port),
            "SEALEDBOOK_MAIL_SENDER": _SENDER,
            "SEALEDBOOK_MAIL_CA": str(catcher.authority),
            "SEALEDBOOK_PORTAL_URL": f"http://127.0.0.1:{port}",
        }
        return self._processes.start_doors(port, environment)

    def _send(self, agent: AgentClient, sign_in: SignIn) -> dict[str, Any]:
        step = self._telling.step
        with step("Agent signed in over HTTP") as tell:
            started = agent.sign_in(sign_in)
            tell(f"role {started['role']}, second factor fresh for five minutes")
        with step("Own Book of Business requested, by mail") as tell:
            export = agent.request_export()
            tell(f"export {export['id']}")
        with step("Export built and sent by the worker") as tell:

            def see(answer: dict[str, Any]) -> None:
                self._processes.check_running()
                reason = f", waits: {answer['reason']}" if answer.get("reason") else ""
                tell(f"{_STAGES.get(answer['stage'], answer['state'])}{reason}")

            export = agent.follow_export(export["id"], _SEND_SECONDS, see)
            if export["state"] != "sent":
                raise CommandError(f"the export ended as {export['state']} ({export['reason']})")
            tell(f"{export['rows']} rows, {export['columns']} columns, {export['bytes']:,} bytes")
        return export

    def _receive(self, catcher: MailCatcher, export: dict[str, Any]) -> tuple[Path, Path, bytes]:
        """Take the book out of the mail; what arrived is what the ledger's digest names."""
        with self._telling.step("Mail received") as tell:
            if len(catcher.mails) != 1:
                raise CommandError(f"{len(catcher.mails)} mails came instead of one")
            mail = catcher.mails[0]
            message = email.message_from_bytes(mail.read_bytes(), policy=email.policy.default)
            attached = next(message.iter_attachments(), None)
            sealed = attached.get_payload(decode=True) if attached is not None else None
            if attached is None or not isinstance(sealed, bytes):
                raise CommandError("the mail has no attachment")
            if hashlib.sha256(sealed).hexdigest() != export["book"] or len(sealed) != export["bytes"]:
                raise CommandError("the mail's attachment isn't the book that was built")
            book = self._folder / Path(attached.get_filename() or "book.xlsx").name
            book.write_bytes(sealed)
            book.chmod(0o600)
            tell(f"“{message['Subject']}”")
        self._telling.detail(f"mail {mail}")
        self._telling.detail(f"book {book}")
        return mail, book, sealed

    def _open(self, agent: AgentClient, export: dict[str, Any], sealed: bytes) -> str:
        with self._telling.step("Passphrase revealed in the portal, never by mail") as tell:
            passphrase = agent.reveal_passphrase(export["id"])
            tell(passphrase)
        with self._telling.step("Book opened with that passphrase") as tell:
            sheets = read_book(reopen(sealed, passphrase))
            rows = _rows_of(sheets)
            if rows != export["rows"] or len(sheets[0].columns) != export["columns"]:
                raise CommandError("the opened book has not as many rows and columns as the export")
            tell(", ".join(f"sheet “{sheet.name}” {sheet.rows} rows" for sheet in sheets))
        shown = ", ".join(sheets[0].columns[:_SHOWN_COLUMNS])
        self._telling.detail(f"{len(sheets[0].columns)} columns: {shown}, … (values aren't shown here)")
        return passphrase

    def _refuse(self, agent: AgentClient) -> dict[str, Any]:
        with self._telling.step("Same request without the privacy acknowledgement") as tell:
            refusal = agent.request_without_acknowledgement()
            tell(f"refused by rule {refusal['rule']}")
        self._telling.detail(f"clause: {refusal['clause']}")
        self._telling.detail(f"advice: {refusal['advice']}")
        self._telling.detail(f"recorded as entry {refusal['decision']}")
        return refusal

    def _verify(self) -> tuple[Path, Verdict]:
        bundle = self._folder / "bundle"
        with self._telling.step("Ledger written as an evidence bundle and verified offline") as tell:
            make_bundle(self._house, bundle)
            verdict = verify_bundle(bundle, vkey=(self._house.settings.data / VKEY_FILE).read_text())
            tell(f"{verdict.head.size} entries, {'PINNED' if verdict.pinned else 'UNPINNED'}")
        for line in verdict.lines():
            self._telling.detail(line)
        return bundle, verdict


def _rows_of(sheets: tuple[Sheet, ...]) -> int:
    """Count the rows of consumers: every sheet but Description and Notice, which come last."""
    return sum(sheet.rows for sheet in sheets[:-2])


def _pacific(moment: datetime) -> str:
    local = moment.astimezone(PACIFIC)
    return f"{local:%A}, {local:%B} {local.day}, {local.year}, {local:%H:%M} Pacific"
