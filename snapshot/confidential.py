"""Masks the contact data of consumers with confidential communications (BOOK.md, "Profiles").

Law: it happens before anything is stored, so no profile, page or book can show what was masked.
"""

from __future__ import annotations

from collections.abc import Collection

import pyarrow as pa
import pyarrow.compute as pc

from policies.columns import Catalogue
from policies.maskers import mask

_GROUP = "Contact"


def mask_confidential(
    rows: pa.RecordBatch, consumers: Collection[str], catalogue: Catalogue
) -> pa.RecordBatch:
    """Return typed rows with the contact columns of these consumers (by id) masked."""
    if not consumers:
        return rows
    flagged = pc.is_in(rows.column("consumer_id"), pa.array(sorted(consumers), pa.string()))
    if not pc.any(flagged).as_py():
        return rows
    for place, column in enumerate(catalogue.columns):
        if column.group == _GROUP:
            values = rows.column(place)
            masked = [mask(column.masker, text) for text in values.filter(flagged).to_pylist()]
            values = pc.replace_with_mask(values, flagged, pa.array(masked, values.type))
            rows = rows.set_column(place, column.name, values)
    return rows
