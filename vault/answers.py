"""What the vault's client hands to its callers. Secrets are left out of every `repr`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from vault.framing import decode_bytes
from vault.pseudonyms import write_pseudonyms


@dataclass(frozen=True, kw_only=True)
class ImportKeys:
    """An import attempt's keys (32 bytes each; `shard` and `list` by agent) and its desk.

    `derive` takes a kind (`consumer` or `case`) and ids, and returns their pseudonyms of `year`, packed
    in the ids' order; from any thread.
    """

    shard: Mapping[str, bytes] = field(repr=False)
    index: bytes = field(repr=False)
    list: Mapping[str, bytes] = field(repr=False)
    year: int
    derive: Callable[[str, tuple[str, ...]], bytes] = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class BuildKeys:
    """What building one book takes: the agent's shard key, the index's, the book's own."""

    shard: bytes = field(repr=False)
    index: bytes = field(repr=False)
    book: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class ListKeys:
    """What a list page takes: the agent's list key and the index's."""

    list: bytes = field(repr=False)
    index: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """Something that should not happen: its code, when it did (RFC 3339), how often."""

    kind: str
    first_at: str
    last_at: str
    times: int


@dataclass(frozen=True, kw_only=True)
class VaultStatus:
    """How the vault is: locked or not, the log it signs for, V's size, its alarms.

    `provider` holds the wrapping key `wrapping_key`, for which recovery shares exist or not;
    `history` is the text of its signing keys (`audit/key_history.py`).
    """

    locked: bool
    origin: str
    vkey: str
    size: int
    alarms: tuple[Alarm, ...]
    provider: str
    wrapping_key: str
    has_shares: bool
    history: str


def read_import_keys(
    body: Mapping[str, Any], agents: tuple[str, ...], derive: Callable[[str, tuple[str, ...]], bytes]
) -> ImportKeys:
    """Join an answer's lists with the agents that were asked for, in the same order."""
    return ImportKeys(
        shard=dict(zip(agents, map(decode_bytes, body["shard"]), strict=True)),
        index=decode_bytes(body["index"]),
        list=dict(zip(agents, map(decode_bytes, body["list"]), strict=True)),
        year=int(body["year"]),
        derive=derive,
    )


def read_build_keys(body: Mapping[str, Any]) -> BuildKeys:
    """Read the answer to `build_book`."""
    return BuildKeys(**{name: decode_bytes(body[name]) for name in ("shard", "index", "book")})


def read_list_keys(body: Mapping[str, Any]) -> ListKeys:
    """Read the answer to `view_consumers`."""
    return ListKeys(list=decode_bytes(body["list"]), index=decode_bytes(body["index"]))


def read_found(body: Mapping[str, Any], ids: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Read the answer to `find_consumer`: each id's pseudonyms, the oldest year's first."""
    of_years = [write_pseudonyms(int(year), decode_bytes(body[year])) for year in sorted(body)]
    return {one: tuple(year[place] for year in of_years) for place, one in enumerate(ids)}


def read_status(body: Mapping[str, Any], size: int) -> VaultStatus:
    """Read the answer to `status`."""
    return VaultStatus(
        locked=bool(body["locked"]),
        origin=str(body["origin"]),
        vkey=str(body["vkey"]),
        size=size,
        alarms=tuple(Alarm(**alarm) for alarm in body["alarms"]),
        provider=str(body["provider"]),
        wrapping_key=str(body["wrapping_key"]),
        has_shares=bool(body["has_shares"]),
        history=str(body["history"]),
    )
