"""A coordinator and three shards, started once: two databases, one of them with a shop.

Does IO. Invariant: what a test makes in the other is dropped when it ends, on all four servers;
rows of the shop stay, so its tests count and look at customers of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

import howdah
import howdah.server
from howdah.orm import create_all
from howdah.orm.schema import Shards, shards
from tests.orm.sharding.shop import MODELS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SETTINGS: Mapping[str, str | int] = {
    "max_connections": 40,
    "shared_buffers": "16MB",
    "max_wal_size": "64MB",
}


@dataclass(frozen=True)
class Cluster:
    """A database of the same name on each server."""

    url: str
    shard_urls: tuple[str, ...]

    @property
    def shards(self) -> Shards:
        """As `create_all` takes them."""
        return shards(self.shard_urls)


EMPTY = """
drop schema public cascade; create schema public; grant usage on schema public to public;
do $$ declare name text; begin
    for name in select srvname from pg_foreign_server loop
        execute format('drop server %I cascade', name);
    end loop;
end $$
"""


@pytest.fixture(scope="session")
def cluster_servers() -> Iterator[howdah.server.Server]:
    with howdah.server.start(shards=3, settings=SETTINGS, password="of the tests: 100%") as it:
        yield it


def databases(server: howdah.server.Server, name: str) -> Cluster:
    """A new database on each of the servers."""
    urls = [server.url, *(it.url for it in server.shards)]
    for url in urls:
        with howdah.connect(url) as admin:
            admin.execute(f"create database {name} template template0 strategy file_copy")
    coordinator, *others = [urlsplit(url)._replace(path=f"/{name}").geturl() for url in urls]
    return Cluster(coordinator, tuple(others))


@pytest.fixture(scope="session")
def empty_databases(cluster_servers: howdah.server.Server) -> Cluster:
    return databases(cluster_servers, "bare")


@pytest.fixture
def cluster(empty_databases: Cluster) -> Iterator[Cluster]:
    """Four empty databases."""
    yield empty_databases
    for url in (empty_databases.url, *empty_databases.shard_urls):
        with howdah.connect(url) as conn:
            conn.execute(EMPTY)


@pytest.fixture(scope="session")
def shop(cluster_servers: howdah.server.Server) -> Cluster:
    """Four databases with the shop's tables."""
    found = databases(cluster_servers, "shop")
    with howdah.connect(found.url) as conn:
        create_all(conn, found.shards, *MODELS)
    return found


@pytest.fixture
def db(shop: Cluster) -> Iterator[howdah.Database]:
    """The coordinator, with the shop's tables."""
    with howdah.Database(shop.url, max_size=2) as found:
        yield found
