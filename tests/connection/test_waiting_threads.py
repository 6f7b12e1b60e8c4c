"""Threads that wait for another thread's statement on the connection that they share."""

from __future__ import annotations

import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from howdah import errors

if TYPE_CHECKING:
    import howdah


def test_an_interrupt_ends_the_wait(sync_conn: howdah.Connection) -> None:
    with ThreadPoolExecutor(1) as other:
        sleeping = other.submit(sync_conn.fetch_value, "select pg_sleep(60)")
        while not sync_conn.busy:
            pass
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
        with pytest.raises(KeyboardInterrupt):
            sync_conn.fetch_value("select 1")
        while not sleeping.done():
            sync_conn.cancel()  # a cancel that comes before its statement has no effect
        with pytest.raises(errors.QueryCanceled):
            sleeping.result()
    assert sync_conn.fetch_value("select 1") == 1


def test_a_timeout_ends_the_wait(sync_conn: howdah.Connection) -> None:
    with ThreadPoolExecutor(1) as other:
        sleeping = other.submit(sync_conn.fetch_value, "select pg_sleep(60)")
        while not sync_conn.busy:
            pass
        with pytest.raises(errors.QueryTimeout, match="another thread's was under way"):
            sync_conn.fetch_value("select 1", timeout=0.05)
        assert not sleeping.done()  # it was never sent, and cancelled nobody
        while not sleeping.done():
            sync_conn.cancel()
        with pytest.raises(errors.QueryCanceled):
            sleeping.result()
    assert sync_conn.fetch_value("select 1", timeout=60) == 1


def test_all_get_their_turn(sync_conn: howdah.Connection) -> None:
    def ask(number: int) -> int:
        return sum(sync_conn.fetch_value("select $1::int", number) for _ in range(50))

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(ask, range(8))) == [50 * number for number in range(8)]
