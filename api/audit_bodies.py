"""What a reviewer may ask of the ledger, and what comes back: entries as they stand, and proofs."""

from __future__ import annotations

import base64
import json
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from audit.entry import Entry
from audit.events import Outcome
from audit.reader import Proven
from audit.search import Found
from audit.tree import leaf_hash

MODE_HELP = "PINNED if you gave the key, UNPINNED if it came from this installation"


class AskedEntries(BaseModel):
    """What is looked for; everything left out means any. Entries come newest first."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, populate_by_name=True)

    person: str | None = Field(
        default=None, max_length=128, description="an actor's id; a person's user name or licence will do"
    )
    action: str | None = Field(default=None, max_length=40, examples=["RequestExport"])
    outcome: Outcome | None = None
    rule: str | None = Field(default=None, max_length=40, examples=["R09"])
    export: str | None = Field(default=None, max_length=128)
    since: AwareDatetime | None = Field(default=None, alias="from", description="inclusive")
    until: AwareDatetime | None = Field(default=None, alias="to", description="exclusive")
    cursor: str | None = Field(default=None, max_length=64, description="`next` of the page before")


class PersonTold(BaseModel):
    """Who an actor's id is, as the house knows them now; the ledger itself holds ids only."""

    name: str
    role: str
    licence: str | None


class EntryTold(BaseModel):
    """One entry with its place in the ledger."""

    index: int
    entry: dict[str, Any]


class EntriesPage(BaseModel):
    """At most fifty entries, newest first. A look is an entry itself, so the newest may be this one.

    `indexed_to` is up to where a search reaches, `size` how long the ledger is: any difference means
    that entries can't be found. `people` tells who the actors are.
    """

    items: list[EntryTold]
    next: str | None
    indexed_to: int
    size: int
    people: dict[str, PersonTold]


class ProofTold(BaseModel):
    """What shows that an entry is in the ledger under a signed head (RFC 6962; hashes in base64).

    `leaf` is SHA-256(0x00 ‖ the entry's bytes).
    """

    index: int
    leaf: str
    size: int
    root: str
    inclusion: list[str]
    checkpoint: str
    vkey: str


class ProvenEntry(BaseModel):
    """One entry, its canonical bytes as text, and its proof."""

    index: int
    entry: dict[str, Any]
    encoded: str
    proof: ProofTold
    people: dict[str, PersonTold]


class CheckpointTold(BaseModel):
    """The ledger's newest head as the vault signed it just now (C2SP signed note), and the key."""

    checkpoint: str
    vkey: str
    size: int
    root: str


class RuleToldOf(BaseModel):
    """A rule as it is in force now."""

    rule: str
    clause: str
    advice: str


class StepTold(BaseModel):
    """One entry of an export's story; `rules` are those that refused."""

    index: int
    at: str
    event: str
    outcome: Outcome
    told: str
    rules: list[RuleToldOf]
    entry: dict[str, Any]


class StoryTold(BaseModel):
    """All that happened to one export, oldest first; `whole` is false where there is more than is shown."""

    export: str
    items: list[StepTold]
    whole: bool
    people: dict[str, PersonTold]


class AskedVerification(BaseModel):
    """What you bring yourself: the ledger's key as you know it, and a checkpoint that you kept."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    vkey: str | None = Field(default=None, max_length=500)
    since: str | None = Field(default=None, max_length=10_000)


class VerificationTold(BaseModel):
    """What a verification found: either `verified`, or what is `wrong` and where."""

    verified: bool
    wrong: str | None = None
    size: int | None = None
    root: str | None = None
    mode: str | None = Field(default=None, description=MODE_HELP)
    origin: str | None = None
    checkpoint: str | None = None
    extends: int | None = Field(default=None, description="size of the checkpoint that you kept")
    unchecked: list[str] = Field(default_factory=list)


def entry_told(found: Found) -> EntryTold:
    """Return an entry as JSON has it."""
    return EntryTold(index=found.index, entry=json.loads(found.encoded))


def hash_text(data: bytes) -> str:
    """Return a hash in base64, as checkpoints have it."""
    return base64.b64encode(data).decode("ascii")


def proof_told(proven: Proven, size: int, root: bytes, checkpoint: str, vkey: str) -> ProofTold:
    """Return an entry's proof under a signed head."""
    return ProofTold(
        index=proven.index,
        leaf=hash_text(leaf_hash(proven.encoded)),
        size=size,
        root=hash_text(root),
        inclusion=[hash_text(step) for step in proven.inclusion],
        checkpoint=checkpoint,
        vkey=vkey,
    )


def actors_of(entries: list[Entry]) -> set[str]:
    """Return the ids of the people among the entries' actors."""
    return {entry.actor.id for entry in entries if entry.actor.kind == "person"}
