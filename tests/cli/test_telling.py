"""A story's steps are told one line each, once they are done."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from cli.telling import Telling


def told(page: io.StringIO) -> list[str]:
    """Return the lines that were told, without their seconds."""
    return [re.sub(r"^ +[0-9.]+ s  ", "", line) for line in page.getvalue().splitlines()]


def test_step_is_told_with_what_it_came_to() -> None:
    """The line at the end has the last words only; brackets are no markup."""
    page = io.StringIO()
    telling = Telling(Console(file=page))
    with telling.step("Sent") as tell:
        tell("on its way")
        tell("31 rows [all]")
    telling.detail("more")
    assert ["Sent: 31 rows [all]", "         more"] == told(page)


def test_step_that_failed_is_not_told_as_done() -> None:
    """An error inside a step leaves no line that says it happened."""
    page = io.StringIO()
    telling = Telling(Console(file=page))
    with pytest.raises(ValueError, match="no"), telling.step("Sent"):
        raise ValueError("no")
    assert [] == told(page)
