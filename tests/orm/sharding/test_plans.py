"""What PostgreSQL does with the statements: one key, one shard; joins on the key, on the shards."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

import howdah
from howdah.orm import Statement, delete, select, text_of, update
from tests.orm.sharding.shop import Customer, Line, Order

if TYPE_CHECKING:
    from tests.orm.sharding.conftest import Cluster

ONE_KEY: dict[str, Statement[Any]] = {
    "select": select(Order).where(Order.customer_id == 7),
    "by the whole key": select(Order).where(Order.customer_id == 7, Order.id == 3),
    "update": update(Order).where(Order.customer_id == 7).set(Order.total.to(Order.total + 1)),
    "delete": delete(Line).where(Line.customer_id == 7),
    "count": select(Line).where(Line.customer_id == 7).count(),
    "join along a relation": select(Order, Order.customer).where(Order.customer_id == 7),
    "exists": select(Order).where(Order.customer_id == 7, Order.lines.any()),
}


def plan_of(conn: howdah.Connection, statement: Statement[Any]) -> str:
    """`explain verbose` of a statement, with its values."""
    sql, values = statement._compile()[0].sql, statement._compile()[1]
    return "\n".join(line for (line,) in conn.fetch(f"explain (verbose, costs off) {sql}", *values))


@pytest.mark.parametrize("kind", ONE_KEY)
def test_one_key_is_on_one_shard(shop: Cluster, kind: str) -> None:
    with howdah.connect(shop.url) as conn:
        plan = plan_of(conn, ONE_KEY[kind])
        named = set(re.findall(r"public\.\"?[a-z]+_(\d)", plan))
        assert len(named) == 1, plan
        # and no other one was even connected to
        asked = "select count(*) from postgres_fdw_get_connections()"
        conn.fetch("select 1 from customer where id = $1", 7)
        assert conn.fetch_value(asked) == 1


def test_writes_are_sent_as_they_are(shop: Cluster) -> None:
    with howdah.connect(shop.url) as conn:
        assert "Foreign Delete on public.line_" in plan_of(conn, ONE_KEY["delete"])
        change = update(Customer).where(Customer.id == 7).set(Customer.changes.to(0))
        assert "Foreign Update on public.customer_" in plan_of(conn, change)


BOTH = select(Customer.name, Order.total).join(Customer.orders).where(Customer.name == "Ann")
THREE = select(Line.sku, Line.order.total, Line.order.customer.name)


def test_joins_on_the_key_are_made_on_the_shards(shop: Cluster) -> None:
    with howdah.connect(shop.url) as conn, conn.transaction(force_rollback=True):
        # what a join costs there is only known by asking; without, it is a guess of the planner's
        for name in ("shard_1", "shard_2", "shard_3"):
            conn.execute(f"alter server {name} options (add use_remote_estimate 'true')")
        for statement, joins in ((BOTH, 1), (THREE, 2)):
            plan = plan_of(conn, statement)
            pushed = re.findall(r"Relations: (.*)", plan)
            assert len(pushed) == 3, plan  # one scan for each shard, none here
            assert all(it.count("JOIN") == joins for it in pushed), plan
            assert not re.search(r"Hash Join|Nested Loop|Merge Join", plan), plan


def test_joins_of_one_key_are_made_on_its_shard(shop: Cluster) -> None:
    with howdah.connect(shop.url) as conn:
        plan = plan_of(conn, THREE.where(Line.customer_id == 7, Line.order_id == 3))
    assert re.findall(r"Relations: (.*)", plan), plan
    assert plan.count("Remote SQL") == 1, plan


def test_groups_of_the_key_are_counted_on_the_shards(shop: Cluster) -> None:
    counted = select(Order.customer_id, howdah.orm.count()).group_by(Order.customer_id)
    with howdah.connect(shop.url) as conn:
        plan = plan_of(conn, counted)
    assert plan.count("Relations: Aggregate on") == 3, plan


def test_all_shards_work_at_once(shop: Cluster) -> None:
    with howdah.connect(shop.url) as conn:
        plan = plan_of(conn, select(Customer))
    assert plan.count("Async Foreign Scan") == 3, plan


def test_statements_name_both_columns_of_a_relation() -> None:
    text = text_of(select(Line.sku).where(Line.order.total > 5))
    assert '"order".customer_id = line.customer_id' in text
    assert '"order".id = line.order_id' in text
