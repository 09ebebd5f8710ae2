"""Which books a copy could have come out of, how sure that is, and why.

Laws:
1. Compared are fingerprints alone. People's views say whose book it is, views of how things stood which
   week's; rows that are in a book whole say both.
2. CERTAIN needs three people, nine tenths of what the copy says of how things stood, and a lead of three
   marks over every other book. Where books hold the copy equally well, what the copy says of itself may
   raise one to LIKELY; anybody can write that, so it makes nothing certain.
3. Reasons are counts in words, never a value.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from book.copies import Copy
from book.fingerprints import PEOPLE, STANDINGS, Prints, View

_LEAST_SHARE = 0.2
_SURE_SHARE = 0.9
_SURE_LEAD = 3
_SURE_PEOPLE = 3
_HALF = 0.5


class Certainty(StrEnum):
    """How sure it is that a copy came out of a book."""

    CERTAIN = "certain"
    LIKELY = "likely"
    POSSIBLE = "possible"


@dataclass(frozen=True, kw_only=True)
class KnownBook:
    """A book that was built: its export, the day of its data (ISO, Pacific), its fingerprints."""

    export: str
    day: str
    prints: Prints = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A book that the copy could have come out of."""

    export: str
    certainty: Certainty
    reasons: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class _Share:
    found: int
    of_copy: int
    of_book: int

    @property
    def share(self) -> float:
        return self.found / self.of_copy if self.of_copy else 0.0


@dataclass(frozen=True, kw_only=True)
class _Likeness:
    export: str
    people: _Share
    standings: _Share
    rows: _Share
    says_export: bool
    says_day: bool

    @property
    def marks(self) -> int:
        return self.standings.found + self.rows.found

    @property
    def rank(self) -> tuple[int, int, bool, bool, float]:
        covered = self.people.found / max(1, self.people.of_book)
        return self.marks, self.people.found, self.says_export, self.says_day, covered


def compare(copy: Copy, books: Iterable[KnownBook]) -> list[Candidate]:
    """Return the books that the copy could have come out of, the likeliest first; none when none could."""
    alike = [
        found
        for found in (_likeness(copy, book) for book in books)
        if max(found.people.share, found.standings.share) >= _LEAST_SHARE
    ]
    alike.sort(key=lambda found: found.export)
    alike.sort(key=lambda found: found.rank, reverse=True)
    return [
        Candidate(
            export=one.export, certainty=_certainty(one, alike), reasons=tuple(_reasons(one, alike, copy))
        )
        for one in alike
    ]


def _likeness(copy: Copy, book: KnownBook) -> _Likeness:
    shares = {view: _share(copy.prints, book.prints, view) for view in View}
    standings = [shares[view] for view in STANDINGS]
    return _Likeness(
        export=book.export,
        people=max((shares[view] for view in PEOPLE), key=lambda share: (share.share, share.found)),
        standings=_Share(
            found=sum(share.found for share in standings),
            of_copy=sum(share.of_copy for share in standings),
            of_book=sum(share.of_book for share in standings),
        ),
        rows=shares[View.ROW],
        says_export=book.export in copy.claimed_exports,
        says_day=book.day in copy.claimed_days,
    )


def _share(copy: Prints, book: Prints, view: View) -> _Share:
    ours, theirs = copy.views.get(view, frozenset()), book.views.get(view, frozenset())
    # A view that the book has not is nothing that the copy lacks.
    return _Share(found=len(ours & theirs), of_copy=len(ours) if theirs else 0, of_book=len(theirs))


def _equals(one: _Likeness, alike: list[_Likeness]) -> list[_Likeness]:
    return [other for other in alike if (other.marks, other.people) == (one.marks, one.people)]


def _lead(one: _Likeness, alike: list[_Likeness]) -> int:
    return one.marks - max((other.marks for other in alike if other is not one), default=0)


def _certainty(one: _Likeness, alike: list[_Likeness]) -> Certainty:
    equals = _equals(one, alike)
    if one is not alike[0] and (one not in equals or alike[0] not in equals):
        return Certainty.POSSIBLE
    is_held = (one.standings if one.standings.of_copy else one.people).share >= _SURE_SHARE
    if len(equals) == 1:
        has_lead = _lead(one, alike) >= _SURE_LEAD
        if has_lead and is_held and one.standings.of_copy and one.people.found >= _SURE_PEOPLE:
            return Certainty.CERTAIN
        likely = is_held or (has_lead and one.standings.share >= _HALF)
        return Certainty.LIKELY if likely else Certainty.POSSIBLE
    says = [other for other in equals if other.says_export] or [other for other in equals if other.says_day]
    return Certainty.LIKELY if is_held and says == [one] else Certainty.POSSIBLE


def _reasons(one: _Likeness, alike: list[_Likeness], copy: Copy) -> Iterable[str]:
    people, standings, rows = one.people, one.standings, one.rows
    yield f"{people.found} of the copy's {people.of_copy} people are among this book's {people.of_book}."
    if standings.of_copy:
        yield f"Of {standings.of_copy} marks of how things stood, {standings.found} are this book's."
    else:
        yield "The copy lacks the columns that tell how things stood, so weeks are hard to tell apart."
    if rows.found:
        yield f"{rows.found} rows are in it whole and unaltered."
    equals = _equals(one, alike)
    if len(equals) > 1:
        yield f"{len(equals)} books hold the copy equally well."
    elif one is alike[0] and len(alike) > 1:
        yield f"It leads the next book by {_lead(one, alike)} marks."
    if one.says_export:
        yield "The copy says of itself that it is this export (anybody could have written that)."
    elif copy.claimed_exports:
        yield "The copy says of itself that it is another export (anybody could have written that)."
    if copy.claimed_days:
        yield f"The data's day in the copy is {'' if one.says_day else 'not '}this book's."
