"""An anchor that is an S3 bucket with object lock: what it took, nobody deletes before its time.

Laws
1. Copies are put in COMPLIANCE mode, which its own root account can't shorten, and only where
   none of that name is (`If-None-Match: *`).
2. A copy counts once the bucket says that it is locked: a bucket without object lock would take
   copies that anybody may delete.
3. Waits are short, and a try is one try; the next round comes soon.
The lock's end is by the machine's clock, which the bucket compares with its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from audit.anchor import AnchorError, Copy, Trouble, first_name, newest_name, read_copy

_CONFIG: Final = Config(
    connect_timeout=5,
    read_timeout=10,
    retries={"total_max_attempts": 1},
    s3={"addressing_style": "path"},
)
_MODE: Final = "COMPLIANCE"
_THERE: Final = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", "409"})
_NO_SUCH_BUCKET: Final = frozenset({"NoSuchBucket", "404"})


@dataclass(frozen=True, kw_only=True)
class BucketAnchor:
    """Copies as locked objects of a bucket; `url` is empty for AWS's own."""

    bucket: str
    days: int
    url: str = ""
    region: str = "us-east-1"
    key_file: Path | None = field(default=None, repr=False)
    name: str = "bucket"

    def put(self, copy: Copy) -> None:
        """Put a copy under lock; the same one may be there already."""
        data = copy.note.encode()
        with _troubles():
            if not self._put(copy.name, data) and self._read(copy.name) != data:
                raise AnchorError(Trouble.TAKEN)
            found = self._client.head_object(Bucket=self.bucket, Key=copy.name)
        if found.get("ObjectLockMode") != _MODE:
            raise AnchorError(Trouble.UNLOCKED)

    def newest(self, known: int) -> Copy | None:
        """Return the copy over the most entries."""
        with _troubles():
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket, StartAfter=first_name(known)
            )
            names = (each["Key"] for page in pages for each in page.get("Contents", ()))
            name = newest_name(names, known)
            return None if name is None else read_copy(name, self._read(name))

    def _put(self, name: str, data: bytes) -> bool:
        """Put an object; False where there is one of that name."""
        try:
            self._client.put_object(
                Bucket=self.bucket,
                Key=name,
                Body=data,
                ContentType="text/plain; charset=utf-8",
                IfNoneMatch="*",
                ObjectLockMode=_MODE,
                ObjectLockRetainUntilDate=datetime.now(UTC) + timedelta(days=self.days),
            )
        except ClientError as error:
            if _code(error) in _THERE:
                return False
            raise
        return True

    def _read(self, name: str) -> bytes:
        return bytes(self._client.get_object(Bucket=self.bucket, Key=name)["Body"].read())

    @cached_property
    def _client(self) -> Any:
        keys: dict[str, str] = {}
        if self.key_file is not None:
            identity, secret = self.key_file.read_text(encoding="ascii").split()
            keys = {"aws_access_key_id": identity, "aws_secret_access_key": secret}
        return boto3.session.Session().client(
            "s3", region_name=self.region, endpoint_url=self.url or None, config=_CONFIG, **keys
        )


@contextmanager
def _troubles() -> Iterator[None]:
    """Turn what goes wrong into a code; the library's own words hold addresses and keys' ids."""
    try:
        yield
    except ClientError as error:
        missing = _code(error) in _NO_SUCH_BUCKET
        raise AnchorError(Trouble.MISSING if missing else Trouble.REFUSED) from None
    except (BotoCoreError, OSError):
        raise AnchorError(Trouble.UNREACHABLE) from None
    except ValueError:
        raise AnchorError(Trouble.REFUSED) from None


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
