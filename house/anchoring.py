"""Which anchors an installation has, how often each is due, and which are overdue.

Law: what is overdue follows from the ledger and the noted standings alone, so that whoever asks
(the gate's guard, `/readyz`, the doctor) finds the same, also while no worker runs.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection

from audit.anchor import Movement, Pace, Standing, is_overdue
from audit.movement import movement_after
from runtime.outside import OutsideSettings
from store.outposts import standing_of

FOLDER, BUCKET, MAIL = "folder", "bucket", "mail"
MAIL_EVERY = timedelta(days=1)
_KEPT_SECONDS = 1.0


@dataclass(frozen=True, kw_only=True)
class Post:
    """One configured anchor: its name, its pace, and whether a publication hurries it."""

    name: str
    pace: Pace
    at_publish: bool = True


def anchor_posts(settings: OutsideSettings) -> list[Post]:
    """Return the configured anchors."""
    pace = Pace(every=settings.anchor_every, idle=settings.anchor_idle, grace=settings.anchor_grace)
    posts = []
    if settings.anchor_folder is not None:
        posts.append(Post(name=FOLDER, pace=pace))
    if settings.anchor_bucket:
        posts.append(Post(name=BUCKET, pace=pace))
    if settings.anchor_mail:
        daily = Pace(
            every=max(pace.every, MAIL_EVERY), idle=max(pace.idle, MAIL_EVERY), grace=settings.anchor_grace
        )
        posts.append(Post(name=MAIL, pace=daily, at_publish=False))
    return posts


@dataclass(frozen=True, kw_only=True)
class Look:
    """How one post stands at a moment."""

    post: Post
    standing: Standing
    moved: Movement
    now: datetime

    @property
    def is_overdue(self) -> bool:
        """Whether its newest copy is older than its limit."""
        return is_overdue(self.standing, self.moved, self.now, self.post.pace)

    @property
    def age_seconds(self) -> float | None:
        """How old its newest copy is."""
        reached = self.standing.reached_at
        return None if reached is None else (self.now - reached).total_seconds()


def look_at(connection: Connection, post: Post, now: datetime) -> Look:
    """Look at one post."""
    standing = standing_of(connection, post.name)
    return Look(post=post, standing=standing, moved=movement_after(connection, standing.size), now=now)


def look_at_anchors(connection: Connection, settings: OutsideSettings, now: datetime) -> list[Look]:
    """Look at every configured anchor."""
    return [look_at(connection, post, now) for post in anchor_posts(settings)]


@dataclass
class AnchorGuard:
    """Halts the gate while an anchor is overdue; looks once a second at most."""

    settings: OutsideSettings
    _looked_at: float = field(default=float("-inf"))
    _overdue: tuple[str, ...] = ()

    def halted_by(self, connection: Connection, now: datetime) -> tuple[str, ...]:
        """Return the names of overdue anchors."""
        if time.monotonic() - self._looked_at >= _KEPT_SECONDS:
            looks = look_at_anchors(connection, self.settings, now)
            self._overdue = tuple(look.post.name for look in looks if look.is_overdue)
            self._looked_at = time.monotonic()
        return self._overdue


def guard_of(settings: OutsideSettings) -> AnchorGuard | None:
    """Return the guard that an installation asked for: none where overdue anchors only warn."""
    return AnchorGuard(settings) if settings.anchor_overdue == "stop" and anchor_posts(settings) else None
