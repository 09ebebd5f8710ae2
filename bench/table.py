"""How a bench's results look: a table for people, one line of JSON for programs.

Laws of this file:
1. A ratio compares two things measured in one run on one machine; no absolute time is a goal.
2. `against` names the peer. A ratio above 1 is better than the peer; where `against` is `limit`
   the ratio is the cost over the limit, so less is better.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final

from rich.console import Console
from rich.table import Table

LIMIT: Final = "limit"


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """One measured ratio and the goal it is held to; `note` says what was counted, for people only."""

    work: str
    against: str
    ratio: float
    goal: float
    note: str = ""

    @property
    def is_met(self) -> bool:
        """Whether the goal is reached."""
        return self.ratio <= self.goal if self.against == LIMIT else self.ratio >= self.goal


def show(title: str, ratios: Sequence[Ratio], *, as_json: bool) -> None:
    """Print the table, and last the JSON list of {work, against, ratio, goal} where asked for."""
    table = Table(title=title)
    for heading in ("work", "against", "ratio", "goal", "met", "counted"):
        table.add_column(heading, justify="right" if heading in {"ratio", "goal"} else "left")
    for each in ratios:
        sign = "≤" if each.against == LIMIT else "≥"
        met = "yes" if each.is_met else "no"
        table.add_row(each.work, each.against, f"{each.ratio:.2f}", f"{sign} {each.goal:g}", met, each.note)
    console = Console()
    console.print(table)
    if as_json:
        wire = [
            {name: value for name, value in asdict(each).items() if name != "note"}
            | {"ratio": round(each.ratio, 3)}
            for each in ratios
        ]
        console.out(json.dumps(wire), highlight=False)
