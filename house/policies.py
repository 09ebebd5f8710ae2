"""Which policy set is in force, and where its files are.

Laws
1. In a demo the packaged set is in force. Elsewhere it is the one that the ledger says was adopted,
   at most a second after the entry; its files are in `policies/<digest>` of the installation's folder.
2. Files that aren't what the digest says are not in force, nor are whole ones that were made for another
   version: rules are never read by a schema, or beside fixed rules, that nobody approved them with.
3. While none is in force, nothing is possible but what leads to an approval (`FOUNDING_ACTIONS`),
   under the packaged set: people sign in, read the ledger, and approve.
"""

from __future__ import annotations

import secrets
import shutil
import threading
import time
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from audit.errors import LedgerError
from policies.actions import Action
from policies.rules import (
    EDITABLE,
    FIXED,
    POLICIES_FOLDER,
    PolicySet,
    PolicySetError,
    digest_of,
    packaged_set,
)
from runtime.database import reading
from runtime.files import new_file, sync_folder
from runtime.settings import Settings
from store.policy_sets import adopted_set

FOLDER = "policies"
FOUNDING_ACTIONS = frozenset(
    {
        Action.SIGN_IN,
        Action.ENROL_FACTOR,
        Action.APPROVE_PERSON,
        Action.APPROVE_POLICY,
        Action.READ_LEDGER,
    }
)
_KEPT_SECONDS = 1.0


class Stage(StrEnum):
    """How the policy set of a house is: two of these say that an adopted one can't be obeyed.

    OUTGROWN: its files are whole, and made for another version; UNFIT: they are missing or were changed.
    """

    IN_FORCE = "in-force"
    FOUNDING = "founding"
    OUTGROWN = "outgrown"
    UNFIT = "unfit"


@dataclass(frozen=True, kw_only=True)
class Standing:
    """The set to decide by, and whether it is in force; `adopted` is the digest that the ledger names."""

    policy: PolicySet
    stage: Stage
    adopted: str | None = None

    @property
    def outgrown(self) -> str | None:
        """The digest of an adopted set that was made for another version."""
        return self.adopted if self.stage is Stage.OUTGROWN else None

    @property
    def is_broken(self) -> bool:
        """Tell whether a set was adopted that can't be obeyed."""
        return self.stage in {Stage.OUTGROWN, Stage.UNFIT}


def standing_key(standing: Standing) -> tuple[str, Stage]:
    """Return what tells two standings apart."""
    return standing.policy.digest, standing.stage


class Policies:
    """The policy sets of an installation. One for each open house; may be shared by threads."""

    def __init__(self, settings: Settings, engine: Engine) -> None:
        self._settings = settings
        self._engine = engine
        self._lock = threading.Lock()
        self._looked_at = float("-inf")
        self._standing: Standing | None = None
        self._loaded: dict[str, PolicySet] = {}

    def standing(self) -> Standing:
        """Return the set in force as the ledger said at most a second ago."""
        if self._settings.mode == "demo":
            return Standing(policy=packaged_set(), stage=Stage.IN_FORCE)
        with self._lock:
            if self._standing is None or time.monotonic() - self._looked_at >= _KEPT_SECONDS:
                self._standing = self._look()
                self._looked_at = time.monotonic()
            return self._standing

    def look_again(self) -> None:
        """Forget what was known, so that the next look is at the ledger."""
        with self._lock:
            self._standing = None

    def find(self, digest: str) -> PolicySet:
        """Return a set by its digest, or raise PolicySetError."""
        if digest == packaged_set().digest:
            return packaged_set()
        if digest not in self._loaded:
            texts = self.texts(digest)
            if texts[FIXED] != (POLICIES_FOLDER / FIXED).read_text(encoding="utf-8"):
                raise PolicySetError("a policy set's fixed rules are not this program's")
            self._loaded[digest] = PolicySet.parse(texts)
        return self._loaded[digest]

    def texts(self, digest: str) -> dict[str, str]:
        """Return a set's files by name, or raise PolicySetError where they aren't what the digest says."""
        texts = read_texts(self._settings.data / FOLDER / digest)
        if digest_of(texts) != digest:
            raise PolicySetError("the files of a policy set aren't those of its digest")
        return texts

    def kept(self) -> list[str]:
        """Return the digests that have a folder, sorted."""
        folder = self._settings.data / FOLDER
        return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []

    def _look(self) -> Standing:
        try:
            with reading(self._engine) as connection:
                digest = adopted_set(connection)
        except (SQLAlchemyError, LedgerError, ValueError):
            return Standing(policy=packaged_set(), stage=Stage.UNFIT)
        if digest is None:
            return Standing(policy=packaged_set(), stage=Stage.FOUNDING)
        try:
            return Standing(policy=self.find(digest), stage=Stage.IN_FORCE, adopted=digest)
        except (PolicySetError, ValueError):
            stage = Stage.OUTGROWN if self._is_whole(digest) else Stage.UNFIT
            return Standing(policy=packaged_set(), stage=stage, adopted=digest)

    def _is_whole(self, digest: str) -> bool:
        try:
            return bool(self.texts(digest))
        except PolicySetError:
            return False


def read_texts(folder: Path) -> dict[str, str]:
    """Return a kept set's files by name, the fixed rules as they then stood; PolicySetError."""
    try:
        return {name: (folder / name).read_text(encoding="utf-8") for name in (*EDITABLE, FIXED)}
    except (OSError, UnicodeDecodeError) as error:
        raise PolicySetError(f"a policy set can't be read ({type(error).__name__})") from error


def keep_set(data: Path, source: Path = POLICIES_FOLDER) -> PolicySet:
    """Copy a folder's set beside the fixed rules into the installation, whole or not at all.

    Raises PolicySetError for a set that can't be in force. A set that is kept already stays.
    """
    policy = PolicySet.load(source)
    folder = data / FOLDER
    place = folder / policy.digest
    if place.is_dir() and digest_of(read_texts(place)) == policy.digest:
        return policy
    folder.mkdir(mode=0o700, exist_ok=True)
    making = folder / f".{policy.digest[:16]}-{secrets.token_hex(4)}"
    making.mkdir(mode=0o700)
    for name in EDITABLE:
        _copy(source / name, making / name)
    _copy(POLICIES_FOLDER / FIXED, making / FIXED)
    if digest_of(read_texts(making)) != policy.digest:
        shutil.rmtree(making)
        raise PolicySetError("the folder changed while it was copied")
    sync_folder(making)
    shutil.rmtree(place, ignore_errors=True)
    making.rename(place)
    sync_folder(folder)
    return policy


def _copy(source: Path, target: Path) -> None:
    with new_file(target) as file:
        file.write(source.read_bytes())
