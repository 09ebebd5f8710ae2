"""The anchors themselves, ready to be used, and what they hold, held against the ledger."""

from __future__ import annotations

from audit.anchor import Anchor, AnchorError, Copy, Trouble
from audit.anchor_folder import FolderAnchor
from audit.key_history import KeyHistory, read_history
from audit.movement import check_copy
from audit.reader import LedgerReader
from delivery.anchor_bucket import BucketAnchor
from house.anchoring import BUCKET, FOLDER
from house.founding import kept_vkey
from house.keys import key_history
from house.wiring import House
from runtime.outside import OutsideSettings


def readable_anchors(settings: OutsideSettings) -> list[Anchor]:
    """Return the configured anchors that can be read back, ready to be used."""
    found: list[Anchor] = []
    if settings.anchor_folder is not None:
        found.append(FolderAnchor(settings.anchor_folder, FOLDER))
    if settings.anchor_bucket:
        found.append(
            BucketAnchor(
                bucket=settings.anchor_bucket,
                days=settings.anchor_bucket_days,
                url=settings.anchor_bucket_url,
                region=settings.anchor_bucket_region,
                key_file=settings.anchor_bucket_key_file,
                name=BUCKET,
            )
        )
    return found


def ledger_keys(house: House) -> KeyHistory:
    """Return the keys of the installation's checkpoints, from the first on. Raises NoteError, OSError."""
    return read_history(key_history(house) or f"{kept_vkey(house.settings)}\n")


def read_back(reader: LedgerReader, anchor: Anchor, known: int, keys: KeyHistory) -> Copy | None:
    """Return an anchor's newest copy once the ledger was shown to extend it; None before the first.

    `known` is the size of the newest that was laid. Raises AnchorError (LOST where that one and all
    later ones are gone), LedgerError.
    """
    copy = anchor.newest(known)
    if copy is not None:
        check_copy(reader, copy, keys)
    elif known:
        raise AnchorError(Trouble.LOST)
    return copy
