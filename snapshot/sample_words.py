"""What a sample is made of, and how it is drawn: the same chance gives the same words."""

from __future__ import annotations

import random
import tomllib
from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any, Generic, Self, TypeVar

SAMPLE_FILE = Path(__file__).with_name("sample.toml")
_Item = TypeVar("_Item")


@dataclass(frozen=True)
class Weighted(Generic[_Item]):
    """Things of which some are drawn more often than others; `heaped` are the weights summed up."""

    items: tuple[_Item, ...]
    heaped: tuple[float, ...]

    @classmethod
    def of(cls, items: Sequence[_Item], weights: Sequence[float]) -> Self:
        """Return things with a weight each."""
        return cls(tuple(items), tuple(accumulate(weights)))

    def draw(self, chance: random.Random) -> _Item:
        """Draw one."""
        return self.items[bisect(self.heaped, chance.random() * self.heaped[-1], 0, len(self.items) - 1)]


@dataclass(frozen=True, kw_only=True)
class Language:
    """A language with given and family names that are common in it."""

    name: str
    given: tuple[str, ...]
    family: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Words:
    """What the sample is made of, as `sample.toml` has it; a place is (county, city, ZIP code)."""

    streets: tuple[str, ...]
    street_kinds: tuple[str, ...]
    issuers: tuple[str, ...]
    networks: tuple[str, ...]
    agencies: tuple[str, ...]
    agent_given: tuple[str, ...]
    agent_family: tuple[str, ...]
    languages: Weighted[Language]
    places: Weighted[tuple[str, str, str]]
    odd: tuple[dict[str, str], ...]

    @classmethod
    def load(cls) -> Words:
        """Read the words that ship with the service."""
        read: dict[str, Any] = tomllib.loads(SAMPLE_FILE.read_text(encoding="utf-8"))
        languages, counties = read.pop("language"), read.pop("county")
        places = [
            ((county["name"], city, postcode), county["share"] / len(county["cities"]))
            for county in counties
            for city, postcode in county["cities"]
        ]
        return cls(
            **{name: tuple(values) for name, values in read.items()},
            languages=Weighted.of(
                [
                    Language(name=each["name"], given=tuple(each["given"]), family=tuple(each["family"]))
                    for each in languages
                ],
                [each["share"] for each in languages],
            ),
            places=Weighted.of([place for place, _ in places], [share for _, share in places]),
        )


def happens(chance: random.Random, percent: int) -> bool:
    """Tell whether something of that likelihood happens."""
    return chance.random() * 100 < percent


def between(chance: random.Random, least: int, most: int) -> int:
    """Draw a whole number, both ends included."""
    return least + int(chance.random() * (most - least + 1))


def one_of(chance: random.Random, items: Sequence[_Item]) -> _Item:
    """Draw one of some, each as often."""
    return items[int(chance.random() * len(items))]
