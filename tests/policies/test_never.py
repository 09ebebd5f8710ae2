"""What never leaves is found by checksum or context, and an id is not taken for it."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.columns import Catalogue, ColumnType
from policies.never import (
    NEVER_FILE,
    NeverList,
    NeverListError,
    passes_luhn,
    shipped_list,
)

NEVER = shipped_list()
EXTRACT = Path(__file__).parents[1] / "data" / "extract.csv"
WORDS = st.text(alphabet=st.characters(categories=["L"], exclude_characters="sS"), max_size=12)
DIGITS = "0123456789"


def with_check_digit(digits: str) -> str:
    """Return the digits with the one that makes them pass Luhn."""
    return next(digits + last for last in DIGITS if passes_luhn(digits + last))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("123-45-6789", "ssn"),
        ("his number is 123-45-6789, call first", "ssn"),
        ("123–45–6789", "ssn"),
        ("１２３-４５-６７８９", "ssn"),
        ("SSN 123456789", "ssn"),
        ("ssn: 123 45 6789", "ssn"),
        ("SSN123456789", "ssn"),
        ("social security number 123456789", "ssn"),
        ("123456789 (SSN)", "ssn"),
        ("4111111111111111", "card"),
        ("12 Oak St, card 4111 1111 1111 1111", "card"),
        ("12 4111-1111-1111-1111 7", "card"),
        ("91234567A", "cin"),
        ("CIN 91234567a.", "cin"),
    ],
)
def test_what_never_leaves_is_found(text: str, code: str) -> None:
    """Each pattern is found in the forms that people write, by its code."""
    assert code == NEVER.find(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Ramos",
        "1118207186",
        "086110000001",
        "123456789",
        "lesson 123456789",
        "4111111111111112",
        "0000000000000000",
        "1234567A",
        "912345678A",
        "91234567AB",
        "(295) 555-0191",
        "2026-11-20",
        "1123-45-6789",
        "123-45-67890",
        "9-123-45-6789",
        "Suite 123-45, 6789 Main St",
        "²²²²²²²²²²²²²",
    ],
)
def test_an_innocent_value_is_left_alone(text: str) -> None:
    """Ids, telephone numbers, dates and addresses are no hits."""
    assert NEVER.find(text) is None


def test_an_id_is_searched_for_social_security_numbers_only() -> None:
    """A policy number may pass Luhn or look like a CIN; a dashed SSN is one anywhere."""
    assert NEVER.find("4111111111111111", free_text=False) is None
    assert NEVER.find("91234567A", free_text=False) is None
    assert NEVER.find("123-45-6789", free_text=False) == "ssn"


def test_nothing_in_the_sample_extract_is_taken_for_what_never_leaves() -> None:
    """The synthetic rows hold no hit in any text column."""
    texts = [column for column in Catalogue.load().columns if column.type is ColumnType.TEXT]
    with EXTRACT.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for column in texts:
                assert NEVER.find(row[column.name], free_text=column.free_text) is None


@given(WORDS, st.from_regex(r"[0-9]{3}-[0-9]{2}-[0-9]{4}", fullmatch=True), WORDS)
def test_a_dashed_number_is_found_wherever_it_stands(before: str, number: str, after: str) -> None:
    """Words around a Social Security number do not hide it."""
    assert NEVER.find(f"{before} {number} {after}") == "ssn"


@given(
    st.text(alphabet=DIGITS, min_size=12, max_size=18).filter(lambda digits: len(set(digits)) > 1),
    st.sampled_from(["", " ", "-"]),
)
def test_a_card_is_found_in_groups_and_without(digits: str, separator: str) -> None:
    """A number of 13 to 19 digits with a valid check digit is a card's, however it is grouped."""
    card = with_check_digit(digits)
    grouped = separator.join(card[start : start + 4] for start in range(0, len(card), 4))
    assert NEVER.find(f"pay {grouped} now") == "card"


@given(st.text(alphabet=DIGITS, max_size=12))
def test_a_number_of_twelve_digits_or_fewer_is_an_id(digits: str) -> None:
    """Case numbers and consumer ids are never hits by themselves."""
    assert NEVER.find(digits) is None


@given(st.text(alphabet=DIGITS, min_size=1, max_size=18), st.data())
def test_luhn_sees_every_single_wrong_digit(digits: str, data: st.DataObject) -> None:
    """Changing one digit of a number that passes makes it fail."""
    card = with_check_digit(digits)
    place = data.draw(st.integers(0, len(card) - 1))
    wrong = data.draw(st.sampled_from(DIGITS.replace(card[place], "")))
    assert passes_luhn(card)
    assert not passes_luhn(card[:place] + wrong + card[place + 1 :])


@given(st.text(max_size=200))
def test_any_text_can_be_searched(text: str) -> None:
    """No text makes the search fail, and the answer is a code."""
    assert NEVER.find(text) in {None, "ssn", "card", "cin"}


@pytest.mark.parametrize(
    "name",
    [
        "ssn",
        "SSN",
        "consumer_ssn",
        "Social Security Number",
        "immigration_status",
        "household_income",
        "bank_account_number",
        "card_number",
        "medi_cal_cin",
        "aid_code",
        "pregnant",
        "tax_filing_status",
        "portal_password",
    ],
)
def test_a_column_that_never_leaves_is_known_by_name(name: str) -> None:
    """Names are matched by their words, whatever their case and spaces."""
    assert NEVER.forbids_column(name)


@pytest.mark.parametrize(
    "name", [*(column.name for column in Catalogue.load().columns), "notes", "cinema", "", "__"]
)
def test_other_columns_are_not_on_the_list(name: str) -> None:
    """No column of the catalogue is forbidden, and a word inside a word is none."""
    assert not NEVER.forbids_column(name)


@pytest.mark.parametrize(
    ("old", "broken"),
    [
        ("[columns]", "[column]"),
        ('code = "cin"', ""),
        ("(?<![0-9a-z])[0-9]{8}", "(?<![0-9a-z][0-9]{8}"),
        ('check = "luhn"\nfree', 'check = "mod97"\nfree'),
        ("[[pattern]]\ncode", "[[pattern\ncode"),
    ],
)
def test_a_list_with_a_mistake_does_not_load(old: str, broken: str) -> None:
    """One wrong word refuses the whole list."""
    text = NEVER_FILE.read_text(encoding="utf-8")
    assert old in text
    with pytest.raises(NeverListError):
        NeverList.parse(text.replace(old, broken, 1))
