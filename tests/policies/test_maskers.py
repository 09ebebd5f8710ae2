"""A masked value never says more: not longer, not more at the second time, nothing for nothing."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.maskers import Masker, mask, mask_dates

MASKERS = st.sampled_from(Masker)
EMAILS = st.from_regex(r"[A-Za-z0-9._%+-]{1,20}@[a-z0-9.-]{1,20}\.[a-z]{2,6}", fullmatch=True)
PHONES = st.from_regex(r"(\+1 )?\(?[0-9]{3}\)?[ -]?[0-9]{3}[ -]?[0-9]{4}( x[0-9]{1,4})?", fullmatch=True)
DAYS = st.dates()
TEXTS = st.one_of(st.text(max_size=60), EMAILS, PHONES, DAYS.map(date.isoformat))


@pytest.mark.parametrize(
    ("masker", "text", "masked"),
    [
        (Masker.NAME, "Ramos", "R."),
        (Masker.NAME, "  Ñuñez-O'Hara ", "Ñ."),
        (Masker.NAME, "R", "*"),
        (Masker.NAME, "'t Hart", "*."),
        (Masker.NAME, "R.", "R."),
        (Masker.EMAIL, "april.ramos@mail.example", "a*@*.example"),
        (Masker.EMAIL, "a@mail.example", "***"),
        (Masker.EMAIL, "nobody", "***"),
        (Masker.EMAIL, "@mail.example", "***"),
        (Masker.EMAIL, "april@example", "***"),
        (Masker.PHONE, "(295) 555-0191", "***-0191"),
        (Masker.PHONE, "2955550191", "***-0191"),
        (Masker.PHONE, "555-0191", "***"),
        (Masker.ADDRESS, "617 Nichols Station Apt. 539", "***"),
        (Masker.ADDRESS, "12", "**"),
        (Masker.YEAR, "1953-12-29", "1953-01-01"),
        (Masker.YEAR, "29 December 1953", "***"),
        (Masker.GENERIC, "anything", "***"),
        (Masker.GENERIC, "   ", None),
        (Masker.BLANK, "1953-12-29", None),
    ],
)
def test_a_masker_leaves_what_it_says(masker: Masker, text: str, masked: str | None) -> None:
    """Each masker leaves its own short remainder."""
    assert masked == mask(masker, text)


@pytest.mark.parametrize("masker", Masker)
@pytest.mark.parametrize("blank", [None, ""])
def test_blank_stays_blank(masker: Masker, blank: str | None) -> None:
    """A masked blank is the same blank, so that nobody takes it for a value."""
    assert blank == mask(masker, blank)


@given(MASKERS, TEXTS)
def test_a_masked_value_is_never_longer(masker: Masker, text: str) -> None:
    """What is left is at most as long as what was there."""
    assert len(mask(masker, text) or "") <= len(text)


@given(MASKERS, TEXTS)
def test_masking_twice_changes_nothing(masker: Masker, text: str) -> None:
    """A masked value is its own masked value."""
    once = mask(masker, text)
    assert once == mask(masker, once)


@given(TEXTS)
def test_a_masked_name_keeps_one_character_at_most(text: str) -> None:
    """Of a name no more than its initial is left."""
    assert len((mask(Masker.NAME, text) or "").removesuffix(".")) <= 1


@given(EMAILS)
def test_a_masked_email_keeps_neither_person_nor_provider(email: str) -> None:
    """Of an address the first character and the top-level domain are left, or nothing."""
    masked = mask(Masker.EMAIL, email) or ""
    assert masked in {"***", f"{email[0]}*@*.{email.rpartition('.')[2]}", f"**@*.{email.rpartition('.')[2]}"}


@given(st.lists(st.none() | DAYS, max_size=20))
def test_masked_dates_are_dates_and_keep_their_year_alone(days: list[date | None]) -> None:
    """In a table a masked date stays a date, blank stays blank, and nothing but the year is left."""
    cells = pa.chunked_array([pa.array(days, pa.date32())])
    masked = mask_dates(cells)

    assert pa.date32() == masked.type
    assert [day and date(day.year, 1, 1) for day in days] == masked.to_pylist()
    assert masked.equals(mask_dates(masked))


@given(DAYS)
def test_a_masked_date_is_the_same_as_text(day: date) -> None:
    """Text and cells are masked alike."""
    assert f"{day.year:04}-01-01" == mask(Masker.YEAR, day.isoformat())


@given(st.text(min_size=1, max_size=60))
def test_a_masked_address_keeps_nothing(text: str) -> None:
    """Of an address not a character is left, nor how long it was."""
    assert mask(Masker.ADDRESS, text) in {None, "*", "**", "***"}


@given(PHONES)
def test_a_masked_phone_keeps_four_digits_at_most(phone: str) -> None:
    """Of a telephone number the last four digits are left."""
    masked = mask(Masker.PHONE, phone) or ""
    digits = "".join(character for character in phone if character.isdigit())
    assert masked == "***-" + digits[-4:]
