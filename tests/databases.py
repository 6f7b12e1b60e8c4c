"""A database of its own for every test: emptied and used again, because making one is slow.

Does IO. `conftest.py` and fixtures with servers of their own call it. Invariant: a test finds a
database without any object of a user; what cannot be emptied is dropped.
"""

from __future__ import annotations

import itertools
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import howdah

if TYPE_CHECKING:
    from collections.abc import Iterator

TEMPLATE = "howdah_test_template"
NUMBERS = itertools.count(1)
# Emptied databases by their server's URL.
SPARE: defaultdict[str, list[str]] = defaultdict(list)

# The first OID that PostgreSQL gives to what a user makes: FirstNormalObjectId.
EMPTY = """\
set client_min_messages = warning;
do $$
declare made text;
begin
    for made in
        select nspname from pg_namespace
        where oid >= 16384 and nspname not like 'pg\\_%' or nspname = 'public'
    loop
        execute format('drop schema %I cascade', made);
    end loop;
    create schema public;
    grant all on schema public to public;
    if current_setting('server_version_num')::int >= 150000 then
        alter schema public owner to pg_database_owner;
        revoke create on schema public from public;
    end if;
    comment on schema public is 'standard public schema';
end $$;
"""

# What is left in catalogs: objects outside of schemas, and settings of the database.
CATALOGS = """
    select c.oid::regclass::text from pg_class c join pg_attribute a on a.attrelid = c.oid
    where c.relnamespace = 'pg_catalog'::regnamespace and c.relkind = 'r' and not c.relisshared
    and a.attname = 'oid'
"""
LEFT_IN_DATABASE = """
    select 'settings' from pg_db_role_setting s join pg_database d on d.oid = s.setdatabase
    where d.datname = current_database()
    union all select 'prepared transactions' from pg_prepared_xacts
    where database = current_database()
    union all select 'replication slots' from pg_replication_slots
    where database = current_database()
"""


def make_template(url: str) -> None:
    """An empty database that no one connects to, so that copies of it never wait."""
    with howdah.connect(url) as admin:
        admin.execute(f"create database {TEMPLATE} is_template true allow_connections false")


def fresh_database(server_url: str) -> Iterator[str]:
    """Give the URL of an empty database; at the end see that nobody is left in it."""
    url = take(server_url)
    name = url.rpartition("/")[2]
    with howdah.connect(server_url) as admin:
        left: list[Any] = []
        emptied = False
        try:
            yield url
            left = connections_left(admin, name)
            emptied = not left and empty(url) and not connections_left(admin, name)
        finally:
            if emptied:
                SPARE[server_url].append(name)
            else:
                drop_database(admin, name)
    assert not left, f"the test left connections open: {left}"


def take(server_url: str) -> str:
    """The URL of an empty database, which `give_back` is to be told of."""
    with howdah.connect(server_url) as admin:
        name = spare_database(admin, server_url) or make_database(admin)
    return server_url.removesuffix("/postgres") + f"/{name}"


def give_back(server_url: str, url: str) -> None:
    """Empty a database that was taken, for the next one; drop it if that cannot be."""
    name = url.rpartition("/")[2]
    with howdah.connect(server_url) as admin:
        if not connections_left(admin, name) and empty(url):
            SPARE[server_url].append(name)
        else:
            drop_database(admin, name)


def spare_database(admin: howdah.Connection, server_url: str) -> str | None:
    """An emptied database of this very server; another one may have had its port before."""
    while SPARE[server_url]:
        name = SPARE[server_url].pop()
        if admin.fetch_value("select count(*) from pg_database where datname = $1", name):
            return name
    return None


def make_database(admin: howdah.Connection) -> str:
    """Copy the template."""
    name = f"test_{next(NUMBERS)}"
    # what PostgreSQL 15 does otherwise writes the WAL of every page
    strategy = "strategy file_copy" if admin.server_version >= 150000 else ""
    admin.execute(f"create database {name} template {TEMPLATE} {strategy}")
    return name


def drop_database(admin: howdah.Connection, name: str) -> None:
    """Drop it even when somebody is in it, where the server can."""
    force = "with (force)" if admin.server_version >= 130000 else ""
    admin.execute(f"drop database {name} {force}")


def connections_left(admin: howdah.Connection, name: str) -> list[Any]:
    """Who is still connected to database `name` two seconds after the test ended."""
    deadline = time.monotonic() + 2
    while True:
        left = admin.fetch(
            "select application_name, state, query from pg_stat_activity where datname = $1", name
        )
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(0.01)


def empty(url: str) -> bool:
    """Drop all that the test made; False if something is left that has to go with the database."""
    with howdah.connect(url) as connection:
        try:
            connection.execute(EMPTY)
        except howdah.Error:
            return False
        catalogs = [catalog for (catalog,) in connection.fetch(CATALOGS)]
        counts = [
            f"select '{catalog}' from {catalog} where oid >= 16384"
            for catalog in catalogs
            if catalog != "pg_namespace"
        ]
        left = " union all ".join([LEFT_IN_DATABASE, *counts])
        return not connection.fetch(f"select * from ({left}) as found limit 1")
