"""A lock that threads get in the order in which they ask for it."""

import threading
import time

import pytest

from build_decoder.boards.driver.turns import Turns


def waiting(turns: Turns, count: int) -> None:
    while len(turns._waiting) < count:
        time.sleep(0.001)


def test_threads_get_it_in_the_order_in_which_they_came():
    turns, order = Turns(), []

    def take(name: int) -> None:
        with turns:
            order.append(name)

    threads = [threading.Thread(target=take, args=(name,)) for name in range(5)]
    with turns:
        for number, thread in enumerate(threads, start=1):
            thread.start()
            waiting(turns, number)
    for thread in threads:
        thread.join()
    assert order == list(range(5))
    with turns:
        assert turns._taken
    assert not turns._taken


def test_who_asks_again_at_once_lets_others_pass():
    turns, order = Turns(), []

    def take(name: str) -> None:
        for _ in range(100):
            with turns:
                order.append(name)
                if not turns._waiting:
                    time.sleep(0.001)

    threads = [threading.Thread(target=take, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # While both want it, they take turns.
    changes = sum(one != other for one, other in zip(order, order[1:], strict=False))
    assert changes > 50


@pytest.mark.parametrize("handed", [False, True])
def test_who_is_interrupted_while_it_waits_loses_nobody_a_turn(handed, monkeypatch):
    turns = Turns()
    real = threading.Lock

    class Interrupted:
        """A lock whose second taker is interrupted, before or after it gets the turn."""

        def __init__(self):
            self._lock, self._calls = real(), 0

        def acquire(self):
            self._calls += 1
            if self._calls == 2:
                if handed:
                    turns.__exit__()
                raise KeyboardInterrupt
            return self._lock.acquire()

        def release(self):
            self._lock.release()

    turns.__enter__()
    monkeypatch.setattr("build_decoder.boards.driver.turns.threading.Lock", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        turns.__enter__()
    monkeypatch.undo()
    if not handed:
        assert turns._taken
        turns.__exit__()
    assert not turns._taken
    assert not turns._waiting
