"""URLs of servers outside the installation: their passwords come from files.

A password in an environment variable is seen by whoever sees the process; a file is for its
owner alone. So `…_URL` names the server and the user, `…_PASSWORD_FILE` the secret.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit


class ServerError(Exception):
    """A server's URL and password don't make an address; the message holds neither."""


def server_url(url: str | None, password_file: str | Path | None) -> str:
    """Return the URL with the file's password in it; empty without a URL."""
    if not url or not password_file:
        return url or ""
    parts = urlsplit(url)
    if not parts.hostname:
        raise ServerError("a password file goes with a URL that names a host")
    if parts.password is not None:
        raise ServerError("a server's password stands in its URL and in a file; take it out of the URL")
    try:
        password = Path(password_file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ServerError(f"{password_file} can't be read: {type(error).__name__}") from None
    if not password:
        raise ServerError(f"{password_file} is empty; it should hold a server's password")
    user, _, host = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{user}:{quote(password, safe='')}@{host}"))
