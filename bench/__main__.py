"""`./run bench NAME [--json] [--quick] [--svg FILE]`: measure one part of the house beside its peers."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bench.plot import draw
from bench.table import show

BENCHES: Final = {
    "book": "The protected book, beside what others write one with, and beside the least it can cost",
    "ledger": "The ledger, the gate and the vault, beside the bare databases and calls they stand on",
    "snapshot": "The weekly snapshot: in, out by agent, and who held whose data when",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the named bench; its module `bench.NAME` has `measure(quick=…) -> list[Ratio]`."""
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__)
    parser.add_argument("name", choices=sorted(BENCHES))
    parser.add_argument("--json", action="store_true", help="print the ratios as JSON on the last line")
    parser.add_argument("--quick", action="store_true", help="a smaller size that ends within two minutes")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="draw the ratios into this file, too")
    options = parser.parse_args(arguments)
    measured = importlib.import_module(f"bench.{options.name}").measure(quick=options.quick)
    show(BENCHES[options.name], measured, as_json=options.json)
    if options.svg is not None:
        options.svg.write_text(draw(BENCHES[options.name], measured), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
