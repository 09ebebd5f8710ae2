"""A book on its way out to somebody who may hang up at any moment."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.types import Message

from api.release import CHUNK_BYTES, Release
from tests.api.hanging_up import send_out


@settings(max_examples=25, deadline=None)
@given(st.binary(max_size=3 * CHUNK_BYTES + 5), st.integers(1, 6))
def test_what_went_is_what_is_told(data: bytes, messages: int) -> None:
    """Whenever somebody hangs up, the told number is that of the bytes that were sent."""
    told: list[int] = []
    release = Release(memoryview(data), status=200, headers={}, ended=told.append)

    sent = b"".join(message.get("body", b"") for message in send_out(release, messages))

    assert [len(sent)] == told
    assert data.startswith(sent)


def test_the_answer_is_complete_when_its_end_is_recorded() -> None:
    """All bytes went before the end is told, and the closing chunk goes after it."""
    told: list[int] = []
    seen: list[tuple[int, int]] = []

    class Watched(list[Message]):
        """Messages that went, with how often the end had been told by then."""

        def append(self, message: Message) -> None:
            seen.append((len(message.get("body", b"")), len(told)))
            super().append(message)

    release = Release(memoryview(b"book"), status=200, headers={}, ended=told.append)

    send_out(release, 99, sent=Watched())

    assert [(0, 0), (4, 0), (0, 1)] == seen


def test_a_broken_line_is_an_end_too() -> None:
    """When sending fails, what went before is told, once."""
    told: list[int] = []
    release = Release(memoryview(bytes(2 * CHUNK_BYTES)), status=200, headers={}, ended=told.append)

    send_out(release, 99, breaks_at=2)

    assert [CHUNK_BYTES] == told
