"""Policy sets that tests put into installations."""

from __future__ import annotations

from pathlib import Path

from house.policies import FOLDER
from policies.rules import FIXED, digest_of, packaged_texts


def an_older_set(data: Path) -> str:
    """Put a set there that people approved under an older version's fixed rules; return its digest."""
    older = packaged_texts() | {FIXED: packaged_texts()[FIXED].replace("F04", "F09")}
    digest = digest_of(older)
    (data / FOLDER / digest).mkdir()
    for name, text in older.items():
        (data / FOLDER / digest / name).write_text(text, encoding="utf-8")
    return digest
