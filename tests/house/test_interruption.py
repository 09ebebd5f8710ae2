"""Ctrl-C and SIGTERM end the program in order, and never in the middle of what mustn't be cut."""

from __future__ import annotations

import os
import signal

import pytest

from house.interruption import Interruption


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signal_ends_the_program_with_its_code(number: signal.Signals, code: int) -> None:
    """A signal becomes the exit that shells expect of it."""
    with pytest.raises(SystemExit) as ended, Interruption().orderly():
        os.kill(os.getpid(), number)
    assert code == ended.value.code


def work_through_a_signal(done: list[str]) -> None:
    """Do two things that mustn't be cut, while a signal comes."""
    interruption = Interruption()
    with interruption.orderly(), interruption.undisturbed():
        with interruption.undisturbed():
            os.kill(os.getpid(), signal.SIGINT)
            done.append("inner")
        done.append("outer")


def test_undisturbed_block_is_finished_first() -> None:
    """A signal that comes inside waits until the block is over."""
    done: list[str] = []
    with pytest.raises(SystemExit):
        work_through_a_signal(done)
    assert ["inner", "outer"] == done


def test_handlers_are_put_back() -> None:
    """After the block both signals mean what they meant before."""
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with Interruption().orderly():
        pass
    assert before == [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
