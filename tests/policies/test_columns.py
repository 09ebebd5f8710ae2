"""The catalogue holds the seventy columns, and loads whole or not at all."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.arrow_types import ARROW_TYPE_OF, rows_schema
from policies.columns import (
    COLUMNS_FILE,
    Catalogue,
    CatalogueError,
    Column,
    ColumnType,
    Kind,
    PiiClass,
    Profile,
    Treatment,
    columns_digest,
    name_of_label,
)
from policies.maskers import Masker

CATALOGUE = Catalogue.load()
ALL_NAMES = tuple(column.name for column in CATALOGUE.columns)
TEXT = COLUMNS_FILE.read_text(encoding="utf-8")
EXTRACT = Path(__file__).parents[1] / "data" / "extract.csv"


def names_where(profile: Profile, treatment: Treatment) -> list[str]:
    """Return the columns that a profile treats so."""
    return [column.name for column, how in CATALOGUE.profile(profile) if how is treatment]


def test_the_catalogue_holds_the_extracts_columns_in_order() -> None:
    """Seventy columns, in the order of the exchange's own extract."""
    with EXTRACT.open(encoding="utf-8", newline="") as file:
        header = next(csv.reader(file))
    assert tuple(header) == ALL_NAMES
    assert len(CATALOGUE.columns) == 70


@pytest.mark.parametrize("column", CATALOGUE.columns, ids=lambda column: column.name)
def test_a_label_gives_its_name_back(column: Column) -> None:
    """Lower case with underscores for spaces and hyphens turns each header into the column's name."""
    assert column.name == column.label.lower().replace(" ", "_").replace("-", "_")
    assert column.name == name_of_label(column.label)
    assert column.label[0].isupper()


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("case_number", "Case Number"),
        ("agent_npn", "Agent NPN"),
        ("home_zip", "Home ZIP"),
        ("medi_cal_status", "Medi-Cal Status"),
        ("plan_hios_id", "Plan HIOS ID"),
        ("aptc_amount", "APTC Amount"),
        ("csr_level", "CSR Level"),
        ("date_of_birth", "Date of Birth"),
        ("medi_cal_agent_is_ar", "Medi-Cal Agent Is AR"),
    ],
)
def test_a_label_is_written_as_people_write_it(name: str, label: str) -> None:
    """Known acronyms and names keep their capitals and hyphens."""
    assert label == CATALOGUE.column(name).label


@pytest.mark.parametrize("column", CATALOGUE.columns, ids=lambda column: column.name)
def test_a_meaning_is_one_plain_sentence(column: Column) -> None:
    """Each column says what it means in one sentence."""
    assert column.meaning.endswith(".")
    assert ". " not in column.meaning


def test_the_required_columns_are_never_blank() -> None:
    """These seven columns are filled in every row."""
    expected = {
        "case_number",
        "consumer_kind",
        "consumer_id",
        "last_name",
        "delegation_status",
        "agent_license_number",
        "snapshot_as_of",
    }
    assert expected == {column.name for column in CATALOGUE.columns if column.required}


def test_the_kinds_are_the_values_of_consumer_kind() -> None:
    """What a row says of its kind is what the catalogue asks of a column."""
    assert tuple(Kind) == CATALOGUE.column("consumer_kind").values
    assert CATALOGUE.column("medi_cal_status").kinds == {"Mixed Household", "Medi-Cal"}
    assert CATALOGUE.column("net_premium").kinds == {"Covered California", "Mixed Household"}
    assert frozenset(Kind) == CATALOGUE.column("email").kinds


def test_the_agents_own_book_is_whole() -> None:
    """The agent's profile shows all columns and masks none."""
    assert ALL_NAMES == CATALOGUE.names("agent")
    assert list(ALL_NAMES) == names_where(Profile.AGENT, Treatment.INCLUDE)


def test_a_manager_sees_no_consumer_in_clear() -> None:
    """Direct identifiers of consumer and contact are masked but the id, the money is left out."""
    direct = [
        column.name
        for column in CATALOGUE.columns
        if column.group in {"Consumer", "Contact"}
        and (column.pii_class is PiiClass.DIRECT or column.name == "date_of_birth")
        and column.name != "consumer_id"
    ]
    money = [
        column.name
        for column in CATALOGUE.columns
        if column.group == "Financial" and column.pii_class is PiiClass.SENSITIVE
    ]
    assert direct == names_where(Profile.MANAGER, Treatment.MASK)
    assert money == names_where(Profile.MANAGER, Treatment.OMIT)
    assert "case_number" in names_where(Profile.MANAGER, Treatment.INCLUDE)


def test_a_masked_or_contact_column_has_a_masker_that_fits() -> None:
    """What may be masked is masked by its own kind of masker, and other columns by a blank."""
    expected = {
        "first_name": Masker.NAME,
        "middle_name": Masker.NAME,
        "last_name": Masker.NAME,
        "authorized_representative": Masker.NAME,
        "date_of_birth": Masker.YEAR,
        "phone_primary": Masker.PHONE,
        "email": Masker.EMAIL,
        "home_address": Masker.ADDRESS,
        "mailing_address": Masker.ADDRESS,
    }
    others = {column.name: column.masker for column in CATALOGUE.columns if column.name not in expected}
    assert expected == {name: CATALOGUE.column(name).masker for name in expected}
    assert set(others.values()) == {Masker.BLANK}


def test_the_small_profiles_show_what_they_need() -> None:
    """The minimal book has 17 columns and the list page 12, in the catalogue's order."""
    minimal = (
        "snapshot_as_of case_number consumer_kind first_name last_name preferred_language phone_primary email"
        " eligibility_status renewal_status renewal_due_date coverage_type issuer_name plan_name"
        " enrollment_status medi_cal_status medi_cal_renewal_month"
    )
    on_the_list = (
        "case_number consumer_kind case_status delegation_start_date first_name last_name home_county"
        " renewal_status renewal_due_date coverage_type enrollment_status medi_cal_status"
    )
    assert minimal.split() == list(CATALOGUE.names("minimal"))
    assert on_the_list.split() == list(CATALOGUE.names("list"))


def test_only_the_agents_work_and_the_consumers_wish_cover_medi_cal() -> None:
    """Oversight and audit are no administration of Medi-Cal."""
    assert frozenset({"service-delegated-consumers", "consumer-request"}) == CATALOGUE.medi_cal_purposes


@pytest.mark.parametrize("ask", [lambda: CATALOGUE.column("ssn"), lambda: CATALOGUE.names("everything")])
def test_an_unknown_column_or_profile_is_an_error(ask: object) -> None:
    """What the catalogue does not name does not exist."""
    assert callable(ask)
    with pytest.raises(CatalogueError):
        ask()


@pytest.mark.parametrize(
    ("old", "broken"),
    [
        ('name = "case_status"', 'name = "case_number"'),
        ('label = "Case Status"', 'label = "Status of Case"'),
        ('name = "case_status"\nlabel = "Case Status"', 'name = "case_number"\nlabel = "Case Number"'),
        ('values = ["active", "inactive", "closed"]', ""),
        ('values = ["active", "inactive", "closed"]', 'values = ["active", "active"]'),
        ('type = "enum"', 'type = "text"'),
        ('type = "int"', 'type = "float"'),
        ('kinds = "CXM"', 'kinds = "CXZ"'),
        ('class = "N"', 'class = "E"'),
        ("required = true", ""),
        ("required = true", "required = true\nhidden = true"),
        ('masker = "phone"', 'masker = "telephone"'),
        ('pattern = "[0-9]{5}"', 'pattern = "[0-9"'),
        ('masker = "year"\n', 'masker = "name"\n'),
        ('masker = "name"\n', 'masker = "year"\n'),
        ('manager = "mask"', 'manager = "hash"'),
        (', list = "omit" }', " }"),
        ("[purposes]", "[purpose]"),
        ("[[column]]\nname", "[[column\nname"),
    ],
)
def test_a_catalogue_that_contradicts_itself_does_not_load(old: str, broken: str) -> None:
    """One wrong word refuses the whole catalogue."""
    assert old in TEXT
    with pytest.raises(CatalogueError):
        Catalogue.parse(TEXT.replace(old, broken, 1))


def test_every_column_type_has_an_arrow_type() -> None:
    """A shard's rows are the catalogue's columns, typed, and two pseudonyms."""
    schema = rows_schema(CATALOGUE)
    assert set(ColumnType) == set(ARROW_TYPE_OF)
    assert [*ALL_NAMES, "_consumer", "_case"] == schema.names
    assert str(schema.field("net_premium").type) == "decimal128(9, 2)"
    assert str(schema.field("home_zip").type) == "string"


@given(st.lists(st.sampled_from(ALL_NAMES), unique=True), st.sampled_from(Profile))
def test_a_column_sets_digest_knows_names_order_and_profile(names: list[str], profile: Profile) -> None:
    """Another profile, another order or another column is another digest."""
    digest = columns_digest(names, profile)
    others = [columns_digest([*names, "more"], profile), columns_digest(names, "another")]
    if len(names) > 1:
        others.append(columns_digest(names[::-1], profile))
    assert digest == columns_digest(tuple(names), profile.value)
    assert digest not in others
