"""How all that leaves the house stands: anchors, witnesses, the stream. One look for all who show it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from house.anchoring import Look, look_at, look_at_anchors
from house.streaming import StreamLook, look_at_stream
from house.witnesses import read_witnesses, witness_post
from runtime.outside import OutsideSettings
from runtime.settings import SettingsError


@dataclass(frozen=True, kw_only=True)
class Outside:
    """One look. A list of witnesses that can't be read shows none; the doctor says so."""

    anchors: tuple[Look, ...]
    witnesses: tuple[Look, ...]
    stream: StreamLook | None


def look_outside(connection: Connection, settings: OutsideSettings, now: datetime) -> Outside:
    """Look once, within a read transaction."""
    try:
        posts = [witness_post(settings, each) for each in read_witnesses(settings.witnesses_file)]
    except SettingsError:
        posts = []
    return Outside(
        anchors=tuple(look_at_anchors(connection, settings, now)),
        witnesses=tuple(look_at(connection, post, now) for post in posts),
        stream=look_at_stream(connection, settings, now),
    )
