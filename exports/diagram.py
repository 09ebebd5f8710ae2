"""The table of moves as a picture: Mermaid's text of a state diagram, for the docs."""

from __future__ import annotations

from exports.states import ALLOWED_MOVES, State

_FIRST, _LAST = State.ACCEPTED, State.PURGED


def diagram() -> str:
    """Return the states and every allowed move, a line each, as Mermaid's `stateDiagram-v2`."""
    moves = [f"{start} --> {end}" for start in State for end in State if end in ALLOWED_MOVES[start]]
    lines = [f"[*] --> {_FIRST}", *moves, f"{_LAST} --> [*]"]
    return "stateDiagram-v2\n" + "".join(f"    {line}\n" for line in lines)
