"""The test vectors: made anew byte for byte, and judged as their manifest says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from audit.verify import VerifyError, verify_bundle
from tests.audit.make_vectors import files_of_all, main
from tests.audit.vector_kinds import vectors
from tests.audit.vector_parts import Vector

FOLDER = Path(__file__).parent / "vectors"
TOLD: list[dict[str, Any]] = json.loads((FOLDER / "manifest.json").read_text())["vectors"]
ALL = vectors()


def verify(told: dict[str, Any]) -> None:
    """Verify a vector with what its manifest says that the verifier brings."""
    brings = told["brings"]
    verify_bundle(
        FOLDER / told["name"],
        vkey=(FOLDER / brings["vkey"]).read_text() if "vkey" in brings else None,
        since=(FOLDER / brings["since"]).read_text() if "since" in brings else None,
        witnesses=[(FOLDER / name).read_text() for name in brings.get("witness", [])],
        quiet=tuple(brings["quiet"]) if "quiet" in brings else None,
    )


def test_they_are_made_anew(tmp_path: Path) -> None:
    """The generator makes the files that lie here, each byte the same, and no other."""
    main([str(tmp_path)])
    made, kept = (
        {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file()
        }
        for folder in (tmp_path, FOLDER)
    )

    assert files_of_all() == made
    assert made == kept


@pytest.mark.parametrize("told", TOLD, ids=[told["name"] for told in TOLD])
def test_each_is_judged_as_the_manifest_says(told: dict[str, Any]) -> None:
    """A good vector holds; a bad one fails, and the message begins with the place."""
    if told["holds"]:
        verify(told)
        return
    with pytest.raises(VerifyError) as failure:
        verify(told)
    assert str(failure.value).startswith(told["place"])


@pytest.mark.parametrize("vector", [each for each in ALL if each.place], ids=lambda each: each.name)
def test_each_differs_from_a_good_one(vector: Vector) -> None:
    """A bad vector differs from every good one, in its files or in what the verifier brings."""
    good = [(each.files, each.brings) for each in ALL if not each.place]

    assert (vector.files, vector.brings) not in good


def test_names_are_unique() -> None:
    """Each vector has a folder of its own."""
    names = [each.name for each in ALL]

    assert sorted(set(names)) == sorted(names)
    assert [each.told() for each in ALL] == TOLD
