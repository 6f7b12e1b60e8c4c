"""A server that goes away and comes back, under pools in use."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import howdah
import howdah.server
from howdah import errors

if TYPE_CHECKING:
    from collections.abc import Iterator


class Restartable:
    """A server of its own, which keeps its port and its data while it is stopped."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.server = howdah.server.start(data)
        self.url = self.server.url

    def start(self) -> None:
        self.server = howdah.server.start(self.data)
        assert self.server.url == self.url

    def stop(self) -> None:
        self.server.stop()


@pytest.fixture
def server() -> Iterator[Restartable]:
    folder = Path(tempfile.mkdtemp(prefix="howdah-test-"))
    folder.chmod(0o755)  # the account of the server looks into it
    restartable = Restartable(folder / "cluster")
    try:
        yield restartable
    finally:
        restartable.server.destroy()
        shutil.rmtree(folder, ignore_errors=True)


def test_threads_wait_for_the_server_to_come_back(server: Restartable) -> None:
    with howdah.Pool(server.url, min_size=2, max_size=3, timeout=20) as pool:
        assert pool.fetch_value("select 1") == 1
        server.stop()
        with pytest.raises(errors.PoolTimeout, match="cannot be reached") as caught:
            pool.acquire(timeout=0.3)
        assert isinstance(caught.value.__cause__, howdah.OperationalError)
        answers: list[int] = []
        threads = [
            threading.Thread(target=lambda: answers.append(pool.fetch_value("select 1")))
            for _ in range(6)
        ]
        for thread in threads:
            thread.start()
        time.sleep(0.3)
        server.start()
        for thread in threads:
            thread.join(timeout=20)
        assert answers == [1] * 6
        deadline = time.monotonic() + 10
        while pool.stats().idle < 2:
            assert time.monotonic() < deadline, pool.stats()
            time.sleep(0.01)
        stats = pool.stats()
        assert stats.lost >= 1
        assert stats.failed >= 1
        assert (stats.in_use, stats.waiting) == (0, 0)


async def test_tasks_wait_for_the_server_to_come_back(server: Restartable) -> None:
    async with howdah.AsyncPool(server.url, min_size=2, max_size=3, timeout=20) as pool:
        assert await pool.fetch_value("select 1") == 1
        await asyncio.to_thread(server.stop)
        with pytest.raises(errors.PoolTimeout, match="cannot be reached") as caught:
            await pool.acquire(timeout=0.3)
        assert isinstance(caught.value.__cause__, howdah.OperationalError)
        tasks = [asyncio.create_task(pool.fetch_value("select 1")) for _ in range(6)]
        await asyncio.sleep(0.3)
        await asyncio.to_thread(server.start)
        assert await asyncio.gather(*tasks) == [1] * 6
        deadline = time.monotonic() + 10
        while pool.stats().idle < 2:
            assert time.monotonic() < deadline, pool.stats()
            await asyncio.sleep(0.01)
        stats = pool.stats()
        assert stats.lost >= 1
        assert stats.failed >= 1
        assert (stats.in_use, stats.waiting) == (0, 0)


def test_a_restart_between_two_requests_is_not_seen(server: Restartable) -> None:
    with howdah.Pool(server.url, min_size=2) as pool:
        assert pool.fetch_value("select 1") == 1
        server.stop()
        server.start()
        assert pool.fetch_value("select 2") == 2


async def test_closing_while_the_server_is_away(server: Restartable) -> None:
    pool = howdah.AsyncPool(server.url, min_size=1)
    sync_pool = howdah.Pool(server.url, min_size=1)
    await pool.open()
    sync_pool.open()
    await asyncio.to_thread(server.stop)
    waiting = asyncio.create_task(pool.fetch_value("select 1"))
    refused: list[errors.PoolClosed] = []

    def wait_in_vain() -> None:
        try:
            sync_pool.acquire()
        except errors.PoolClosed as closed:
            refused.append(closed)

    thread = threading.Thread(target=wait_in_vain)
    thread.start()
    await asyncio.sleep(0.2)
    started = time.monotonic()
    await pool.close()
    sync_pool.close()
    assert time.monotonic() - started < 3
    with pytest.raises(errors.PoolClosed):
        await waiting
    thread.join()
    assert len(refused) == 1
