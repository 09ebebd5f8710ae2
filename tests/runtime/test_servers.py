"""A server's address is a URL, and a password that only a file holds."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis.strategies import characters, text
from sqlalchemy import make_url

from runtime.servers import ServerError, server_url

URL = "postgresql+psycopg://house@db.example:5432/sealedbook?sslmode=verify-full"
_TEXT = text(
    characters(min_codepoint=33, max_codepoint=0x2FFF, exclude_categories=["Cs", "Z", "Cc"]), min_size=1
)


@pytest.fixture(scope="module")
def secret(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file for a password."""
    return tmp_path_factory.mktemp("secrets") / "password"


@pytest.mark.parametrize(("url", "file"), [("", None), (None, None), (None, "/run/secrets/none")])
def test_without_a_url_there_is_no_server(url: str | None, file: str | None) -> None:
    """A password without a server means nothing."""
    assert "" == server_url(url, file)


def test_without_a_password_the_url_stays() -> None:
    """A server that asks for none is named as it is."""
    assert URL == server_url(URL, None)


@given(_TEXT)
def test_any_password_comes_through(secret: Path, password: str) -> None:
    """Whatever a password is made of, the server gets it and nothing else of the URL changes."""
    secret.write_text(f"{password}\n", encoding="utf-8")

    read = make_url(server_url(URL, secret))

    assert make_url(URL).set(password=password) == read


def test_a_file_that_isnt_there_is_named() -> None:
    """Without its password no server is asked."""
    with pytest.raises(ServerError, match="can't be read: FileNotFoundError"):
        server_url("redis://redis:6379/0", "/nowhere/password")


def test_redis_needs_no_user(secret: Path) -> None:
    """A URL without a user gets a password alone."""
    secret.write_text("word")

    assert "redis://:word@redis:6379/0" == server_url("redis://redis:6379/0", secret)


@pytest.mark.parametrize(
    ("url", "content", "why"),
    [
        ("redis+socket:///run/redis.sock", b"word", "names a host"),
        ("redis://:word@redis", b"word", "take it out of the URL"),
        ("redis://redis", b" \n", "is empty"),
        ("redis://redis", b"\xff", "UnicodeDecodeError"),
    ],
)
def test_what_makes_no_address_is_said_without_the_password(
    secret: Path, url: str, content: bytes, why: str
) -> None:
    """The message names file and fault, never what stands in it."""
    secret.write_bytes(content)

    with pytest.raises(ServerError, match=why) as caught:
        server_url(url, secret)
    assert "word@" not in str(caught.value)
