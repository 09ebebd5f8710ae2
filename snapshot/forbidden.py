"""Looks for what may never be in a book in whole arrays of text, as `policies.never` does in one.

Law: it finds exactly what `NeverList.find` finds. Arrow's engine has no look-around, so each
pattern is searched first without it, which finds more and never less; what that finds is looked
at exactly. Text beyond ASCII that has a digit of any script is always looked at exactly, since
there the exact look folds its forms first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc

from policies.never import NeverList

_LOOK_AROUND = re.compile(r"\(\?<?[!=][^()]*\)")
_CARD = "[0-9](?:[ .-]?[0-9]){12}"
_FOREIGN = r"[^\x00-\x7f]"
_ANY_DIGIT = r"\p{N}"


@dataclass(frozen=True)
class Forbidden:
    """A never-export list, ready for arrays. `hints` are for free text and for ids."""

    never: NeverList
    hints: dict[bool, str]

    @classmethod
    def of(cls, never: NeverList) -> Self:
        """Prepare a list; a pattern that Arrow can't search makes every text with a digit suspect."""
        return cls(never, {free_text: _hint(never, free_text=free_text) for free_text in (True, False)})

    def search(self, texts: pa.Array, *, free_text: bool) -> list[int]:
        """Return the places of texts that hold something forbidden."""
        suspect = pc.match_substring_regex(texts, self.hints[free_text])
        foreign = pc.match_substring_regex(texts, _FOREIGN)
        if pc.any(foreign).as_py():
            suspect = pc.or_(suspect, pc.and_(foreign, pc.match_substring_regex(texts, _ANY_DIGIT)))
        places = pc.indices_nonzero(suspect).to_pylist() if pc.any(suspect).as_py() else []
        return [place for place in places if self.never.find(texts[place].as_py(), free_text=free_text)]


def _hint(never: NeverList, *, free_text: bool) -> str:
    searched = [each for each in never.patterns if free_text or not each.free_text_only]
    wide = [_CARD if each.luhn else _LOOK_AROUND.sub("", each.regex.pattern) for each in searched]
    hint = "(?i)" + "|".join(f"(?:{each})" for each in wide)
    try:
        pc.match_substring_regex(pa.array([""]), hint)
    except pa.ArrowInvalid:
        return _ANY_DIGIT
    return hint
