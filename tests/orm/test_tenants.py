"""Row-level security: with a setting of the transaction, a tenant sees and writes its own rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from howdah import errors
from howdah.orm import (
    Col,
    Many,
    Model,
    One,
    Shape,
    col,
    create_all,
    delete,
    excluded,
    identity,
    many,
    of,
    one,
    references,
    select,
    update,
)
from howdah.orm.schema import grant, policy, sql
from howdah.orm.schema import unique as unique_
from tests.orm.conftest import AwaitedVerbs, ConnectingVerbs

if TYPE_CHECKING:
    import contextlib

    from howdah.orm import AsyncBound
    from tests.conftest import Connector

TENANT = "nullif(current_setting('app.tenant', true), '')::bigint"
ALL = grant("select", "insert", "update", "delete", to="howdah_tenant")
OWN = policy("own", f"tenant_id = {TENANT}")


class Account(
    Model,
    table="tenant_account",
    row_security="force",
    declare=[OWN, ALL, unique_("tenant_id", "name")],
):
    id: Col[int] = identity()
    tenant_id: Col[int] = col(default=sql(TENANT))
    name: Col[str]
    visits: Col[int] = col(default=0)
    entries: Many[Entry] = many()


class Entry(Model, table="tenant_entry", row_security="force", declare=[OWN, ALL]):
    id: Col[int] = identity()
    tenant_id: Col[int] = col(default=sql(TENANT))
    account_id: Col[int] = references(lambda: Account.id)
    amount: Col[int]
    account: One[Account] = one()


class AccountCard(Shape[Account]):
    name: str
    entries: int = of(lambda: Account.entries.count())  # noqa: PLW0108 (when all models exist)


ROLE = """
do $$ begin
    create role howdah_tenant;
exception when duplicate_object then null;
end $$
"""


class Tenants(ConnectingVerbs):
    """Verbs on a connection of a superuser, with the tables of two tenants."""

    tables = ROLE

    async def open(self, stack: contextlib.AsyncExitStack) -> Any:
        db = await super().open(stack)
        create_tables = create_all(db._verbs if isinstance(db, AwaitedVerbs) else db, *MODELS)
        if create_tables is not None:
            await create_tables
        for tenant in (1, 2):
            async with db.tx(settings=of_tenant(tenant)) as tx:
                await fill(tx, tenant)
        return db


MODELS = (Account, Entry)


def of_tenant(tenant: int) -> dict[str, Any]:
    """The settings of a request: a superuser takes a role that policies bind."""
    return {"role": "howdah_tenant", "app.tenant": tenant}


async def fill(tx: Any, tenant: int) -> None:
    """Rows of a tenant: one object, a list, and one by one."""
    first = Account(name="main")
    await tx.insert(first)
    others = [Account(name=f"more {n}") for n in range(30)]
    await tx.insert(others)
    assert {account.tenant_id for account in (first, *others)} == {tenant}
    for amount in range(3):
        await tx.insert(Entry(account_id=first.id, amount=amount * tenant))


@pytest.fixture
def db(connector: Connector) -> AsyncBound:
    return cast("AsyncBound", Tenants(connector))


async def test_each_way_of_reading_gives_the_rows_of_the_tenant(db: Any) -> None:
    for tenant in (1, 2, 1):
        async with db.tx(settings=of_tenant(tenant)) as tx:
            accounts = await tx.fetch(select(Account).load(Account.entries))
            assert {account.tenant_id for account in accounts} == {tenant}
            assert sum(len(account.entries) for account in accounts) == 3
            entries = await tx.fetch(select(Entry).load(Entry.account).order_by(Entry.id))
            assert [entry.amount for entry in entries] == [0, tenant, 2 * tenant]
            assert {entry.account.tenant_id for entry in entries} == {tenant}
        async with db.tx(settings=of_tenant(tenant)) as tx:
            assert await tx.fetch(select(Account).count()) == 31
        async with db.tx(settings=of_tenant(tenant)) as tx:
            cards = await tx.fetch(select(AccountCard).where(Account.name == "main"))
            assert [card.entries for card in cards] == [3]
        async with db.tx(settings=of_tenant(tenant)) as tx:
            streamed = [it async for it in tx.stream(select(Entry.tenant_id), batch=2)]
            assert streamed == [tenant] * 3
        async with db.tx(settings=of_tenant(tenant)) as tx:
            page = await tx.fetch(select(Account).order_by(Account.name).page(20))
            rest = await tx.fetch(select(Account).order_by(Account.name).page(20, after=page.next))
            assert (len(page), len(rest)) == (20, 11)


async def test_another_tenants_object_is_not_found(db: Any) -> None:
    async with db.tx(settings=of_tenant(1)) as tx:
        mine = await tx.fetch(select(Account).where(Account.name == "main").one())
    async with db.tx(settings=of_tenant(2)) as tx:
        assert await tx.get(Account, mine.id) is None
        mine.visits = 5
        with pytest.raises(errors.StaleObject):
            async with tx.tx() as inner:
                await inner.update([mine])
        with pytest.raises(errors.NoRow):
            await tx.change(mine, Account.visits.to(Account.visits + 1))
        assert await tx.execute(update(Account).all().set(Account.visits.to(1))) == 31
        assert await tx.execute(delete(Entry).where(Entry.account_id == mine.id)) == 0
    assert await db.fetch(select(Account.visits).where(Account.id == mine.id).one()) == 0


async def test_a_row_for_another_tenant_is_refused(db: Any) -> None:
    for objects in (
        Account(tenant_id=1, name="x"),
        [Account(tenant_id=1, name=str(n)) for n in range(30)],
    ):
        with pytest.raises(errors.InsufficientPrivilege):
            async with db.tx(settings=of_tenant(2)) as tx:
                await tx.insert(objects)
    with pytest.raises(errors.InsufficientPrivilege):
        async with db.tx(settings=of_tenant(2)) as tx:
            await tx.execute(update(Account).all().set(Account.tenant_id.to(1)))


async def test_upserts_meet_rows_of_the_tenant_alone(db: Any) -> None:
    async with db.tx(settings=of_tenant(2)) as tx:
        given = [Account(name="main", visits=3), Account(name="new", visits=1)]
        raised = Account.visits.to(Account.visits + excluded(Account.visits))
        done = await tx.upsert(given, on=[Account.tenant_id, Account.name], update=[raised])
        assert [len(it) for it in (done.inserted, done.updated)] == [1, 1]
        assert {account.tenant_id for account in given} == {2}
    counted = select(Account.tenant_id, Account.visits).where(Account.visits > 0)
    assert await db.fetch(counted.order_by(Account.visits)) == [(2, 1), (2, 3)]


async def test_without_a_tenant_there_are_no_rows(db: Any) -> None:
    async with db.tx(settings={"role": "howdah_tenant"}) as tx:
        assert await tx.fetch(select(Account)) == []
        with pytest.raises(errors.InsufficientPrivilege):
            async with tx.tx() as inner:
                await inner.insert([Account(name="nobody's")])
    assert await db.fetch(select(Account).count()) == 62  # a superuser sees all rows


async def test_single_inserts_travel_together_where_the_role_may_take_numbers(db: Any) -> None:
    await db.connection.execute("grant usage on all sequences in schema public to howdah_tenant")
    async with db.tx(settings=of_tenant(1)) as tx:
        made = [Account(tenant_id=1, name=f"single {n}") for n in range(100)]
        for account in made:
            await tx.insert(account)
        assert tx._waiting.count > 0
        assert len({account.id for account in made}) == 100
    counted = select(Account).where(Account.name.like("single%")).count()
    assert await db.fetch(counted) == 100
    with pytest.raises(errors.InsufficientPrivilege):
        async with db.tx(settings=of_tenant(2)) as tx:
            for n in range(20):
                await tx.insert(Account(tenant_id=1, name=f"wrong {n}"))
