"""A manifest is believed for as long as it can speak of now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from house.exchange import ExchangeError, check_age
from snapshot.manifest import Manifest

AS_OF = datetime(2026, 11, 21, 5, tzinfo=UTC)
MANIFEST = Manifest(
    as_of=AS_OF, rows={}, has_federal_tax_information=False, confidential=frozenset(), is_signed=True
)


def test_an_old_manifest_brings_no_roster() -> None:
    """Who kept last month's roster can't bring back who left since."""
    check_age(MANIFEST, AS_OF + timedelta(days=8), 8)
    check_age(None, AS_OF, 8)
    with pytest.raises(ExchangeError, match="older than 8 days"):
        check_age(MANIFEST, AS_OF + timedelta(days=8, seconds=1), 8)
