"""Turns: one at a time, in the order of coming."""

from __future__ import annotations

import threading

from vault.turns import Turns


def test_turns_are_taken_one_by_one_in_order() -> None:
    """Those who wait are let in as they came, and never two together."""
    turns, order, inside = Turns(), [], []
    queue = turns._queue
    threads = []

    def take(number: int) -> None:
        with turns.take():
            inside.append(number)
            order.append((number, len(inside)))
            inside.pop()

    with turns.take():
        for number in range(8):
            threads.append(threading.Thread(target=take, args=(number,)))
            threads[-1].start()
            while len(queue) < number + 2:
                threading.Event().wait(0.001)

        assert order == []

    for thread in threads:
        thread.join()

    assert [(number, 1) for number in range(8)] == order


def test_after_the_close_nobody_is_let_in() -> None:
    """Closing waits for whoever is inside and keeps the turn."""
    turns = Turns()
    turns.close()
    late = threading.Thread(target=turns.take().__enter__, daemon=True)
    late.start()
    late.join(0.05)

    assert late.is_alive()
