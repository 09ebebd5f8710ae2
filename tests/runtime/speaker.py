"""A process that says personal data in every way that a log hears: `python -m tests.runtime.speaker`.

What is planted comes by standard input, so that it stands in no source line that a trace
could show.
"""

from __future__ import annotations

import logging
import sys
import threading
import warnings

import structlog

from runtime.logs import start_logs


class OurError(Exception):
    """An error of the house's own kind, made with a value that it shouldn't have."""


class Unprintable:
    """A thing whose text is personal data."""

    def __init__(self, planted: str) -> None:
        self.planted = planted

    def __repr__(self) -> str:
        return self.planted


class BadlyFinalized:
    """Breaks while it is cleaned up."""

    def __init__(self, planted: str) -> None:
        self.planted = planted

    def __del__(self) -> None:
        raise ValueError(self.planted)


def break_down(planted: str) -> None:
    """Raise an error that quotes what it was given, as libraries do."""
    raise ValueError(f"could not convert {planted}")


def break_ours(planted: str, cause: Exception) -> None:
    """Raise an error of our own kind because of another."""
    raise OurError(planted) from cause


def speak(planted: str) -> None:
    """Log what is planted through every opening."""
    log = structlog.get_logger()
    log.info("step.reached", export="0b6ab0b2", name=planted, email=planted)
    log.bind(consumer=planted).info("step.bound")
    structlog.contextvars.bind_contextvars(address=planted)
    log.info("step.context")
    structlog.contextvars.clear_contextvars()
    log.info("could not mail %s", planted)
    log.info(planted)
    log.info("step.thing", reason=Unprintable(planted), state=[planted], rows=3)
    log.info("step.stack", stack_info=True, exception=planted)
    log.warning("error.value", error=ValueError(planted))
    try:
        break_down(planted)
    except ValueError as error:
        log.exception("library.broke")
        log.warning("library.given", exc_info=error)
        logging.getLogger("some.library").exception("failed for %s", planted)
        try:
            break_ours(planted, error)
        except OurError:
            log.exception("ours.broke")
    library = logging.getLogger("some.library")
    library.warning("row %s is %r", 7, planted, extra={"consumer": planted})
    library.error("too few arguments for %s and %s", planted)
    library.info("not loud enough: %s", planted)
    warnings.warn(planted, stacklevel=1)
    thread = threading.Thread(target=break_down, args=(planted,))
    thread.start()
    thread.join()
    BadlyFinalized(planted)
    break_down(planted)


if __name__ == "__main__":
    start_logs()
    speak(sys.stdin.read())
