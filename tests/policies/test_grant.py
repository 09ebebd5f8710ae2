"""A Grant stays where it was given, and says nothing of anybody."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import re
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from typing import Any

import pytest
from kombu.exceptions import EncodeError
from kombu.serialization import dumps

from policies.columns import Catalogue
from policies.grant import GrantStaysError
from policies.table import permit_table
from runtime.broker import make_queue
from tests.policies.factories import LICENCE, a_grant, a_row, some_rows
from tests.test_layout import MODULES, ROOT


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_grant_is_not_pickled(protocol: int) -> None:
    """No protocol of pickle takes one, alone or inside of something."""
    for held in (a_grant(), [a_grant()], {"grant": a_grant()}):
        with pytest.raises(GrantStaysError):
            pickle.dumps(held, protocol)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_a_grant_is_not_copied(copied: Callable[[Any], Any]) -> None:
    """Neither way to copy takes one."""
    with pytest.raises(GrantStaysError):
        copied(a_grant())


def test_a_grant_is_not_changed() -> None:
    """What was granted stays what it is."""
    with pytest.raises(FrozenInstanceError):
        a_grant().agent = "0X00000"  # type: ignore[misc] # what must not work


@pytest.mark.parametrize("serializer", ["json", "pickle"])
def test_a_grant_fits_no_message(serializer: str) -> None:
    """Whatever a queue would write messages with refuses a Grant."""
    with pytest.raises((EncodeError, GrantStaysError)):
        dumps({"grant": a_grant()}, serializer=serializer)


def test_the_queue_takes_no_grant() -> None:
    """The house's own queue refuses it before anything is sent."""
    with pytest.raises((EncodeError, TypeError)):
        make_queue("memory://").send_task("any.task", args=[a_grant()])


def test_a_written_grant_names_nobody(caplog: pytest.LogCaptureFixture) -> None:
    """Formatted, logged or in an error, it is its action and its entry's index."""
    grant = a_grant()
    with caplog.at_level(logging.INFO):
        logging.getLogger("any").info("%s %r", grant, grant)
    written = [repr(grant), str(grant), f"{grant}", f"{grant!r:>3}", caplog.text, repr([grant])]

    assert f"<Grant of entry {grant.index}: BuildBook>" == repr(grant)
    assert not [text for text in written if LICENCE in text or grant.actor.id in text]
    with pytest.raises(TypeError):
        json.dumps(grant)


def test_permitted_rows_are_not_written_either() -> None:
    """The table that a Grant lets out shows no cell when somebody writes it down."""
    catalogue = Catalogue.load()
    table = permit_table(a_grant(), some_rows(catalogue, a_row(catalogue, last_name="Zzyzxwick")), catalogue)

    assert "Zzyzxwick" in str(table.data.to_pydict())
    assert "Zzyzxwick" not in repr(table) + str(table)


def test_only_the_gate_makes_grants() -> None:
    """In the program a Grant is made in one file."""
    makers = [path for path in MODULES if re.search(r"\bGrant\(", path.read_text(encoding="utf-8"))]
    assert ["policies/gate.py"] == [str(path.relative_to(ROOT)) for path in makers]
