"""Changing keys: what a RotateKey permit does, by the key that its resource names.

- `wrapping`: a fresh wrapping key; every row is wrapped anew in one change, and the key before is
  destroyed when that change is counted.
- `recovery`: the ceremony's recovery key (material: its public half in hex), and a fresh wrapping
  key, since the one before has no copy under it.
- `checkpoint`: a fresh signing key. The key before hands over at V in a note that both sign, and is
  shredded. The key's whole history is kept here, and `status` shows it.
- `credentials`: other credentials (material: `<kind>:<SHA-256 of it in hex>` for every kind of
  caller). Whoever shows one from before is refused from then on.

A year's pseudonym key isn't changed, since each year has its own; it ends by destruction.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from audit.checkpoint import Head
from runtime.clock import rfc3339
from vault.errors import Code, RefusalError
from vault.shares import seal_copy
from vault.signing import Signing
from vault.store import Store
from vault.table import CallerKind
from vault.wrapping import WRAPPING_KEY_BYTES, new_key_id


class Rotated(StrEnum):
    """What can be changed: the id of the permit's resource, whose kind is `key`."""

    WRAPPING = "wrapping"
    RECOVERY = "recovery"
    CHECKPOINT = "checkpoint"
    CREDENTIALS = "credentials"


_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_Change = Callable[[Sequence[str], Head, datetime], Mapping[str, Any]]


@dataclass(frozen=True)
class Rotation:
    """Changes keys. `rotate` runs inside a change of its caller."""

    store: Store
    signing: Signing

    def rotate(self, what: str, material: Sequence[str], head: Head, now: datetime) -> Mapping[str, Any]:
        """Change a key; `head` is V. Returns what the caller may know of the next one."""
        change = self._changes.get(what)
        if change is None:
            raise RefusalError(Code.MISFIT, "resource")
        return change(material, head, now)

    @property
    def _changes(self) -> Mapping[str, _Change]:
        return {
            Rotated.WRAPPING: self._rotate_wrapping,
            Rotated.RECOVERY: self._take_recovery_key,
            Rotated.CHECKPOINT: self._rotate_checkpoint,
            Rotated.CREDENTIALS: self._rotate_credentials,
        }

    def _rotate_wrapping(self, material: Sequence[str], _head: Head, _now: datetime) -> Mapping[str, Any]:
        if material:
            raise RefusalError(Code.MISFIT, "material")
        self._wrap_anew(self.store.optional_fact("recovery_key"))
        return {"wrapping_key": self.store.wrapping_key_id}

    def _take_recovery_key(self, material: Sequence[str], _head: Head, _now: datetime) -> Mapping[str, Any]:
        if len(material) != 1 or not _DIGEST.fullmatch(material[0]):
            raise RefusalError(Code.MISFIT, "material")
        public = bytes.fromhex(material[0])
        self.store.put_fact("recovery_key", public)
        self._wrap_anew(public)
        return {"wrapping_key": self.store.wrapping_key_id}

    def _wrap_anew(self, recovery_public: bytes | None) -> None:
        key_id = new_key_id()
        if recovery_public is None:
            self.store.provider.make(key_id)
        else:
            key = secrets.token_bytes(WRAPPING_KEY_BYTES)
            self.store.put_fact("recovery_copy", seal_copy(recovery_public, key_id, key))
            self.store.provider.take(key_id, key)
        # Who dies between here and the commit leaves a key too many, which never wrapped anything.
        self.store.rewrap(key_id)

    def _rotate_checkpoint(self, material: Sequence[str], head: Head, now: datetime) -> Mapping[str, Any]:
        if material:
            raise RefusalError(Code.MISFIT, "material")
        return {"history": self.signing.hand_over(head, rfc3339(now))}

    def _rotate_credentials(self, material: Sequence[str], _head: Head, _now: datetime) -> Mapping[str, Any]:
        said = dict(one.partition(":")[::2] for one in material)
        if len(said) != len(material) or said.keys() != {kind.value for kind in CallerKind}:
            raise RefusalError(Code.MISFIT, "material")
        if len(set(said.values())) != len(said) or not all(map(_DIGEST.fullmatch, said.values())):
            raise RefusalError(Code.MISFIT, "material")
        self.store.will_shred()
        for kind, digest in said.items():
            self.store.connection.execute(
                "UPDATE callers SET credential_sha256 = ? WHERE kind = ?", (bytes.fromhex(digest), kind)
            )
        return {}
