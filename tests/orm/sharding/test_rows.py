"""Rows of distributed tables: written, found, changed and loaded as if they lay on one server."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

import howdah
from howdah.orm import delete, insert, merge, select, update
from tests.orm.sharding.shop import Customer, Line, Order, Product

if TYPE_CHECKING:
    from tests.orm.sharding.conftest import Cluster

IS_THERE = "select satisfies_hash_partition('customer'::regclass, 3, $1, $2::bigint)"


def customers(db: howdah.Database, *names: str) -> list[Customer]:
    """New customers."""
    found = [Customer(name=name) for name in names]
    db.insert(found)
    return found


def test_rows_are_spread(shop: Cluster, db: howdah.Database) -> None:
    before = db.fetch(select(Customer).count())
    many = customers(db, *(f"customer {number}" for number in range(300)))
    assert len({it.id for it in many}) == 300
    counts = []
    for url in shop.shard_urls:
        with howdah.connect(url) as there:
            counts.append(there.fetch_value("select count(*) from customer"))
    assert min(counts) > 50
    assert sum(counts) == before + 300 == db.fetch(select(Customer).count())


def test_what_the_database_gives_comes_back(db: howdah.Database) -> None:
    one = Customer(name="Zoe")
    db.insert(one)
    assert (one.initial, one.joined.tzinfo is not None) == ("Z", True)
    few = [Customer(name=name) for name in "abc"]
    db.insert(few)
    assert [it.initial for it in few] == ["a", "b", "c"]
    with db.tx() as tx:
        for name in "xyz":
            tx.insert(Customer(name=name))
    assert db.fetch(select(Customer).where(Customer.initial == "y").count()) >= 1


def test_changes_go_to_the_row(db: howdah.Database) -> None:
    [ann] = customers(db, "Ann")
    order = Order(customer_id=ann.id)
    db.insert(order)
    order.total = Decimal(5)
    db.save(order)

    def stored() -> Order:
        found = db.get(Order, ann.id, order.id)
        assert found is not None
        return found

    assert (stored().total, stored().changes) == (Decimal(5), 1)  # the coordinator's trigger counts
    raised = update(Order).where(Order.customer_id == ann.id).set(Order.total.to(Order.total * 2))
    assert db.execute(raised) == 1
    assert stored().total == 10
    gone = delete(Order).where(Order.customer_id == ann.id).returning(Order.id)
    assert db.fetch(gone) == [order.id]
    more = [Order(customer_id=ann.id) for _ in range(60)]
    db.insert(more)
    for it in more:
        it.placed = dt.date(2027, 1, 1)
    db.update(more)
    late = select(Order).where(Order.customer_id == ann.id, Order.placed > dt.date(2026, 12, 31))
    assert db.fetch(late.count()) == 60
    db.delete(more)
    assert db.fetch(late.count()) == 0


def test_the_shards_watch_keys_and_conditions(db: howdah.Database) -> None:
    [ann] = customers(db, "Ann")
    with pytest.raises(howdah.errors.ForeignKeyViolation):
        db.insert(Order(customer_id=-5))
    with pytest.raises(howdah.errors.CheckViolation):
        db.insert(Order(customer_id=ann.id, total=Decimal(-1)))
    db.insert(Product(sku="pen", title="a pen"))
    order = Order(customer_id=ann.id)
    db.insert(order)
    line = Line(customer_id=ann.id, order_id=order.id, number=1, sku="pen")
    db.insert(line)
    with pytest.raises(howdah.errors.UniqueViolation):
        db.insert(Line(customer_id=ann.id, order_id=order.id, number=1, sku="pen"))
    with pytest.raises(howdah.errors.ForeignKeyViolation):
        db.insert(Line(customer_id=ann.id, order_id=-1, number=1, sku="pen"))
    db.delete(ann)  # and what is hers
    assert db.fetch(select(Line).where(Line.customer_id == line.customer_id).count()) == 0


def test_relations_load_for_all_at_once(db: howdah.Database) -> None:
    ann, bob = customers(db, "Ann", "Bob")
    # each customer's orders are numbered from 1: only both columns together tell which is meant
    for owner in (ann, bob):
        orders = [Order(customer_id=owner.id) for _ in range(2)]
        for number, order in enumerate(orders, 1):
            order.id = number
        db.insert(orders)
        sku = f"of {owner.name}"
        db.insert([Line(customer_id=owner.id, order_id=1, number=it, sku=sku) for it in (1, 2)])
    mine = Order.customer_id.in_([ann.id, bob.id])
    orders = db.fetch(select(Order).where(mine).order_by(Order.customer_id, Order.id))
    assert [[it.sku for it in order.lines] for order in orders] == [
        ["of Ann"] * 2, [], ["of Bob"] * 2, [],
    ]  # fmt: skip
    assert [order.customer.name for order in orders] == ["Ann", "Ann", "Bob", "Bob"]
    assert orders[0].lines[0].order is orders[0]
    lines = db.fetch(select(Line).where(Line.customer_id.in_([ann.id, bob.id])))
    assert all(it.order.customer_id == it.customer_id for it in lines)
    assert [it.product for it in lines] == [None] * 4
    eager = select(Order).where(mine).load(Order.lines.limit(1)).order_by(Order.customer_id)
    assert sorted(len(it.lines) for it in db.fetch(eager)) == [0, 0, 1, 1]
    named = select(Line.sku, Line.order.total).where(Line.order.customer_id == ann.id)
    assert len(db.fetch(named)) == 2
    has_lines = select(Order.id).where(mine, Order.lines.any(Line.sku == "of Bob"))
    assert db.fetch(has_lines) == [1]
    counted = select(Order.id, Order.lines.count()).where(Order.customer_id == ann.id)
    assert sorted(db.fetch(counted)) == [(1, 2), (2, 0)]
    joined = select(Order.id, Line.number).where(mine).join(Order.lines)
    assert sorted(db.fetch(joined)) == [(1, 1), (1, 1), (1, 2), (1, 2)]


def test_a_row_on_the_wrong_shard_is_refused(shop: Cluster, db: howdah.Database) -> None:
    [ann] = customers(db, "Ann")
    outcomes = []
    for url in shop.shard_urls:
        with howdah.connect(url) as there, there.transaction(force_rollback=True):
            try:
                there.execute(
                    "insert into customer (id, name, joined, changes) values ($1, '', now(), 0)",
                    ann.id + 1,
                )
                outcomes.append("taken")
            except howdah.errors.CheckViolation:
                outcomes.append("refused")
    assert sorted(outcomes) == ["refused", "refused", "taken"]
    # and so is moving one by SQL, which PostgreSQL would not notice on the coordinator
    home = [db.fetch_value(IS_THERE, place, ann.id) for place in range(3)].index(True)
    elsewhere = next(it for it in range(-100, 0) if not db.fetch_value(IS_THERE, home, it))
    with pytest.raises(howdah.errors.CheckViolation):
        db.execute("update customer set id = $2 where id = $1", ann.id, elsewhere)


def test_a_rollback_undoes_all_shards(db: howdah.Database) -> None:
    before = db.fetch(select(Customer).count())
    with pytest.raises(RuntimeError), db.tx() as tx:
        tx.insert([Customer(name="nobody") for _ in range(100)])
        assert tx.fetch(select(Customer).count()) == before + 100
        raise RuntimeError
    assert db.fetch(select(Customer).count()) == before


def test_what_a_conflict_may_do(db: howdah.Database) -> None:
    [ann] = customers(db, "Ann")
    again = insert(Customer).set(Customer.id.to(ann.id), Customer.name.to("Ann"))
    assert db.execute(again.on_conflict().do_nothing()) == 0


def test_statements_that_shards_cannot_run_are_refused(db: howdah.Database) -> None:
    [ann] = customers(db, "Ann")
    order = Order(customer_id=ann.id)
    db.insert(order)
    with pytest.raises(howdah.ProgrammingError, match="cannot move a row to another shard"):
        update(Order).set(Order.customer_id.to(7))
    order.customer_id = 7
    with pytest.raises(howdah.ProgrammingError, match="cannot move a row"):
        db.save(order)
    with pytest.raises(
        howdah.ProgrammingError, match="conflicting rows of other servers"
    ) as refused:
        db.upsert(ann)
    assert "do_nothing" in (refused.value.hint or "")
    with pytest.raises(howdah.ProgrammingError, match="conflicting rows of other servers"):
        insert(Customer).values(ann).on_conflict(constraint="customer_pkey")
    with pytest.raises(howdah.ProgrammingError, match="no `merge` into rows of other servers"):
        merge(Customer)


def test_two_writers_of_one_row_are_told_to_try_again(db: howdah.Database, shop: Cluster) -> None:
    # the coordinator reads shards at `repeatable read`, whatever the transaction's own level
    [ann] = customers(db, "Ann")
    change = "update customer set name = $2 where id = $1"
    with (
        howdah.connect(shop.url) as one,
        howdah.connect(shop.url) as two,
        pytest.raises(howdah.errors.SerializationFailure),
        one.transaction(),
    ):
        one.fetch("select name from customer where id = $1", ann.id)
        two.execute(change, ann.id, "Anna")
        one.execute(change, ann.id, "Anne")
    assert db.fetch(select(Customer.name).where(Customer.id == ann.id)) == ["Anna"]
