"""Rebuild a lost wrapping key from recovery shares, while no process holds the vault.

The store keeps a copy of the key in force that only the recovery key opens; the shares give the
recovery key back. The rebuilt key goes to the provider, a file or a fresh token, and has to open
the store before this says that it worked.

`python -m vault.rebuilding --home DIR` does it where the vault runs as a service of its own: shares
on standard input, one a line; the provider as the environment says.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from runtime.processes import keep_to_itself
from vault.home import STORE_NAME, HomeError, HomeLock
from vault.providers import provider_from
from vault.shares import SharesError, join_shares, open_copy
from vault.store import Store
from vault.store_file import open_file
from vault.wrapping import KeyProvider, ProviderError, WrapError


def rebuild_wrapping_key(home: Path, provider: KeyProvider, shares: Sequence[str]) -> str:
    """Give a provider the wrapping key that a vault's store names; return the key's id.

    Raises SharesError (which share, and why), HomeError (no vault, or one that runs) and
    ProviderError (it has the key, or can't take it).
    """
    key_id, public, copy = _read_copy(home)
    if key_id in provider.ids():
        raise ProviderError("the wrapping key is where it should be; there is nothing to rebuild")
    provider.take(key_id, open_copy(join_shares(shares, public), key_id, copy))
    try:
        with closing(Store(home, provider=provider)) as store:
            store.secret_fact("signing_key")
    except WrapError:
        provider.destroy(key_id)
        raise SharesError("the rebuilt key doesn't open this store; restore the store first") from None
    return key_id


def _read_copy(home: Path) -> tuple[str, bytes, bytes]:
    lock = HomeLock(home)
    try:
        with closing(open_file(home / STORE_NAME)) as connection:
            facts = dict(connection.execute("SELECT name, value FROM facts").fetchall())
    finally:
        lock.release()
    try:
        return facts["wrapping_key"].decode(), facts["recovery_key"], facts["recovery_copy"]
    except KeyError:
        raise HomeError("this vault never had a ceremony: there are no shares of its key") from None


def main(arguments: Sequence[str] | None = None) -> int:
    """Rebuild from the shares on standard input; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m vault.rebuilding")
    parser.add_argument("--home", type=Path, required=True, help="the vault's folder")
    home: Path = parser.parse_args(arguments).home
    keep_to_itself()
    shares = [line for line in sys.stdin.read().splitlines() if line.strip()]
    try:
        made = rebuild_wrapping_key(home, provider_from(os.environ, home), shares)
    except (HomeError, ProviderError, SharesError) as error:
        sys.stderr.write(f"vault: {error}\n")
        return 1
    sys.stdout.write(f"the wrapping key {made} is back\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
