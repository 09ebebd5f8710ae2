"""The witnesses of an installation: who they are, what they are asked, and what they said.

Laws
1. A witness's line is kept only after it verified with the key that the settings name.
2. A witness that has seen more than this ledger holds, or another history of it, is an alarm: one
   of both was rolled back or rewritten. One that was merely faster served by another is none.
3. The witness is asked by whoever signs; that takes as long as a deadline says and no longer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Final

from audit.anchor import AnchorError, Pace, Trouble
from audit.checkpoint import Head
from audit.cosignature import WitnessVerifier, verify_cosignature
from audit.entry import HeadRef, Resource
from audit.events import Event
from audit.movement import check_extended, consistency_between
from audit.note import NoteError
from audit.witness import write_submission
from delivery.posting import Answer, PostingError, Road, check_address
from house.anchoring import Post
from house.anchors import ledger_keys
from house.wiring import House
from policies.gate import Who
from runtime.database import reading
from runtime.outside import OutsideSettings
from runtime.settings import SettingsError
from store.outposts import cosignature_lines, has_cosignature, keep_cosignature, note_reached, standing_of

ACTION = "CosignHead"
WITNESS_SECONDS: Final = 3.0
"""How long who hands out evidence waits for each witness."""
_SIZE = re.compile(rb"(0|[1-9][0-9]{0,15})\n")
_TROUBLE_OF = {
    HTTPStatus.UNPROCESSABLE_ENTITY: Trouble.NOT_EXTENDED,
    HTTPStatus.FORBIDDEN: Trouble.REFUSED,
    HTTPStatus.NOT_FOUND: Trouble.REFUSED,
    HTTPStatus.BAD_REQUEST: Trouble.REFUSED,
}


@dataclass(frozen=True, kw_only=True)
class Witness:
    """One witness: its key, and the address under which it takes `add-checkpoint`."""

    verifier: WitnessVerifier
    url: str

    @property
    def name(self) -> str:
        """The name by which entries and people know it."""
        return "witness:" + re.sub(r"[^A-Za-z0-9._-]", "-", self.verifier.name)[:100]


def read_witnesses(path: Path | None) -> list[Witness]:
    """Read a line for each witness: vkey and address. Raises SettingsError."""
    if path is None:
        return []
    found = []
    try:
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.strip() and not line.startswith("#"):
                vkey, url = line.split()
                check_address(url)
                found.append(Witness(verifier=WitnessVerifier.parse(vkey), url=url.rstrip("/")))
    except (OSError, ValueError, NoteError, PostingError):
        raise SettingsError(f"{path}: a line for each witness is needed: vkey, space, address") from None
    return found


def witness_post(settings: OutsideSettings, witness: Witness) -> Post:
    """Return a witness's pace: each head that moved, once a minute at most."""
    every = timedelta(seconds=settings.witness_seconds)
    pace = Pace(every=every, idle=settings.anchor_idle, grace=settings.anchor_grace)
    return Post(name=witness.name, pace=pace, at_publish=True)


def ask_witness(house: House, witness: Witness, note: str, head: Head, road: Road, who: Who) -> bool:
    """Have a witness cosign a checkpoint of this ledger, and record it; False if another was faster.

    Raises AnchorError.
    """
    with reading(house.engine) as connection:
        old = min(standing_of(connection, witness.name).size, head.size)
    answer = _submit(house, witness, note, old, head, road)
    if answer.status == HTTPStatus.CONFLICT:
        size = _size_of(answer)
        if size > head.size:
            if size > house.reader.head().size:
                raise AnchorError(Trouble.NOT_EXTENDED)
            return False
        answer = _submit(house, witness, note, size, head, road)
        if answer.status == HTTPStatus.CONFLICT:
            # At the size that it named itself: of that size it knows another history.
            raise AnchorError(Trouble.NOT_EXTENDED)
    if answer.status != HTTPStatus.OK:
        known = {status.value: trouble for status, trouble in _TROUBLE_OF.items()}
        raise AnchorError(known.get(answer.status, Trouble.UNREACHABLE))
    keep_line(house, witness, head, _line_of(note, answer, witness), who)
    return True


def keep_line(house: House, witness: Witness, head: Head, line: str, who: Who) -> None:
    """Keep a line that verified, and record it."""
    with house.gate.transaction(who) as tx:
        keep_cosignature(tx.connection, head.size, witness.name, line, tx.now)
        if head.size >= standing_of(tx.connection, witness.name).size:
            note_reached(tx.connection, witness.name, head, tx.now)
        tx.record(
            Event.HEAD_COSIGNED,
            ACTION,
            Resource(kind="witness", id=witness.name),
            head=HeadRef(size=head.size, root=head.root.hex()),
        )


def with_cosignatures(house: House, note: str, head: Head) -> str:
    """Return a checkpoint with the lines that witnesses gave for it."""
    with reading(house.engine) as connection:
        return note + "".join(cosignature_lines(connection, head.size))


def cosigned_now(house: House, note: str, who: Who, seconds: float) -> str:
    """Return a fresh checkpoint with the lines of all witnesses that answer in time."""
    witnesses = read_witnesses(house.settings.witnesses_file)
    if not witnesses:
        return note
    _key, head = ledger_keys(house).read_checkpoint(note)
    road = Road(authorities=house.settings.witnesses_ca, seconds=seconds)
    for witness in witnesses:
        try:
            ask_witness(house, witness, note, head, road, who)
        except AnchorError:
            # The worker asks again, and records what it finds; a bundle says whose lines it has.
            continue
    return with_cosignatures(house, note, head)


def take_cosigned(house: House, note: str, who: Who) -> int:
    """Keep the new lines of known witnesses in a cosigned checkpoint of this ledger; return how many.

    Raises NoteError for one that no key of the ledger signed, AnchorError for a head that isn't ours.
    """
    _key, head = ledger_keys(house).read_checkpoint(note)
    check_extended(house.reader, head)
    taken = 0
    for witness in read_witnesses(house.settings.witnesses_file):
        line = line_in(note, witness)
        with reading(house.engine) as connection:
            is_known = has_cosignature(connection, head.size, witness.name)
        if line is not None and not is_known:
            keep_line(house, witness, head, line, who)
            taken += 1
    return taken


def line_in(note: str, witness: Witness) -> str | None:
    """Return a witness's line of a cosigned checkpoint, verified; None where there is none."""
    body = note.partition("\n\n")[0]
    start = f"\N{EM DASH} {witness.verifier.name} "
    for line in note.removeprefix(body).splitlines(keepends=True):
        if line.startswith(start):
            try:
                verify_cosignature(f"{body}\n\n{line}", witness.verifier)
            except NoteError:
                continue
            return line
    return None


def _submit(house: House, witness: Witness, note: str, old: int, head: Head, road: Road) -> Answer:
    with reading(house.engine) as connection:
        proof = consistency_between(connection, old, head.size)
    body = write_submission(old, proof, note).encode()
    try:
        return road.post(f"{witness.url}/add-checkpoint", body, Content_Type="text/plain; charset=utf-8")
    except PostingError:
        raise AnchorError(Trouble.UNREACHABLE) from None


def _size_of(answer: Answer) -> int:
    found = _SIZE.fullmatch(answer.body)
    if found is None:
        raise AnchorError(Trouble.NOT_EXTENDED)
    return int(found[1])


def _line_of(note: str, answer: Answer, witness: Witness) -> str:
    try:
        line = line_in(note.partition("\n\n")[0] + "\n\n" + answer.body.decode(), witness)
    except UnicodeDecodeError:
        line = None
    if line is None:
        raise AnchorError(Trouble.REFUSED)
    return line
