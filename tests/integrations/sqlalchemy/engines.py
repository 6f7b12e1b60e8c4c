"""One test body for `create_engine` and `create_async_engine`.

No IO of its own. Invariant: a body is blocking code; with the asyncio engine it runs in the
greenlet that SQLAlchemy makes for such code (`run_sync`), on the same connection objects.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar, cast

from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import create_async_engine

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Engine
    from sqlalchemy.ext.asyncio import AsyncEngine

T = TypeVar("T")


class Worlds:
    """Makes engines of one world on one database, and runs blocking bodies on them."""

    def __init__(self, world: str, url: str) -> None:
        self.world = world
        self.url = url.replace("postgresql:", "postgresql+howdah:", 1)

    def run(self, body: Callable[[Connection], T], **options: Any) -> T:
        """Run `body` with a connection of an engine made with `options`; nothing is committed."""
        return cast("T", self.run_engine(lambda connect: connect(body), **options))

    def run_engine(
        self, body: Callable[[Callable[[Callable[[Connection], Any]], Any]], T], **options: Any
    ) -> T:
        """Run `body` with what runs other bodies, each on a connection from one engine."""
        if self.world == "sync":
            engine = create_engine(self.url, **options)
            try:
                return body(lambda inner: on_connection(engine, inner))
            finally:
                engine.dispose()
        with asyncio.Runner() as runner:
            tasks = create_async_engine(self.url, **options)
            try:
                return body(lambda inner: runner.run(on_async_connection(tasks, inner)))
            finally:
                runner.run(tasks.dispose())


def on_connection(engine: Engine, body: Callable[[Connection], T]) -> T:
    """Run on a connection of a blocking engine."""
    with engine.connect() as connection:
        return body(connection)


async def on_async_connection(engine: AsyncEngine, body: Callable[[Connection], T]) -> T:
    """Run in a greenlet, on a connection of an asyncio engine."""
    async with engine.connect() as connection:
        return await connection.run_sync(body)
