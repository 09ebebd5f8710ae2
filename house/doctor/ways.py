"""Checks of the ways in and out: broker and worker, mail server, room on the disk."""

from __future__ import annotations

import os
import shutil
import ssl
from pathlib import Path

from redis.exceptions import RedisError

from delivery.smtp import MailError, MailRoad
from exports.states import Reason
from house.doctor.findings import Finding, Verdict, failed, warned, well
from house.probes import queue_probe
from house.serving import read_serving
from house.wiring import House
from runtime.broker import broker_client
from runtime.settings import SettingsError, WorkerSettings, load_settings

_BROKER = "broker"
_MAIL = "mail"
_DISK = "disk"
_MEBIBYTE = 1024 * 1024
_LITTLE = 1024 * _MEBIBYTE
_TOO_LITTLE = 256 * _MEBIBYTE
_MAIL_VARIABLES = ("SEALEDBOOK_MAIL_HOST", "SEALEDBOOK_MAIL_PORT", "SEALEDBOOK_MAIL_SENDER")
_MAIL_ADVICE = {
    Reason.MAIL_SERVER_DOWN: "see that it runs and can be reached from here",
    Reason.MAIL_WITHOUT_TLS: "have it offer STARTTLS with a certificate of its name, by an authority "
    "that is known here (SEALEDBOOK_MAIL_CA)",
}


def check_broker(house: House) -> Finding:
    """Check that the broker answers, and a worker listens to the queue."""
    try:
        with broker_client(house.settings.broker) as client:
            client.ping()
    except (RedisError, OSError):
        return failed(_BROKER, "doesn't answer", "start the house: sealedbook serve")
    if not queue_probe(house.settings)():
        return warned(_BROKER, "answers, and no worker waits at the queue just now", "look again in a minute")
    return well(_BROKER, "answers, and a worker listens")


def check_mail(house: House) -> Finding:
    """Check that the mail server takes STARTTLS with a certificate that verifies."""
    try:
        road = _road(house)
    except SettingsError as error:
        return failed(_MAIL, str(error), "set them where the worker runs")
    except (OSError, ssl.SSLError):
        return failed(
            _MAIL, "the authorities of SEALEDBOOK_MAIL_CA can't be read", "name a readable PEM file"
        )
    if road is None:
        said = "no mail server is set"
        if house.settings.mode == "demo":
            return warned(_MAIL, said, "sealedbook serve --demo brings one of its own")
        return failed(_MAIL, said, f"set {', '.join(_MAIL_VARIABLES)}")
    place = f"{road.host}:{road.port}"
    try:
        road.greet()
    except MailError as error:
        advice = _MAIL_ADVICE.get(error.reason, "ask whoever runs it")
        return failed(_MAIL, f"{place}: {error.reason.value}", advice)
    return well(_MAIL, f"{place} takes STARTTLS, and its certificate verifies")


def check_disk(house: House) -> Finding:
    """Check that there is room left; a full disk refuses every access."""
    free = shutil.disk_usage(house.settings.data).free
    said = f"{free // _MEBIBYTE:,} MiB free at {house.settings.data}"
    if free >= _LITTLE:
        return well(_DISK, said)
    return Finding(
        check=_DISK,
        verdict=Verdict.FAIL if free < _TOO_LITTLE else Verdict.WARN,
        said=said,
        advice="make room: what can't be recorded is refused",
    )


def _road(house: House) -> MailRoad | None:
    """Return the way to the mail server: that of the running `serve`, else as this shell has it."""
    serving = read_serving(house.settings.data)
    if serving is not None:
        authorities = Path(serving.mail_ca) if serving.mail_ca else None
        return MailRoad(serving.mail_host, serving.mail_port, authorities)
    if not any(os.environ.get(name) for name in _MAIL_VARIABLES):
        return None
    settings = load_settings(house.settings.data, WorkerSettings)
    return MailRoad(settings.mail_host, settings.mail_port, settings.mail_ca)
