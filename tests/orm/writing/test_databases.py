"""Transactions on `Database` and `AsyncDatabase`: on a connection of their own."""

from __future__ import annotations

import pytest

import howdah
from howdah import errors
from howdah.orm import AsyncTx, Tx, select
from tests.orm.library import TABLES, Author, Tag


def test_a_transaction_of_a_database(database: str) -> None:
    with howdah.Database(database) as db:
        db.execute(TABLES)
        with db.tx(isolation="serializable", settings={"app.tenant": 7}) as tx:
            tx.insert(Tag(name="a"))
            assert db.fetch(select(Tag).count()) == 3
            assert tx.connection.fetch_value("select current_setting('app.tenant')") == "7"
            author = tx.get(Author, 1)
        assert author is not None
        assert len(author.books) == 3
        with pytest.raises(errors.ReadOnlySqlTransaction), db.tx(read_only=True) as tx:
            tx.insert([Tag(name="b")])

        @db.tx(retry=3)
        def add(tx: Tx, name: str) -> Tag:
            tag = Tag(name=name)
            tx.insert(tag)
            return tag

        assert add("c").id == db.fetch(select(Tag.id).where(Tag.name == "c").one())


async def test_a_transaction_of_a_database_under_asyncio(database: str) -> None:
    async with howdah.AsyncDatabase(database) as db:
        await db.execute(TABLES)
        async with db.tx(isolation="serializable", settings={"app.tenant": 7}) as tx:
            await tx.insert(Tag(name="a"))
            assert await db.fetch(select(Tag).count()) == 3
            await tx.flush()
            found = await tx.connection.fetch_value("select current_setting('app.tenant')")
            assert found == "7"
            author = await tx.get(Author, 1)
        assert author is not None
        assert len(await author.books) == 3

        @db.tx(retry=3)
        async def add(tx: AsyncTx, name: str) -> Tag:
            tag = Tag(name=name)
            await tx.insert(tag)
            return tag

        tag = await add("c")
        assert tag.id == await db.fetch(select(Tag.id).where(Tag.name == "c").one())
