"""The drivers, each asked in its fastest ordinary way.

Does IO. Called by `worlds`. A peer opens one connection, and makes of a workload a function that
asks once and gives the decoded rows. Invariants: statements are prepared where the driver can;
every peer decodes every value to Python, jsonb included; the driver's defaults are kept otherwise.
A driver that is not installed is left out and named in the report.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Protocol, Self

from benches import floor

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from benches.workloads import Workload

FLOOR = "floor"
HOWDAH = "howdah"


class SyncPeer(Protocol):
    """A driver with a blocking connection."""

    name: str

    def __init__(self, url: str) -> None: ...

    def ask(self, workload: Workload) -> Callable[[], object]:
        """A function that asks once and returns the rows, or the value."""

    def close(self) -> None:
        """Close the connection."""


class AsyncPeer(Protocol):
    """A driver with an asyncio connection."""

    name: str

    @classmethod
    async def open(cls, url: str) -> Self:
        """Connect."""

    async def ask(self, workload: Workload) -> Callable[[], Awaitable[object]]:
        """A function that asks once; awaited, it gives the rows, or the value."""

    async def close(self) -> None:
        """Close the connection."""


# --- sync --------------------------------------------------------------------------------------


class SyncFloor:
    """The floor of blocking sockets."""

    name = FLOOR

    def __init__(self, url: str) -> None:
        self.wire = floor.Wire(url)

    def ask(self, workload: Workload) -> Callable[[], object]:
        return floor.blocking(self.wire, workload)

    def close(self) -> None:
        self.wire.close()


class SyncHowdah:
    """howdah, sync."""

    name = HOWDAH

    def __init__(self, url: str) -> None:
        import howdah

        self.connection = howdah.connect(url)

    def ask(self, workload: Workload) -> Callable[[], object]:
        sql, parameters = workload.sql, workload.parameters
        if workload.single_value:
            fetch_value = self.connection.fetch_value
            return lambda: fetch_value(sql, *parameters)
        fetch = self.connection.fetch
        return lambda: fetch(sql, *parameters)

    def close(self) -> None:
        self.connection.close()


class Psycopg3:
    """psycopg 3, sync, text format; one cursor reused."""

    name = "psycopg3"
    binary = False

    def __init__(self, url: str) -> None:
        import psycopg

        self.connection = psycopg.connect(url, autocommit=True)
        self.cursor = self.connection.cursor(binary=self.binary)

    def ask(self, workload: Workload) -> Callable[[], object]:
        execute, sql = self.cursor.execute, workload.pyformat
        parameters = workload.parameters or None
        if workload.single_value:
            return lambda: execute(sql, parameters, prepare=True).fetchone()[0]
        return lambda: execute(sql, parameters, prepare=True).fetchall()

    def close(self) -> None:
        self.connection.close()


class Psycopg3Binary(Psycopg3):
    """psycopg 3, sync, binary format."""

    name = "psycopg3 binary"
    binary = True


class Psycopg2:
    """psycopg2: text format and the simple query protocol are all it has."""

    name = "psycopg2"

    def __init__(self, url: str) -> None:
        import psycopg2

        self.connection = psycopg2.connect(url)
        self.connection.autocommit = True
        self.cursor = self.connection.cursor()

    def ask(self, workload: Workload) -> Callable[[], object]:
        cursor, sql, parameters = self.cursor, workload.pyformat, workload.parameters or None

        def value() -> object:
            cursor.execute(sql, parameters)
            return cursor.fetchone()[0]

        def rows() -> object:
            cursor.execute(sql, parameters)
            return cursor.fetchall()

        return value if workload.single_value else rows

    def close(self) -> None:
        self.connection.close()


# --- asyncio -----------------------------------------------------------------------------------


class AsyncFloor:
    """The floor of asyncio: one persistent reader."""

    name = FLOOR

    def __init__(self, wire: floor.Wire) -> None:
        self.wire = wire
        self.reader = floor.Reader(wire)

    @classmethod
    async def open(cls, url: str) -> Self:
        return cls(floor.Wire(url))

    async def ask(self, workload: Workload) -> Callable[[], Awaitable[object]]:
        return self.reader.ask(workload)

    async def close(self) -> None:
        self.reader.close()


class AsyncHowdah:
    """howdah, asyncio."""

    name = HOWDAH

    def __init__(self, connection: Any) -> None:  # noqa: ANN401
        self.connection = connection

    @classmethod
    async def open(cls, url: str) -> Self:
        import howdah

        return cls(await howdah.connect_async(url))

    async def ask(self, workload: Workload) -> Callable[[], Awaitable[object]]:
        sql, parameters = workload.sql, workload.parameters
        call = self.connection.fetch_value if workload.single_value else self.connection.fetch
        return lambda: call(sql, *parameters)

    async def close(self) -> None:
        await self.connection.close()


class Asyncpg:
    """asyncpg, with jsonb parsed like everybody else's."""

    name = "asyncpg"

    def __init__(self, connection: Any) -> None:  # noqa: ANN401
        self.connection = connection

    @classmethod
    async def open(cls, url: str) -> Self:
        import asyncpg

        connection = await asyncpg.connect(url)
        await connection.set_type_codec(
            "jsonb", schema="pg_catalog", encoder=json.dumps, decoder=json.loads
        )
        return cls(connection)

    async def ask(self, workload: Workload) -> Callable[[], Awaitable[object]]:
        sql, parameters = workload.sql, workload.parameters
        call = self.connection.fetchval if workload.single_value else self.connection.fetch
        return lambda: call(sql, *parameters)

    async def close(self) -> None:
        await self.connection.close()


class AsyncPsycopg3:
    """psycopg 3, asyncio, text format; one cursor reused."""

    name = "psycopg3"
    binary = False

    def __init__(self, connection: Any) -> None:  # noqa: ANN401
        self.connection = connection
        self.cursor = connection.cursor(binary=self.binary)

    @classmethod
    async def open(cls, url: str) -> Self:
        import psycopg

        return cls(await psycopg.AsyncConnection.connect(url, autocommit=True))

    async def ask(self, workload: Workload) -> Callable[[], Awaitable[object]]:
        cursor, sql, parameters = self.cursor, workload.pyformat, workload.parameters or None

        async def value() -> object:
            await cursor.execute(sql, parameters, prepare=True)
            return (await cursor.fetchone())[0]

        async def rows() -> object:
            await cursor.execute(sql, parameters, prepare=True)
            return await cursor.fetchall()

        return value if workload.single_value else rows

    async def close(self) -> None:
        await self.connection.close()


class AsyncPsycopg3Binary(AsyncPsycopg3):
    """psycopg 3, asyncio, binary format."""

    name = "psycopg3 binary"
    binary = True


class Psqlpy:
    """psqlpy; rows as tuples, its cheapest form."""

    name = "psqlpy"

    def __init__(self, connection: Any) -> None:  # noqa: ANN401
        self.connection = connection

    @classmethod
    async def open(cls, url: str) -> Self:
        import psqlpy

        return cls(await psqlpy.connect(dsn=url))

    async def ask(self, workload: Workload) -> Callable[[], Awaitable[object]]:
        connection, sql = self.connection, workload.sql
        parameters = list(workload.parameters)

        async def rows() -> object:
            return (await connection.fetch(sql, parameters, prepared=True)).result(as_tuple=True)

        if workload.single_value:
            return lambda: connection.fetch_val(sql, parameters, prepared=True)
        return rows

    async def close(self) -> None:
        self.connection.close()


SYNC: tuple[type[SyncPeer], ...] = (SyncFloor, SyncHowdah, Psycopg3, Psycopg3Binary, Psycopg2)
ASYNC: tuple[type[AsyncPeer], ...] = (
    AsyncFloor,
    AsyncHowdah,
    Asyncpg,
    AsyncPsycopg3,
    AsyncPsycopg3Binary,
    Psqlpy,
)
