"""A passphrase as it is read over a phone: letter by letter, in the words that pilots use."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_WORDS = (
    "alfa bravo charlie delta echo foxtrot golf hotel india juliett kilo lima mike november oscar papa "
    "quebec romeo sierra tango uniform victor whiskey x-ray yankee zulu"
)
_DIGITS = "zero one two three four five six seven eight nine"
_SAID: Mapping[str, str] = MappingProxyType(
    {word[0]: word for word in _WORDS.split()} | dict(zip("0123456789", _DIGITS.split(), strict=True))
)


def spell(passphrase: str) -> list[str]:
    """Return each group of a passphrase in words; the dashes between belong to it."""
    return [" ".join(_SAID[one] for one in group) for group in passphrase.split("-")]
