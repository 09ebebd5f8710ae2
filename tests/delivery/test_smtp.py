"""Tests of the way to the mail server, on a real server that insists on STARTTLS."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from delivery.smtp import AnswerLostError, MailDeferredError, MailError, MailRefusedError, MailRoad
from exports.states import Reason
from tests.mail_server import MailServer, a_mail_server

SENDER = "books@exchange.example"
RECIPIENT = "agent0004@agents.example"
MESSAGE = b"Subject: Your book\r\n\r\nFirst line\r\n.\r\n..two dots\r\n.hidden\r\n\r\nlast line\r\n"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MailServer]:
    """Run a mail server that does everything right until told otherwise."""
    with a_mail_server(tmp_path) as server:
        yield server


def road_to(server: MailServer, *, authorities: Path | None = None) -> MailRoad:
    """Return the way to a server, trusting its own authority unless another is given."""
    return MailRoad("localhost", server.port, authorities or server.authorities)


def send(road: MailRoad, message: bytes = MESSAGE) -> None:
    """Go the whole way once."""
    with road.address(SENDER, RECIPIENT) as addressed:
        addressed.send(message)


def outcome(road: MailRoad, message: bytes = MESSAGE) -> tuple[type[MailError], Reason]:
    """Return how a mail didn't go."""
    with pytest.raises(MailError) as thrown:
        send(road, message)
    return type(thrown.value), thrown.value.reason


def test_a_message_arrives_once_and_unchanged(server: MailServer) -> None:
    """The server has the very bytes, lines that begin with dots included, for the one recipient."""
    send(road_to(server))
    assert [MESSAGE] == server.mails
    assert [RECIPIENT] == server.recipients


def test_an_addressed_mail_may_stay_unsent(server: MailServer) -> None:
    """Going as far as the recipient sends nothing, and may be repeated."""
    for _ in range(2):
        with road_to(server).address(SENDER, RECIPIENT):
            pass
    assert [] == server.mails
    send(road_to(server))
    assert [MESSAGE] == server.mails


def test_without_starttls_nothing_is_sent(tmp_path: Path) -> None:
    """A server that offers no TLS gets no mail; the mail waits."""
    with a_mail_server(tmp_path, tls=False) as server:
        assert (MailDeferredError, Reason.MAIL_WITHOUT_TLS) == outcome(road_to(server))
        assert ([], []) == (server.mails, server.recipients)


def test_a_certificate_of_another_name_gets_nothing(tmp_path: Path) -> None:
    """A server whose certificate is for another name gets no mail; the mail waits."""
    with a_mail_server(tmp_path, name="elsewhere.example") as server:
        assert (MailDeferredError, Reason.MAIL_WITHOUT_TLS) == outcome(road_to(server))
        assert ([], []) == (server.mails, server.recipients)


def test_a_certificate_of_an_unknown_authority_gets_nothing(tmp_path: Path, server: MailServer) -> None:
    """A server that an authority of its own vouches for gets no mail; the mail waits."""
    (tmp_path / "other").mkdir()
    with a_mail_server(tmp_path / "other") as other:
        road = road_to(server, authorities=other.authorities)
        assert (MailDeferredError, Reason.MAIL_WITHOUT_TLS) == outcome(road)
    assert (MailDeferredError, Reason.MAIL_WITHOUT_TLS) == outcome(MailRoad("localhost", server.port, None))
    assert ([], []) == (server.mails, server.recipients)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("450 mailbox busy", (MailDeferredError, Reason.MAIL_SERVER_BUSY)),
        ("421 closing", (MailDeferredError, Reason.MAIL_SERVER_BUSY)),
        ("550 no such person", (MailRefusedError, Reason.MAIL_REFUSED)),
        ("553 not like this", (MailRefusedError, Reason.MAIL_REFUSED)),
    ],
)
def test_a_recipients_answer_is_a_state(
    server: MailServer, answer: str, expected: tuple[type[MailError], Reason]
) -> None:
    """4yz at the recipient waits, 5yz ends it; either way nothing was handed over."""
    server.faults.at_recipient = answer
    assert expected == outcome(road_to(server))
    assert [] == server.mails


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("451 try again", (MailDeferredError, Reason.MAIL_SERVER_BUSY)),
        ("452 no room", (MailDeferredError, Reason.MAIL_SERVER_BUSY)),
        ("552 too much", (MailRefusedError, Reason.MAIL_REFUSED)),
        ("554 no", (MailRefusedError, Reason.MAIL_REFUSED)),
        ("354 go on", (AnswerLostError, Reason.MAIL_ANSWER_LOST)),
        ("what?", (AnswerLostError, Reason.MAIL_ANSWER_LOST)),
    ],
)
def test_the_answer_to_the_data_is_a_state(
    server: MailServer, answer: str, expected: tuple[type[MailError], Reason]
) -> None:
    """4yz after the data waits and 5yz ends it; what is no plain answer is a lost one, never tried again."""
    server.faults.at_data = answer
    assert expected == outcome(road_to(server))


def test_a_hang_up_after_the_data_is_a_lost_answer(server: MailServer) -> None:
    """Where the server took the mail and said nothing, nobody knows; it may be there, once."""
    server.faults.hang_up_after_data = True
    assert (AnswerLostError, Reason.MAIL_ANSWER_LOST) == outcome(road_to(server))
    assert [MESSAGE] == server.mails


def test_a_connection_lost_before_the_data_only_waits(server: MailServer) -> None:
    """Until the server asked for the data nothing can have gone, so that the mail waits."""
    with road_to(server).address(SENDER, RECIPIENT) as addressed:
        connection = addressed._server.sock
        assert connection is not None
        connection.shutdown(socket.SHUT_RDWR)
        with pytest.raises(MailDeferredError) as thrown:
            addressed.send(MESSAGE)
    assert Reason.MAIL_SERVER_DOWN == thrown.value.reason
    assert [] == server.mails


def test_a_server_that_is_down_only_waits(tmp_path: Path) -> None:
    """Where nobody listens the mail waits."""
    with a_mail_server(tmp_path) as server:
        road = road_to(server)
    assert (MailDeferredError, Reason.MAIL_SERVER_DOWN) == outcome(road)


def test_a_message_over_the_servers_limit_isnt_sent(server: MailServer) -> None:
    """A server that says how much it takes is offered no more."""
    limit = 33_554_432
    assert (MailRefusedError, Reason.MAIL_TOO_LARGE) == outcome(road_to(server), bytes(limit + 1))
    assert [] == server.mails


def test_an_error_repeats_no_word_of_the_server(server: MailServer) -> None:
    """A server's words may hold an address or worse; the error has a code alone."""
    server.faults.at_recipient = f"550 <{RECIPIENT}> moved"
    with pytest.raises(MailRefusedError) as thrown:
        send(road_to(server))
    assert "mail-refused" == str(thrown.value)
    assert thrown.value.__suppress_context__ or thrown.value.__context__ is None


def test_what_breaks_in_the_block_goes_on(server: MailServer) -> None:
    """An error of the caller's own ends the connection and isn't turned into a mail's."""
    with pytest.raises(KeyError), road_to(server).address(SENDER, RECIPIENT):
        raise KeyError
    assert [] == server.mails
