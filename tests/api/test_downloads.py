"""Downloading a book by link: the bytes, the entries, the count."""

from __future__ import annotations

import base64
import hashlib

import pytest

from api.downloads import start_download
from api.held_keys import HeldKeys
from api.release import CHUNK_BYTES, Release
from api.signed_in import known_by
from audit.events import Event, Outcome
from book.reopen import reopen
from exports.states import State
from house.wiring import WorkerHouse
from tests.api.callers import Desk
from tests.api.hanging_up import send_out
from tests.api.linked import Linked, a_link

pytestmark = pytest.mark.usefixtures("published")


def a_download(linked: Linked) -> Release:
    """Start a download without a network."""
    house = linked.desk.house
    visitor = known_by(house, linked.caller.client.cookies["session"], "local:test")
    release = start_download(house, visitor, HeldKeys(), linked.export)
    assert isinstance(release, Release)
    return release


def test_a_book_is_downloaded_whole_and_opens(desk: Desk, worker: WorkerHouse) -> None:
    """The bytes are those that the ledger names, and the passphrase that is shown opens them."""
    linked = a_link(desk, worker, "0B65625")

    answer = linked.download()

    digest = hashlib.sha256(answer.content).hexdigest()
    assert (200, linked.row().book_digest) == (answer.status_code, digest)
    passphrase = linked.caller.post(f"{linked.path}/passphrase").json()["passphrase"]
    assert reopen(answer.content, passphrase).startswith(b"PK")
    assert ("received", 1, 1) == tuple(linked.shown()[name] for name in ("state", "downloads", "reveals"))


def test_a_shown_passphrase_alone_is_no_download(desk: Desk, worker: WorkerHouse) -> None:
    """By link a book is received when it was downloaded, not when its passphrase was shown."""
    linked = a_link(desk, worker, "0I45691")

    linked.caller.post(f"{linked.path}/passphrase")

    assert ("sent", 0, 1) == tuple(linked.shown()[name] for name in ("state", "downloads", "reveals"))


def test_the_headers_name_the_book_and_keep_nothing(desk: Desk, worker: WorkerHouse) -> None:
    """File name, type, digest and tag are there; nobody on the way may keep it."""
    answer = a_link(desk, worker, "0B65625").download()

    digest = hashlib.sha256(answer.content)
    encoded = base64.b64encode(digest.digest()).decode()
    assert {
        "content-disposition": 'attachment; filename="Book-of-Business-2026-11-20.xlsx"',
        "content-type": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "accept-ranges": "bytes",
        "cache-control": "no-store",
        "etag": f'"{digest.hexdigest()}"',
        "repr-digest": f"sha-256=:{encoded}:",
        "x-content-sha256": digest.hexdigest(),
    }.items() <= dict(answer.headers).items()


def test_a_download_is_recorded_around_its_bytes(desk: Desk, worker: WorkerHouse) -> None:
    """Permit, `release.started` before and `release.ended` after, with what was asked and what went."""
    linked = a_link(desk, worker, "0G96486")
    size = linked.size()

    linked.download()

    started, ended = linked.releases()
    permit = desk.entry(started.because or 0)
    assert (Event.DOWNLOAD_REQUESTED, Outcome.PERMIT, "link") == (
        permit.event,
        permit.outcome,
        permit.channel,
    )
    assert (((0, size),), size, None) == (started.ranges, started.bytes, started.state)
    assert (((0, size),), size, "complete") == (ended.ranges, ended.bytes, ended.state)
    assert started.because == ended.because
    assert (permit.recipient, linked.row().book_digest) == (started.recipient, started.book)


def test_two_ranges_make_one_download(desk: Desk, worker: WorkerHouse) -> None:
    """Two halves under one permit are one complete download; only then is the book received."""
    linked = a_link(desk, worker, "0C86404")
    size = linked.size()

    second = linked.download("bytes=-10000")
    between = (linked.shown()["state"], linked.shown()["downloads"])
    first = linked.download(f"bytes=0-{size - 10001}")

    assert (206, f"bytes {size - 10000}-{size - 1}/{size}") == (
        second.status_code,
        second.headers["content-range"],
    )
    assert ("sent", 0) == between
    assert linked.row().book_digest == hashlib.sha256(first.content + second.content).hexdigest()
    assert ("received", 1) == (linked.shown()["state"], linked.shown()["downloads"])
    assert (4, 1) == (len(linked.releases()), len({entry.because for entry in linked.releases()}))


def test_a_range_behind_the_end_releases_nothing(desk: Desk, worker: WorkerHouse) -> None:
    """416 says how long the book is; no permit and no release is recorded."""
    linked = a_link(desk, worker, "0E96936")
    before = len(desk.entries())

    answer = linked.download(f"bytes={linked.size()}-")

    assert (416, f"bytes */{linked.size()}") == (answer.status_code, answer.headers["content-range"])
    assert (before, "application/problem+json") == (len(desk.entries()), answer.headers["content-type"])


def test_a_range_of_another_book_gets_the_whole(desk: Desk, worker: WorkerHouse) -> None:
    """If-Range with another tag answers 200 with everything, with the right tag 206."""
    linked = a_link(desk, worker, "0E96936")

    other = linked.download("bytes=0-9", If_Range='"other"')
    same = linked.download("bytes=0-9", If_Range=f'"{linked.row().book_digest}"')

    assert (200, linked.size()) == (other.status_code, len(other.content))
    assert (206, 10) == (same.status_code, len(same.content))


def test_the_fourth_complete_download_is_refused(desk: Desk, worker: WorkerHouse) -> None:
    """Three whole downloads; then R20 refuses even the first byte, and records it."""
    linked = a_link(desk, worker, "0F92622")
    statuses = [linked.download().status_code for _ in range(3)]

    whole, part = linked.download(), linked.download("bytes=0-0")

    assert ([200] * 3, 429, 429, "R20") == (
        statuses,
        whole.status_code,
        part.status_code,
        whole.json()["rule"],
    )
    refusal = desk.entry(whole.json()["decision"])
    assert (Event.DOWNLOAD_REQUESTED, Outcome.REFUSE) == (refusal.event, refusal.outcome)
    assert 3 == linked.shown()["downloads"]


def test_what_lacks_a_byte_spends_no_download(desk: Desk, worker: WorkerHouse) -> None:
    """Ranges that never make up the whole count as nothing but what they are: releases."""
    linked = a_link(desk, worker, "0F92622")

    for _ in range(5):
        linked.download("bytes=1-")

    shown = linked.shown()
    assert ("sent", 0, 10) == (shown["state"], shown["downloads"], len(linked.releases()))


def test_who_hangs_up_in_the_middle_has_spent_nothing(desk: Desk, worker: WorkerHouse) -> None:
    """`aborted`, with the bytes that really went; the rest later makes the download complete."""
    linked = a_link(desk, worker, "0B65625")
    send_out(a_download(linked), 2)
    ended = linked.releases()[-1]
    state = linked.shown()["state"]

    linked.download(f"bytes={CHUNK_BYTES}-")

    assert ("aborted", CHUNK_BYTES, ((0, CHUNK_BYTES),)) == (ended.state, ended.bytes, ended.ranges)
    assert ("sent", "received", 1) == (state, linked.shown()["state"], linked.shown()["downloads"])


def test_who_hangs_up_at_once_had_nothing(desk: Desk, worker: WorkerHouse) -> None:
    """An answer that nobody waits for ends with no bytes and no ranges."""
    linked = a_link(desk, worker, "0I45691")

    send_out(a_download(linked), 1)

    ended = linked.releases()[-1]
    assert ("aborted", 0, None) == (ended.state, ended.bytes, ended.ranges)


def test_downloads_under_way_count_as_if_they_got_through(desk: Desk, worker: WorkerHouse) -> None:
    """With two downloads had and one on its way, a fourth doesn't start."""
    linked = a_link(desk, worker, "0E19721")
    for _ in range(2):
        linked.download()
    under_way = a_download(linked)

    answer = linked.download()
    send_out(under_way, 10)

    assert (409, 3) == (answer.status_code, linked.shown()["downloads"])


def test_a_book_can_be_had_before_its_notice_went(desk: Desk, worker: WorkerHouse) -> None:
    """From `built` on the book is there; had whole, it is received."""
    linked = a_link(desk, worker, "0K70688")
    linked.change(state=State.BUILT.value)

    status = linked.download().status_code

    assert (200, "received") == (status, linked.shown()["state"])
