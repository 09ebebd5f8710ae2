"""What a witness reads from an evidence bundle: the checkpoint, and its own proof from the entries.

Law: the proof is made here, from the bundle's lines; nothing that the bundle says of itself counts.
"""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path

from audit import tree
from audit.entry import EntryError
from audit.evidence import CHECKPOINT, ENTRIES, read_line
from audit.witness import Submission, WitnessRefusedError

_NODE = dict[tuple[int, int], bytes]


def read_bundle(folder: Path, old: int) -> Submission:
    """Return the bundle's checkpoint with the proof from its first `old` entries.

    Raises WitnessRefusedError where the entries can't be read or are too few, OSError.
    """
    leaves = []
    with (folder / ENTRIES).open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                leaves.append(read_line(line.removesuffix(b"\n")).leaf)
            except EntryError as error:
                raise WitnessRefusedError(
                    HTTPStatus.UNPROCESSABLE_ENTITY, f"{ENTRIES} line {number}: {error}"
                ) from None
    if old > len(leaves):
        raise WitnessRefusedError(
            HTTPStatus.CONFLICT, f"the bundle has {len(leaves)} entries, {old} were signed already", old
        )
    made, _peaks = tree.grow(0, [], leaves)
    nodes: _NODE = {(node.level, node.position): node.hash for node in made}
    proof = tree.consistency(old, len(leaves), lambda level, position: nodes[level, position])
    note = (folder / CHECKPOINT).read_bytes().decode()
    return Submission(old=old, proof=tuple(proof), note=note)
