"""Settings of what leaves the house for good: copies of signed heads, witnesses, the outgoing stream.

All of it is optional and off unless set. What is set for the worker is set for the API too: the
API doesn't send anything, but it refuses access where the copies are overdue and that says `stop`.
"""

from __future__ import annotations

from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings

_DECADE = 3653


class OutsideSettings(BaseSettings):
    """Where signed heads and entries go, how often, and what follows when they can't."""

    anchor_folder: Path | None = Field(default=None, description="a folder that takes copies of heads")
    anchor_bucket: str = Field(default="", description="an S3 bucket with object lock that takes them")
    anchor_bucket_url: str = Field(default="", description="the S3 server's address; AWS's own without")
    anchor_bucket_region: str = Field(default="us-east-1", description="the bucket's region")
    anchor_bucket_key_file: Path | None = Field(
        default=None, description="two lines: access key id, secret key; else as boto3 finds them"
    )
    anchor_bucket_days: int = Field(default=_DECADE, ge=1, description="for how long a copy is locked")
    anchor_mail: bool = Field(default=False, description="whether reviewers get heads by mail")
    anchor_seconds: float = Field(default=3600.0, gt=0, description="how often a head that moved leaves")
    anchor_idle_seconds: float = Field(default=86400.0, gt=0, description="how often one that didn't")
    anchor_grace_seconds: float = Field(default=7200.0, ge=0, description="how late a copy may be")
    anchor_overdue: Literal["warn", "stop"] = Field(default="warn", description="what follows when it is")

    witnesses_file: Path | None = Field(default=None, description="a line for each witness: vkey, address")

    witnesses_ca: Path | None = Field(default=None, description="authorities to trust; the system's without")
    witness_seconds: float = Field(default=60.0, gt=0, description="how often witnesses are asked at most")

    stream_to: str = Field(default="", description="where entries go: an https address, or a file or FIFO")
    stream_form: Literal["jsonl", "ocsf"] = Field(default="jsonl", description="how they are written")
    stream_token_file: Path | None = Field(default=None, description="what the sink knows us by (Bearer)")
    stream_ca: Path | None = Field(default=None, description="authorities to trust; the system's without")
    stream_batch: int = Field(default=500, ge=1, le=5000, description="entries in one batch at most")
    stream_heartbeat_seconds: float = Field(default=60.0, gt=0, description="silence at most")
    stream_lag_seconds: float = Field(default=900.0, gt=0, description="lag from which it is an alarm")

    monitor_networks: str = Field(
        default="", description="networks that may read /metrics, split by commas; all without"
    )

    @field_validator("monitor_networks")
    @classmethod
    def _check_networks(cls, value: str) -> str:
        read_networks(value)
        return value

    @property
    def anchor_every(self) -> timedelta:
        """How often a head that moved leaves."""
        return timedelta(seconds=self.anchor_seconds)

    @property
    def anchor_idle(self) -> timedelta:
        """How often one that stood still does."""
        return timedelta(seconds=self.anchor_idle_seconds)

    @property
    def anchor_grace(self) -> timedelta:
        """How late a copy may be."""
        return timedelta(seconds=self.anchor_grace_seconds)


def read_networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Read networks split by commas. Raises ValueError."""
    return tuple(ip_network(each.strip()) for each in text.split(",") if each.strip())
