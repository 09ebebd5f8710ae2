"""Tests of the picture of the table of moves, and that the docs carry it."""

from __future__ import annotations

import re
from pathlib import Path

from exports.states import ALLOWED_MOVES, State

ARCHITECTURE = Path(__file__).parents[2] / "ARCHITECTURE.md"
BLOCK = re.compile(r"<!-- states:begin -->\n(.*)<!-- states:end -->", re.DOTALL)
FIRST, LAST = State.ACCEPTED, State.PURGED


def diagram() -> str:
    """Return the states and every allowed move, a line each, as Mermaid's `stateDiagram-v2`."""
    moves = [f"{start} --> {end}" for start in State for end in State if end in ALLOWED_MOVES[start]]
    lines = [f"[*] --> {FIRST}", *moves, f"{LAST} --> [*]"]
    return "stateDiagram-v2\n" + "".join(f"    {line}\n" for line in lines)


def test_the_diagram_has_every_move_once() -> None:
    """Each line after the first is a move of the table, the beginning or the end; none is missing."""
    moves = {f"{start} --> {end}" for start, ends in ALLOWED_MOVES.items() for end in ends}
    first, *lines = diagram().splitlines()
    assert "stateDiagram-v2" == first
    assert sorted(moves | {"[*] --> accepted", "purged --> [*]"}) == sorted(line.strip() for line in lines)


def test_the_docs_carry_the_diagram() -> None:
    """The block between the marks in ARCHITECTURE.md is made from the table."""
    (block,) = BLOCK.findall(ARCHITECTURE.read_text(encoding="utf-8"))
    assert f"```mermaid\n{diagram()}```\n" == block
