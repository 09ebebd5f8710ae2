"""Copies in a bucket with object lock, on a real S3 server."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from audit.anchor import AnchorError, Copy, Trouble
from delivery.anchor_bucket import BucketAnchor
from tests.buckets import LOCKED, PLAIN, BucketServer, a_bucket_server

AT = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
SIZES = count(1)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BucketServer]:
    """A server for every test of this file."""
    with a_bucket_server(tmp_path_factory.mktemp("bucket")) as running:
        yield running


def a_copy(note: str = "a note") -> Copy:
    """Return a copy over more entries than any before."""
    return Copy(size=next(SIZES), at=AT, note=note)


def trouble_of(anchor: BucketAnchor, copy: Copy) -> Trouble:
    """Return why an anchor doesn't take a copy."""
    with pytest.raises(AnchorError) as caught:
        anchor.put(copy)
    return caught.value.trouble


def test_the_newest_copy_is_read_back(server: BucketServer) -> None:
    """Of several the one over the most entries is found; repeating a put is harmless."""
    anchor, copies = server.anchor(), [a_copy() for _ in range(3)]
    for copy in (*copies, copies[0]):
        anchor.put(copy)
    assert copies[-1] == anchor.newest(0) == anchor.newest(copies[-1].size)
    assert anchor.newest(copies[-1].size + 1) is None


def test_a_copy_is_never_replaced(server: BucketServer) -> None:
    """Another copy under a name that is taken is an error."""
    copy = a_copy()
    server.anchor().put(copy)
    other = Copy(size=copy.size, at=copy.at, note="another")
    assert Trouble.TAKEN == trouble_of(server.anchor(), other)


def test_nobody_deletes_a_copy_before_its_time(server: BucketServer) -> None:
    """Even with every right the locked version stays, and its lock can't be shortened."""
    copy = a_copy()
    server.anchor().put(copy)
    client = server.client
    version = client.head_object(Bucket=LOCKED, Key=copy.name)["VersionId"]
    with pytest.raises(ClientError, match="AccessDenied"):
        client.delete_object(Bucket=LOCKED, Key=copy.name, VersionId=version, BypassGovernanceRetention=True)
    with pytest.raises(ClientError):
        client.put_object_retention(
            Bucket=LOCKED,
            Key=copy.name,
            VersionId=version,
            Retention={"Mode": "COMPLIANCE", "RetainUntilDate": datetime.now(UTC) + timedelta(seconds=1)},
            BypassGovernanceRetention=True,
        )
    assert copy == server.anchor().newest(copy.size)


def test_what_is_wrong_is_a_code(server: BucketServer, tmp_path: Path) -> None:
    """A bucket without lock, none at all, a wrong key and no key file are told apart from silence."""
    wrong = tmp_path / "wrong"
    wrong.write_text("anchor\nnot-the-secret")
    stranger = BucketAnchor(bucket=LOCKED, days=1, url=server.url, key_file=wrong)
    keyless = BucketAnchor(bucket=LOCKED, days=1, url=server.url, key_file=tmp_path / "none")
    assert Trouble.REFUSED == trouble_of(server.anchor(PLAIN), a_copy())
    assert trouble_of(server.anchor("nowhere"), a_copy()) in {Trouble.MISSING, Trouble.REFUSED}
    assert Trouble.REFUSED == trouble_of(stranger, a_copy())
    assert Trouble.UNREACHABLE == trouble_of(keyless, a_copy())


def test_a_stopped_server_is_unreachable_until_it_is_back(server: BucketServer) -> None:
    """The same anchor goes on where it was."""
    anchor, copy = server.anchor(), a_copy()
    server.stop()
    assert Trouble.UNREACHABLE == trouble_of(anchor, copy)
    server.start()
    anchor.put(copy)
    assert copy == anchor.newest(0)
