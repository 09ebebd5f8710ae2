"""How a command at the console mails: as the settings say, else as the running `serve` does."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from delivery.smtp import MailRoad
from house.serving import read_serving
from runtime.settings import Settings, SettingsError, WorkerSettings, load_settings


class NoMailError(Exception):
    """No mail server is known here, so nothing can be mailed."""


@dataclass(frozen=True, kw_only=True)
class Post:
    """A way to a mail server, the address that mails come from, and where the portal is."""

    road: MailRoad
    sender: str
    portal: str


def find_post(settings: Settings) -> Post:
    """Return how an installation mails, or raise NoMailError."""
    serving = read_serving(settings.data)
    if serving is not None:
        authorities = Path(serving.mail_ca) if serving.mail_ca else None
        road = MailRoad(serving.mail_host, serving.mail_port, authorities)
        return Post(road=road, sender=serving.mail_sender, portal=serving.url)
    try:
        own = load_settings(settings.data, WorkerSettings)
    except SettingsError as error:
        raise NoMailError(f"an invitation goes by mail, and no mail server is known here: {error}") from None
    road = MailRoad(own.mail_host, own.mail_port, own.mail_ca)
    return Post(road=road, sender=own.mail_sender, portal=own.portal_url)
