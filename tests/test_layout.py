"""Tests of the house itself: its rooms, their names, their floors, and how long a module is."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
OUTSIDE_THE_FLOORS = {"tests", "bench", "docs"}
LONGEST_MODULE = 300
PACKAGE_HOSTS = re.compile(
    r"https?://|\bpypi\b|pythonhosted|--(?:extra-)?index-url|--find-links|--trusted-host"
)


def rooms_on_disk() -> set[str]:
    """Return the folders that Python imports from the root."""
    return {path.parent.name for path in ROOT.glob("*/__init__.py")} - OUTSIDE_THE_FLOORS


ROOMS = sorted(rooms_on_disk())
MODULES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))


def test_the_wheel_holds_every_room() -> None:
    """What is installed is the rooms on disk, each and nothing else."""
    assert ROOMS == sorted(PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])


def test_every_room_has_a_floor() -> None:
    """The floors' contract names each room once."""
    (floors,) = [
        contract for contract in PROJECT["tool"]["importlinter"]["contracts"] if contract["type"] == "layers"
    ]
    assert ROOMS == sorted(room.strip() for layer in floors["layers"] for room in layer.split("|"))


def test_the_linter_sees_every_room() -> None:
    """What import-linter, mypy and ruff look at is the rooms on disk."""
    assert ROOMS == sorted(PROJECT["tool"]["importlinter"]["root_packages"])
    assert sorted([*ROOMS, "tests"]) == sorted(set(PROJECT["tool"]["mypy"]["packages"]) - {"bench"})
    known = PROJECT["tool"]["ruff"]["lint"]["isort"]["known-first-party"]
    assert sorted([*ROOMS, "tests"]) == sorted(set(known) - {"bench"})


@pytest.mark.parametrize("room", ROOMS)
def test_a_rooms_name_is_its_own(room: str) -> None:
    """No room is called like a module of Python's or of another distribution."""
    assert room not in sys.stdlib_module_names
    assert {"sealedbook"} >= set(packages_distributions().get(room, []))


@pytest.mark.parametrize("room", ROOMS)
def test_a_rooms_card_is_words_alone(room: str) -> None:
    """A room's `__init__.py` says what the room is for, and holds no code."""
    module = ast.parse((ROOT / room / "__init__.py").read_text(encoding="utf-8"))
    assert ast.get_docstring(module)
    assert 1 == len(module.body)


def test_every_folder_of_tests_is_a_package() -> None:
    """Each folder that holds tests has an `__init__.py`, or a room would be shadowed by its tests."""
    folders = {path.parent for path in (ROOT / "tests").rglob("*.py")}
    assert [] == sorted(str(folder) for folder in folders if not (folder / "__init__.py").is_file())


def test_no_module_is_too_long() -> None:
    """A module of a room fits into a reader's head."""
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES
    }
    assert {} == {path: length for path, length in lengths.items() if length > LONGEST_MODULE}


@pytest.mark.parametrize(
    "path", [str(path.relative_to(ROOT)) for path in MODULES if path.name != "__init__.py"]
)
def test_a_module_says_what_it_is_for(path: str) -> None:
    """Each module begins with a docstring."""
    assert ast.get_docstring(ast.parse((ROOT / path).read_text(encoding="utf-8")))


def test_the_lock_names_no_package_host() -> None:
    """The lock pins each distribution by version and digest, and says nowhere where to get it."""
    locks = sorted(ROOT.glob("requirements*.lock"))
    assert [] != locks
    for lock in locks:
        text = lock.read_text(encoding="utf-8")
        assert [] == PACKAGE_HOSTS.findall(text)
        pins = re.findall(r"^[A-Za-z0-9][^\s=]*==\S+.*$", text, re.MULTILINE)
        assert [] != pins
        assert [] == [pin for pin in pins if not pin.endswith("\\")]
        assert text.count("--hash=sha256:") >= len(pins)


@pytest.mark.parametrize("document", sorted(path.name for path in ROOT.glob("*.md")))
def test_no_document_names_a_package_host(document: str) -> None:
    """The documents send nobody to a package host: `./run` installs from the lock."""
    text = (ROOT / document).read_text(encoding="utf-8")
    assert [] == [found for found in PACKAGE_HOSTS.findall(text) if not found.startswith("http")]
