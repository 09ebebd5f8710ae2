"""What a search of Active Consumers may say, and what a page of them holds: exactly these fields."""

from __future__ import annotations

from typing import TypeAlias

from pydantic import BaseModel, ConfigDict, Field

Cell: TypeAlias = "str | int | bool | None"


class AskedConsumers(BaseModel):
    """What is looked for; everything left out means any.

    `query` finds parts of names and case numbers, whatever their case and accents; all its words
    must be found. `sort` names columns of the list, `-` before one for descending.
    """

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    query: str | None = Field(default=None, max_length=100, repr=False)
    kind: str | None = Field(default=None, max_length=64, examples=["Medi-Cal"])
    status: str | None = Field(default=None, max_length=64, examples=["active"])
    county: str | None = Field(default=None, max_length=64, repr=False)
    sort: str | None = Field(default=None, max_length=200, examples=["last_name,-renewal_due_date"])
    cursor: str | None = Field(
        default=None,
        max_length=64,
        repr=False,
        description="`next` or `previous` of a page; send the same query, filters and sort with it",
    )


class ConsumersFacets(BaseModel):
    """The values that each filter can have in one's own list, sorted."""

    kind: list[str]
    status: list[str]
    county: list[str]


class ConsumersPage(BaseModel):
    """At most fifty rows of one's own Active Consumers, a row for each consumer and coverage.

    `items` hold the columns of the profile `list`; dates are ISO, a blank is null. `total` counts the
    rows found, `listed` all rows of the list, `first` the rows before this page.
    """

    items: list[dict[str, Cell]] = Field(repr=False)
    next: str | None
    previous: str | None
    as_of: str = Field(description="the data's cut-off, RFC 3339 in UTC")
    total: int
    listed: int
    first: int
    facets: ConsumersFacets
