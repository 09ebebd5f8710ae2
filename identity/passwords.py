"""Which passwords may be chosen (rule R17): long enough, not known to everybody, not one's own name.

Laws: no classes of characters and no rotation are asked for; nothing is cut off; a password is
judged and compared as Unicode's NFKC has it (NIST SP 800-63B). Messages never hold it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from enum import StrEnum
from functools import cache
from pathlib import Path

_COMMON_FILE = Path(__file__).with_name("common_passwords.txt")
_LEAST_KINDS = 5
_OWN_LENGTH = 4
_LEFT_OF_OWN = 8
_LEAST_REPEATED = 3
_PADDING = "0123456789!?.,;:*#+-_=~@$%&()[]{}<>/\\|'\"^`"
_DISGUISES = str.maketrans("@$!013457", "asioleast")
_RUNS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890123456789",
    "qwertyuiopasdfghjklzxcvbnm",
    "qazwsxedcrfvtgb",
)


class Weakness(StrEnum):
    """Why a password can't be chosen, as a code."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    COMMON = "common"
    OWN_NAME = "own_name"


class WeakPasswordError(Exception):
    """The password can't be chosen; `weakness` says why."""

    def __init__(self, weakness: Weakness) -> None:
        super().__init__(weakness.value)
        self.weakness = weakness


def check_password(password: str, *, least: int, most: int, own: Iterable[str]) -> None:
    """Raise WeakPasswordError unless a password may be chosen.

    `least` and `most` count characters; `own` are words that stand for the person (user name,
    name, address), which may be part of a password but not the most of it.
    """
    normal = unicodedata.normalize("NFKC", password)
    if len(normal) < least:
        raise WeakPasswordError(Weakness.TOO_SHORT)
    if len(normal) > most:
        raise WeakPasswordError(Weakness.TOO_LONG)
    plain = _plain(normal)
    if len(set(normal.casefold())) < _LEAST_KINDS or _is_common(plain) or _is_run(plain):
        raise WeakPasswordError(Weakness.COMMON)
    rest = plain
    for word in sorted(_words(own), key=len, reverse=True):
        rest = rest.replace(word, "")
    if len(rest) < _LEFT_OF_OWN and len(rest) < len(plain):
        raise WeakPasswordError(Weakness.OWN_NAME)


def _plain(text: str) -> str:
    return "".join(character for character in text.casefold() if not character.isspace())


def _words(own: Iterable[str]) -> set[str]:
    parts = {part for text in own for part in (*re.split(r"[^\w]+", text.casefold()), _plain(text))}
    return {part for part in parts if len(part) >= _OWN_LENGTH}


def _is_common(plain: str) -> bool:
    """Tell whether it is a known password, also where it was only padded, doubled or disguised."""
    forms = {plain, plain.strip(_PADDING)}
    forms |= {form.translate(_DISGUISES) for form in forms}
    forms |= {form.strip(_PADDING) for form in forms}
    repeated = {
        form[:length]
        for form in forms
        for length in range(_LEAST_REPEATED, len(form) // 2 + 1)
        if _repeats(form, length)
    }
    return bool((forms | repeated) & _common())


def _repeats(text: str, length: int) -> bool:
    return (text[:length] * len(text))[: len(text)] == text


def _is_run(plain: str) -> bool:
    """Tell whether it goes along the alphabet, the digits or a keyboard's rows, either way."""
    return any(plain in row * 3 or plain in row[::-1] * 3 for row in _RUNS)


@cache
def _common() -> frozenset[str]:
    return frozenset(_COMMON_FILE.read_text(encoding="utf-8").split())
