"""The pool of threads: fairness, races, forks and the interpreter's end."""

import os
import random
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable

import pytest

import howdah
from howdah import errors
from howdah._native import Entry


def start(count: int, work: Callable[[int], object]) -> list[threading.Thread]:
    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    return threads


def wait_for(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.002)


def test_first_come_first_served(database: str) -> None:
    order: list[int] = []

    def work(number: int) -> None:
        with pool.connection():
            order.append(number)

    with howdah.Pool(database, max_size=1) as pool:
        threads: list[threading.Thread] = []
        with pool.connection():
            for number in range(20):
                threads.append(threading.Thread(target=work, args=(number,)))
                threads[-1].start()
                wait_for(lambda: pool.stats().waiting == len(threads))
        for thread in threads:
            thread.join()
        stats = pool.stats()
    assert order == list(range(20))
    assert stats.waits == 20
    assert stats.wait_seconds > 0


def test_many_threads_on_few_connections(database: str) -> None:
    faults: list[Exception] = []
    in_use: set[int] = set()

    def work(seed: int) -> None:
        dice = random.Random(seed)
        try:
            for _ in range(40):
                with pool.connection() as conn:
                    assert conn.backend_pid not in in_use
                    in_use.add(conn.backend_pid)
                    number = dice.randrange(1000)
                    assert conn.fetch_value("select $1::int", number) == number
                    in_use.discard(conn.backend_pid)
        except Exception as fault:  # noqa: BLE001 (shown by the test)
            faults.append(fault)

    with howdah.Pool(database, min_size=2, max_size=3, max_overflow=1) as pool:
        for thread in start(16, work):
            thread.join()
        stats = pool.stats()
    assert faults == []
    # overflow connections come and go with the moment's demand, but most requests share
    assert stats.opened < 100
    assert stats.acquired == 16 * 40 + 1
    assert (stats.in_use, stats.waiting, stats.timeouts) == (0, 0, 0)


def test_a_connection_that_comes_back_as_somebody_begins_to_wait(database: str) -> None:
    held: list[howdah.Connection] = []

    class Late(howdah.Pool):
        def _take_or_open(self, *, first: bool) -> Entry[howdah.Connection] | None:
            entry = super()._take_or_open(first=first)
            if entry is None:  # from here on the request waits, but nobody knows yet
                self.release(held.pop())
            return entry

    with Late(database, max_size=1) as pool:
        held.append(pool.acquire())
        assert pool.fetch_value("select 1") == 1
        assert pool.stats().waits == 1


def test_threads_that_are_switched_as_often_as_possible(database: str) -> None:
    faults: list[Exception] = []

    def work(_: int) -> None:
        try:
            for _ in range(1500):
                pool.release(pool.acquire())
        except Exception as fault:  # noqa: BLE001 (shown by the test)
            faults.append(fault)

    interval = sys.getswitchinterval()
    with howdah.Pool(database, max_size=2, min_size=2) as pool:
        sys.setswitchinterval(1e-6)
        try:
            for thread in start(6, work):
                thread.join()
        finally:
            sys.setswitchinterval(interval)
        stats = pool.stats()
    assert faults == []
    assert (stats.in_use, stats.waiting, stats.opened) == (0, 0, 2)
    assert stats.acquired == 6 * 1500 + 1


def test_waiters_that_give_up_lose_nothing(database: str) -> None:
    """Timeouts at the very moments at which connections are handed over."""
    got: list[int] = []
    missed: list[int] = []

    def work(seed: int) -> None:
        dice = random.Random(seed)
        for _ in range(100):
            try:
                conn = pool.acquire(timeout=dice.uniform(0, 0.004))
            except errors.PoolTimeout:
                missed.append(1)
            else:
                time.sleep(dice.uniform(0, 0.002))
                pool.release(conn)
                got.append(1)

    with howdah.Pool(database, max_size=2, min_size=2) as pool:
        for thread in start(8, work):
            thread.join()
        wait_for(lambda: pool.stats().idle == 2)
        stats = pool.stats()
        with pool.connection(), pool.connection():
            pass
    assert got
    assert missed
    assert (stats.in_use, stats.waiting, stats.size) == (0, 0, 2)
    assert stats.timeouts == len(missed)
    assert stats.opened == 2


def test_too_many_requests(database: str) -> None:
    with howdah.Pool(database, max_size=1, max_waiting=1) as pool:
        with pool.connection():
            threads = start(1, lambda _: pool.fetch_value("select 1"))
            wait_for(lambda: pool.stats().waiting == 1)
            with pytest.raises(errors.TooManyRequests):
                pool.acquire()
        threads[0].join()
        assert pool.stats().refused == 1


def test_close_wakes_those_who_wait(database: str) -> None:
    outcomes: list[BaseException] = []

    def work(_: int) -> None:
        try:
            pool.acquire()
        except errors.PoolClosed as closed:
            outcomes.append(closed)

    pool = howdah.Pool(database, max_size=1)
    conn = pool.acquire()
    threads = start(3, work)
    wait_for(lambda: pool.stats().waiting == 3)
    pool.close(timeout=0)
    for thread in threads:
        thread.join()
    assert len(outcomes) == 3
    pool.release(conn)


def test_close_waits_for_what_is_in_use(database: str) -> None:
    pool = howdah.Pool(database)
    conn = pool.acquire()
    threading.Timer(0.2, pool.release, (conn,)).start()
    started = time.monotonic()
    pool.close(timeout=10)
    assert 0.1 < time.monotonic() - started < 5
    assert conn.closed


def test_no_thread_is_left_after_close(database: str) -> None:
    before = threading.active_count()
    with howdah.Pool(database, min_size=2):
        pass
    assert threading.active_count() == before


def test_an_interrupted_waiter_loses_nothing(database: str) -> None:
    script = """
import os, signal, sys, threading, time, howdah
with howdah.Pool(sys.argv[1], max_size=1) as pool:
    conn = pool.acquire()
    threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
    try:
        pool.acquire()
    except KeyboardInterrupt:
        print("interrupted", pool.stats().waiting)
    pool.release(conn)
    print(pool.fetch_value("select 1"))
"""
    assert run(script, database) == "interrupted 0\n1\n"


def test_a_pool_that_nobody_closed_warns(database: str) -> None:
    pool = howdah.Pool(database)
    pool.open()
    pool.close()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        pool = howdah.Pool(database, name="forgotten")
        pool.open()
        del pool
        wait_for(lambda: caught != [])
    assert any("`forgotten` was not closed" in str(each.message) for each in caught)


def run(script: str, database: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", script, database],
        capture_output=True, text=True, check=False, timeout=30,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_interpreter_ends_with_an_open_pool(database: str) -> None:
    script = """
import sys, threading, time, howdah
pool = howdah.Pool(sys.argv[1], min_size=3)
conn = pool.acquire()
conn.execute("set client_connection_check_interval = '100ms'")  # it does not outlive this process
threading.Thread(target=conn.execute, args=("select pg_sleep(60)",), daemon=True).start()
time.sleep(0.2)
print(pool.fetch_value("select 1"))
"""
    started = time.monotonic()
    assert run(script, database) == "1\n"
    assert time.monotonic() - started < 20


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_opens_its_own_connections(database: str) -> None:
    with howdah.Pool(database, min_size=2) as pool:
        parents = {conn.backend_pid for conn in (pool.acquire(), pool.acquire())}
        for entry in pool._shelf.all_lent():
            pool.release(entry.connection)
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                pid = pool.fetch_value("select pg_backend_pid()")
                os.write(writing, str(pid).encode())
                pool.close()
            finally:
                os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        childs = int(os.read(reading, 20))
        os.close(reading)
        os.close(writing)
        assert childs not in parents
        assert pool.fetch_value("select 1") == 1
        assert pool.stats().lost == 0
        with pool.connection() as conn:
            assert conn.backend_pid in parents
