"""Bring an extract into a house: its own gate, vault, objects, catalogue and never-export list judge it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from house.wiring import House
from policies.gate import Who
from runtime.database import reading
from snapshot.importing import ImportedSnapshot, import_extract
from snapshot.manifest import Manifest
from snapshot.reasons import Correction
from snapshot.sources import Source
from store.people import roster_licences


def bring_in(
    house: House,
    who: Who,
    source: Source | Path,
    as_of: datetime,
    *,
    manifest: Manifest | None = None,
    reason: Correction | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> ImportedSnapshot:
    """Read, check and store an extract as a new attempt of a house; `as_of` is aware.

    Its agents are compared with the roster taken over, and the spool lies in the house's folder.
    Raises what `import_extract` raises.
    """
    with reading(house.engine) as connection:
        listed = roster_licences(connection)
    return import_extract(
        source,
        as_of,
        who=who,
        gate=house.gate,
        vault=house.vault,
        objects=house.objects,
        known_agents=listed,
        manifest=manifest,
        reason=reason,
        scratch=house.settings.data,
        progress=progress,
    )
