"""`create_all` on a coordinator and its shards: all of it or nothing, and `drop_all`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import howdah
from howdah import _native
from howdah.orm import Col, Model, create_all, ddl, drop_all, identity, insert, select
from howdah.orm.schema import server, shard, shards, user_mapping, value_of
from tests.orm.sharding.shop import MODELS, Customer, Order

if TYPE_CHECKING:
    from tests.orm.sharding.conftest import Cluster

FOREIGN = """
    select c.relname, s.srvname from pg_foreign_table t join pg_class c on c.oid = t.ftrelid
    join pg_foreign_server s on s.oid = t.ftserver where c.relname like 'order%' order by 1
"""

PART = """select inhrelid::regclass::text from pg_inherits where inhparent = '"order"'::regclass"""
KEYS = """
    select count(*) from pg_constraint where conrelid = $1::text::regclass and contype::text = $2
"""


def left_over(url: str) -> list[str]:
    """The tables, types and functions in the schema `public`."""
    with howdah.connect(url) as db:
        return [
            name
            for (name,) in db.fetch("""
                select relname::text from pg_class where relnamespace = 'public'::regnamespace
                union all select proname from pg_proc p where pronamespace = 'public'::regnamespace
                and not exists (select from pg_depend d where d.objid = p.oid and deptype = 'e')
                union all select typname from pg_type where typnamespace = 'public'::regnamespace
                union all select srvname from pg_foreign_server
            """)
        ]


def test_partitions_lie_on_the_shards(shop: Cluster, db: howdah.Database) -> None:
    assert db.fetch(FOREIGN, row=tuple) == [
        ("order_0", "shard_1"),
        ("order_1", "shard_2"),
        ("order_2", "shard_3"),
    ]
    for number, url in enumerate(shop.shard_urls):
        with howdah.connect(url) as there:
            assert there.fetch_value(PART) == f"order_{number}"
            assert there.fetch_value(KEYS, f"order_{number}", "p") == 1
            assert there.fetch_value(KEYS, f"line_{number}", "f") == 1
            # what belongs to the whole database is not there
            assert there.fetch_value("select to_regclass('product')") is None
            assert not there.fetch_value(
                "select exists (select from pg_trigger where not tgisinternal)"
            )


def test_it_is_all_or_nothing(cluster: Cluster) -> None:
    with howdah.connect(cluster.shard_urls[1]) as there:
        there.execute("create table line (in_the_way int)")
    with howdah.connect(cluster.url) as conn:
        with pytest.raises(howdah.errors.DuplicateTable):
            create_all(conn, cluster.shards, *MODELS)
        assert left_over(cluster.url) == []
        assert left_over(cluster.shard_urls[0]) == []
        with howdah.connect(cluster.shard_urls[1]) as there:
            there.execute("drop table line")
        create_all(conn, cluster.shards, *MODELS)
        drop_all(conn, cluster.shards, *MODELS)
        for url in (cluster.url, *cluster.shard_urls):
            assert left_over(url) == []
        drop_all(conn, cluster.shards, *MODELS)  # what is not there is passed over


async def test_under_asyncio(cluster: Cluster) -> None:
    async with howdah.AsyncDatabase(cluster.url) as db:
        await create_all(db, cluster.shards, *MODELS)
        ann = Customer(name="Ann")
        await db.insert(ann)
        await db.insert([Order(customer_id=ann.id) for _ in range(3)])
        assert len(await ann.orders) == 3
        assert await db.fetch(select(Customer).where(Customer.id == ann.id).count()) == 1
        await drop_all(db, cluster.shards, *MODELS)
    assert left_over(cluster.shard_urls[0]) == []


def test_a_second_model_comes_later(cluster: Cluster) -> None:
    class Note(Model, distribute_by="customer_id", primary_key=("customer_id", "id")):
        id: Col[int] = identity()
        customer_id: Col[int] = howdah.orm.references(lambda: Customer.id)
        text: Col[str]

    with howdah.Database(cluster.url) as db:
        create_all(db, cluster.shards, *MODELS)
        create_all(db, cluster.shards, Note)
        ann = Customer(name="Ann")
        db.insert(ann)
        db.insert(Note(customer_id=ann.id, text="tall"))
        with pytest.raises(howdah.errors.ForeignKeyViolation):
            db.insert(Note(customer_id=-1, text="nobody's"))
        drop_all(db, cluster.shards, Note)
        # the servers stay as long as something lies on them
        assert db.fetch_value("select count(*) from pg_foreign_server") == 3
        db.insert(Order(customer_id=ann.id))


def test_without_shards_it_is_an_ordinary_table(cluster: Cluster) -> None:
    with howdah.Database(cluster.url) as db:
        with pytest.raises(howdah.ProgrammingError, match="3 distributed tables and no shards"):
            create_all(db, *MODELS)
        create_all(db, shards([]), *MODELS)
        db.insert(Customer(name="Ann"))
        kinds = "select relkind::text from pg_class where relname = 'customer'"
        assert db.fetch_value(kinds) == "r"
        with pytest.raises(howdah.errors.ForeignKeyViolation):
            db.insert(Order(customer_id=77))
        drop_all(db, shards([]), *MODELS)
    assert left_over(cluster.url) == []


def test_more_partitions_than_shards_and_where_they_lie(cluster: Cluster) -> None:
    cut = shards(
        [shard(cluster.shard_urls[0], name="north", fetch_size=7), cluster.shard_urls[1]],
        partitions=4,
        placement=["north", "shard_2", "shard_2", "north"],
    )
    with howdah.Database(cluster.url) as db:
        create_all(db, cut, Customer)
        where = """
            select s.srvname from pg_foreign_table t join pg_foreign_server s on s.oid = t.ftserver
            order by t.ftrelid::regclass::text
        """
        assert [it for (it,) in db.fetch(where)] == ["north", "shard_2", "shard_2", "north"]
        options = db.fetch_value("select srvoptions from pg_foreign_server where srvname = 'north'")
        assert "fetch_size=7" in options
        db.insert([Customer(name=str(number)) for number in range(200)])
        assert db.fetch(select(Customer).count()) == 200
        drop_all(db, cut, Customer)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"servers": ["postgresql://h/d"] * 2, "partitions": 1}, "1 partitions cannot lie on 2"),
        ({"servers": ["postgresql://h/d"], "placement": ["x"]}, "must name a shard for each of 1"),
        ({"servers": [shard("postgresql://h/d", name="a")] * 2}, "two shards have the same name"),
    ],
)
def test_misuse_of_shards_is_said(arguments: dict[str, object], said: str) -> None:
    with pytest.raises(howdah.ProgrammingError, match=said):
        shards(**arguments)  # type: ignore[arg-type]


def test_passwords_are_shown_nowhere(cluster: Cluster) -> None:
    secret = "of the tests: 100%"
    things = (cluster.shards, *MODELS)
    shown = [repr(cluster.shards), ddl(*things), json.dumps(value_of(*things))]
    with howdah.connect(cluster.url) as conn:
        for wrong in (
            shards([shard(cluster.shard_urls[0], name="one", no_such_option="1")]),
            shards(cluster.shard_urls, roles=["no such role"]),
        ):
            with pytest.raises(howdah.Error) as refused:
                create_all(conn, wrong, Customer)
            error = refused.value
            shown += [repr(error), str(error), str(error.hint), str(vars(error))]
        create_all(conn, *things)
        read = _native.schema_read(cluster.url, "public", None)
        shown += [read, _native.schema_models(read, "the coordinator")]
        drop_all(conn, *things)
    assert [it for it in shown if secret in it or "100%25" in it] == []
    assert "password '***'" in shown[1]


def test_secrets_are_found_however_they_are_written(cluster: Cluster) -> None:
    secret = 'it\'s \\ "odd"'
    other = server(
        "other", "no_such_wrapper", user_mappings=[user_mapping(user="me", password=secret)]
    )
    assert "odd" not in repr(other)
    with howdah.connect(cluster.url) as conn, pytest.raises(howdah.Error) as refused:
        create_all(conn, other)
    error = refused.value
    assert isinstance(error, howdah.DatabaseError)
    assert "password '***'" in str(error.query) or "password E'***'" in str(error.query)
    assert "odd" not in str(vars(error))


def test_a_role_without_rights_on_the_shards_goes_by_its_grants(cluster: Cluster) -> None:
    class Open(
        Model, distribute_by="id", declare=[howdah.orm.schema.grant("select", to="sharding_guest")]
    ):
        id: Col[int] = identity()

    with howdah.Database(cluster.url) as db:
        db.execute("drop role if exists sharding_guest; create role sharding_guest")
        try:
            guests = shards(cluster.shard_urls, roles=["sharding_guest"])
            create_all(db, guests, Open)
            db.insert(Open())
            with howdah.connect(cluster.url) as conn:
                conn.execute("set role sharding_guest")
                assert conn.fetch_value("select count(*) from open") == 1
                with pytest.raises(howdah.errors.InsufficientPrivilege):
                    conn.execute("delete from open")
            drop_all(db, guests, Open)
        finally:
            db.execute("drop owned by sharding_guest; drop role sharding_guest")


def test_insert_is_said_with_the_coordinators_table() -> None:
    statement = insert(Order).values(Order(customer_id=1))
    assert "customer_id" in howdah.orm.text_of(statement)
