"""Logs: one line of JSON an event, on standard error, with allow-listed keys only.

Laws
1. A key that isn't on the list is dropped and counted, so a forgotten field can't carry PII
   out; so is a value that is no plain text or number, since its text may be anything.
2. An event is a name (`noun.verb`), never a sentence with values in it.
3. Exceptions are logged as their class and place, never as their message: messages of
   libraries quote values. That holds for those too that nobody caught.
"""

from __future__ import annotations

import logging
import re
import sys
import threading
import traceback
from collections.abc import MutableMapping
from typing import Any

import structlog

ALLOWED_KEYS = frozenset({
    "action", "attempt", "channel", "clause", "code", "count", "decision", "error", "event", "export",
    "fencing", "level", "method", "milliseconds", "mode", "outcome", "pid", "place", "port", "process",
    "reason", "request", "revision", "route", "rows", "rule", "seconds", "size", "stage", "state",
    "status", "step", "task", "timestamp", "version",
})  # fmt: skip
UNNAMED = "event.unnamed"
_EVENT = re.compile(r"[a-z]+(?:[.-][a-z]+)+")


def keep_allowed_keys(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> dict[str, Any]:
    """Drop every key that isn't allow-listed; say how many were dropped."""
    kept = {key: value for key, value in line.items() if key in ALLOWED_KEYS and _is_plain(value)}
    dropped = len(line) - len(kept)
    if not _EVENT.fullmatch(str(kept.get("event", ""))):
        kept["event"] = UNNAMED
    return {**kept, "count": kept.get("count", dropped)} if dropped else kept


def name_the_error(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace an exception by its class and the place that raised it."""
    error = line.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        line["error"] = type(error).__name__
        line["place"] = place_of(error)
    return line


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, (str, int, float))


def place_of(error: BaseException) -> str:
    """Return `file:line in function` of where an exception was raised, without its message."""
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return "unknown"
    last = frames[-1]
    return f"{last.filename.rsplit('/', 1)[-1]}:{last.lineno} in {last.name}"


class _NameOnly(logging.Formatter):
    """Formats a library's record without its message's arguments or traceback text."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one JSON line that says which library spoke, how loud, and from where."""
        line: dict[str, Any] = {
            "event": "library.spoke",
            "level": record.levelname.lower(),
            "process": record.name,
            "place": f"{record.filename}:{record.lineno}",
        }
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = type(record.exc_info[1]).__name__
            line["place"] = place_of(record.exc_info[1])
        return str(structlog.processors.JSONRenderer(sort_keys=True)(None, "", line))


def start_logs(*, level: int = logging.INFO, library_level: int = logging.WARNING) -> None:
    """Set up this process's logs. Libraries' records keep their place and lose their text."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            name_the_error,
            keep_allowed_keys,
            structlog.processors.JSONRenderer(sort_keys=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_NameOnly())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(library_level)
    # A record that can't be written would else be shown with its arguments.
    logging.raiseExceptions = False
    logging.captureWarnings(capture=True)
    sys.excepthook = lambda _kind, error, _trace: _name_the_uncaught("process.broke", error)
    threading.excepthook = lambda thrown: _name_the_uncaught("thread.broke", thrown.exc_value)
    sys.unraisablehook = lambda thrown: _name_the_uncaught("clean-up.broke", thrown.exc_value)


def _name_the_uncaught(event: str, error: BaseException | None) -> None:
    structlog.get_logger().critical(event, exc_info=error)
