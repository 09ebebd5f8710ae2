"""An extract in an S3 bucket, read by ranges and never copied to a disk.

Law: all ranges are of one version of the object: the first answer's ETag is asked for with each
later one, so an object that is replaced meanwhile is an error and never a mixture.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any, BinaryIO, Self, cast
from urllib.parse import urlsplit

import boto3
from botocore.exceptions import BotoCoreError, ClientError

_PIECE_BYTES = 8 * 1024 * 1024


class BucketError(OSError):
    """The bucket doesn't give the object; the message says what it answered, by its code."""


@dataclass(frozen=True)
class BucketSource:
    """One object. Address and credentials are those of the environment (`AWS_…`), as boto3 reads them."""

    bucket: str
    key: str

    @classmethod
    def parse(cls, location: str) -> Self:
        """Read `s3://bucket/key`; anything else is a ValueError."""
        parts = urlsplit(location)
        if parts.scheme != "s3" or not parts.netloc or not parts.path.strip("/"):
            raise ValueError("a bucket's object is written s3://bucket/key")
        return cls(parts.netloc, parts.path.lstrip("/"))

    @property
    def name(self) -> str:
        """The last part of the key."""
        return self.key.rpartition("/")[2]

    @property
    def size(self) -> int | None:
        """The object's size."""
        return int(_asked(boto3.client("s3").head_object, Bucket=self.bucket, Key=self.key)["ContentLength"])

    def open(self) -> BinaryIO:
        """Return a reader at the start; BucketError where there is no such object."""
        client = boto3.client("s3")
        head = _asked(client.head_object, Bucket=self.bucket, Key=self.key)
        place = {"Bucket": self.bucket, "Key": self.key, "IfMatch": head["ETag"]}
        raw = _Ranges(client, place, int(head["ContentLength"]))
        return cast("BinaryIO", io.BufferedReader(raw, _PIECE_BYTES))


class _Ranges(io.RawIOBase):
    """Reads an object's ranges as a file that can be sought in."""

    def __init__(self, client: Any, place: dict[str, str], size: int) -> None:
        self._client = client
        self._place = place
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        """Say yes."""
        return True

    def seekable(self) -> bool:
        """Say yes."""
        return True

    def tell(self) -> int:
        """Return where the next byte is."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go somewhere else."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = base + offset
        return self._at

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer with the next bytes; 0 at the end."""
        room = memoryview(buffer)
        end = min(self._at + len(room), self._size)
        if end <= self._at:
            return 0
        answer = _asked(self._client.get_object, **self._place, Range=f"bytes={self._at}-{end - 1}")
        data = answer["Body"].read()
        room[: len(data)] = data
        self._at += len(data)
        return len(data)


def _asked(call: Any, **what: str) -> Any:
    try:
        return call(**what)
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "unknown")
        raise BucketError(f"the bucket answered {code}") from None
    except BotoCoreError as error:
        raise BucketError(f"the bucket can't be asked ({type(error).__name__})") from None
