"""Make the test vectors: small evidence bundles, each with one failure or none, and what is to be said of it.

    python -m tests.audit.make_vectors DIR

Everything is fixed (keys, salts, moments), so that the same bytes come out each time. `manifest.json`
names each vector's folder, what the verifier brings (files beside the folders), whether it holds, and
otherwise the file, and line where one is to blame, that a verifier must name. Another program's
verifier may be held against them: see "Test vectors" in audit/FORMAT.md.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.audit.vector_kinds import vectors
from tests.audit.vector_parts import BROUGHT, BROUGHT_FOLDER, Files


def files_of_all() -> Files:
    """Return every file, the manifest included, by its path."""
    made = {f"{vector.name}/{name}": data for vector in vectors() for name, data in vector.files.items()}
    told = {"version": 1, "vectors": [vector.told() for vector in vectors()]}
    manifest = json.dumps(told, indent=1, sort_keys=True).encode() + b"\n"
    return (
        made
        | {f"{BROUGHT_FOLDER}/{name}": data for name, data in BROUGHT.items()}
        | {"manifest.json": manifest}
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the vectors into a folder."""
    (target,) = sys.argv[1:] if arguments is None else arguments
    for name, data in files_of_all().items():
        path = Path(target) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return 0


if __name__ == "__main__":
    sys.exit(main())
