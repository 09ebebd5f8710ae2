"""What the vault holds: each secret under a name, each name taken once and for good.

Names: `key:<export>.<fencing>` and `passphrase:<export>.<fencing>` (owner: the export),
`snapshot:<attempt>`, `hold:<attempt>:<agent>`, `factor:<person>`, `year:<year>`. A name whose
secret is gone was destroyed; destroying a name that never held a secret takes the name, so that
whoever comes late can't mint it.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass

from vault.errors import Code, RefusalError
from vault.keys import new_key
from vault.store import Store
from vault.wrapping import WrapError

_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_YEAR = re.compile(r"2[0-9]{3}", re.ASCII)
_FENCED = re.compile(r"([A-Za-z0-9._:-]{1,128})\.(0|[1-9][0-9]{0,17})")


def key_name(export: str, fencing: int) -> str:
    """Return the name of a book's key."""
    return f"key:{export}.{fencing}"


def passphrase_name(export: str, fencing: int) -> str:
    """Return the name of a book's passphrase."""
    return f"passphrase:{export}.{fencing}"


def snapshot_name(attempt: str) -> str:
    """Return the name of an import attempt's key."""
    return f"snapshot:{attempt}"


def hold_name(attempt: str, agent: str) -> str:
    """Return the name of the key of an agent's shard that is held beyond its snapshot."""
    return f"hold:{attempt}:{agent}"


def factor_name(person: str) -> str:
    """Return the name of a person's second factor."""
    return f"factor:{person}"


def check_id(text: str, field: str) -> str:
    """Return an id that can be part of a name, else raise a misfit."""
    if not _ID.fullmatch(text):
        raise RefusalError(Code.MISFIT, field)
    return text


@dataclass(frozen=True, kw_only=True)
class Target:
    """What one object id of a destruction permit means: names to shred, an owner to bar."""

    names: tuple[str, ...] = ()
    owner: str = ""


def read_target(object_id: str) -> Target:
    """Read an object id, `<kind>:<id>` or `<kind>:<export>.<fencing>`; else raise a misfit."""
    kind, _, rest = object_id.partition(":")
    reader = _TARGETS.get(kind)
    form = _FORMS.get(kind, _ID)
    if reader is None or not form.fullmatch(rest):
        raise RefusalError(Code.MISFIT, "objects")
    return reader(rest)


_TARGETS: dict[str, Callable[[str], Target]] = {
    "book": lambda rest: Target(names=(f"key:{rest}", f"passphrase:{rest}")),
    "key": lambda rest: Target(names=(f"key:{rest}",)),
    "passphrase": lambda rest: Target(names=(f"passphrase:{rest}",)),
    "export": lambda rest: Target(owner=rest),
    "snapshot": lambda rest: Target(names=(snapshot_name(rest),)),
    "hold": lambda rest: Target(names=(f"hold:{rest}",)),
    "year": lambda rest: Target(names=(f"year:{rest}",)),
    "factor": lambda rest: Target(names=(factor_name(rest),)),
}
_FENCED_KINDS = frozenset({"book", "key", "passphrase"})
_FORMS = {**dict.fromkeys(_FENCED_KINDS, _FENCED), "year": _YEAR}


def _owner_of(name: str) -> str:
    kind, _, rest = name.partition(":")
    return rest.rpartition(".")[0] if kind in _FENCED_KINDS else ""


def _all_of(owner: str) -> str:
    return f"export:{owner}"


class Holdings:
    """Secrets in the store. Every method runs inside a change of its caller."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def keep(self, name: str, secret: bytes) -> None:
        """Keep a secret under a name that was never taken."""
        owner = _owner_of(name)
        if owner and self._find("SELECT 1 FROM bars WHERE owner = ?", owner):
            raise RefusalError(Code.BARRED)
        self._check_open(name)
        if self._find("SELECT 1 FROM secrets WHERE name = ?", name):
            raise RefusalError(Code.EXISTS)
        self._insert(name, secret)

    def mint(self, name: str) -> bytes:
        """Make a random 32-byte key, keep it under a name never taken, and return it."""
        key = new_key()
        self.keep(name, key)
        return key

    def keep_again(self, name: str, secret: bytes) -> None:
        """Keep a secret under a name that was never taken, or that holds this very secret already."""
        if not self._find("SELECT 1 FROM secrets WHERE name = ?", name):
            self.keep(name, secret)
        elif not hmac.compare_digest(self.open(name), secret):
            raise RefusalError(Code.EXISTS)

    def open(self, name: str) -> bytes:
        """Return the secret under a name."""
        self._check_open(name)
        row = self._find("SELECT secret FROM secrets WHERE name = ?", name)
        if row is None:
            raise RefusalError(Code.UNKNOWN)
        if not isinstance(row[0], bytes):
            raise RefusalError(Code.DESTROYED)
        try:
            return self._store.unwrap(name, row[0])
        except WrapError:
            raise RefusalError(Code.DAMAGED) from None

    def year_key(self, year: int) -> bytes:
        """Return the pseudonym key of a year; the first to ask makes it."""
        name = f"year:{year}"
        row = self._find("SELECT 1 FROM secrets WHERE name = ?", name)
        return self.open(name) if row else self.mint(name)

    def year_keys(self) -> dict[int, bytes]:
        """Return the pseudonym keys of all years that still have one."""
        rows = self._store.connection.execute(
            "SELECT name FROM secrets WHERE name GLOB 'year:*' AND secret IS NOT NULL ORDER BY name"
        )
        return {int(name.removeprefix("year:")): self.open(name) for (name,) in rows.fetchall()}

    def renew(self, name: str, secret: bytes) -> None:
        """Put a secret under a name whether or not it was taken; the one before is shredded."""
        self.shred(name)
        self._store.connection.execute(
            "UPDATE secrets SET secret = ? WHERE name = ?", (self._store.wrap(name, secret), name)
        )

    def is_shredded(self, target: Target) -> bool:
        """Tell whether everything that a target means is destroyed and can't come back."""
        if target.owner:
            return self._find("SELECT 1 FROM bars WHERE owner = ?", target.owner) is not None
        rows = [self._find("SELECT secret FROM secrets WHERE name = ?", name) for name in target.names]
        return all(row is not None and row[0] is None for row in rows)

    def shred(self, name: str) -> None:
        """Overwrite the secret under a name; a name never taken is taken now."""
        self._store.will_shred()
        self._store.connection.execute("DELETE FROM shut WHERE name = ?", (name,))
        if self._find("SELECT 1 FROM secrets WHERE name = ?", name):
            self._store.connection.execute("UPDATE secrets SET secret = NULL WHERE name = ?", (name,))
        else:
            self._insert(name, None)

    def shred_target(self, target: Target) -> None:
        """Shred all that a target means; an owner is barred from minting for good."""
        for name in target.names:
            self.shred(name)
        if target.owner:
            self._store.will_shred()
            execute = self._store.connection.execute
            execute("DELETE FROM shut WHERE name = ?", (_all_of(target.owner),))
            execute("UPDATE secrets SET secret = NULL WHERE owner = ?", (target.owner,))
            execute("INSERT INTO bars VALUES (?) ON CONFLICT DO NOTHING", (target.owner,))

    def shut(self, object_id: str) -> bool:
        """Hold shut all that an object id means, unless it is destroyed; tell whether it is held now."""
        target = read_target(object_id)
        if self.is_shredded(target):
            return False
        names = [*target.names, *([_all_of(target.owner)] if target.owner else [])]
        self._store.connection.executemany(
            "INSERT INTO shut VALUES (?, ?) ON CONFLICT DO NOTHING", [(name, object_id) for name in names]
        )
        return True

    def release(self, object_id: str) -> bool:
        """Let go what was held shut under an object id; tell whether there was anything."""
        done = self._store.connection.execute("DELETE FROM shut WHERE object = ?", (object_id,))
        return done.rowcount > 0

    def take(self, name: str) -> None:
        """Take a name for good, if it never was: what it may have held is lost."""
        self._store.connection.execute(
            "INSERT INTO secrets (name, owner, secret) VALUES (?, ?, NULL) ON CONFLICT (name) DO NOTHING",
            (name, _owner_of(name)),
        )

    def _check_open(self, name: str) -> None:
        asked = (name, _all_of(_owner_of(name)))
        if self._store.connection.execute("SELECT 1 FROM shut WHERE name IN (?, ?)", asked).fetchone():
            raise RefusalError(Code.SHUT)

    def _insert(self, name: str, secret: bytes | None) -> None:
        wrapped = None if secret is None else self._store.wrap(name, secret)
        self._store.connection.execute(
            "INSERT INTO secrets (name, owner, secret) VALUES (?, ?, ?)", (name, _owner_of(name), wrapped)
        )

    def _find(self, statement: str, argument: str) -> tuple[bytes, ...] | None:
        row: tuple[bytes, ...] | None = self._store.connection.execute(statement, (argument,)).fetchone()
        return row
