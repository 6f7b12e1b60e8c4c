"""The models of these tests: customers and what they buy, each customer's rows on one shard."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated

from howdah.orm import Col, Many, Model, One, col, generated, identity, many, one, references
from howdah.orm.schema import domain, function, index, sql, trigger, unique

Positive = Annotated[Decimal, domain("positive", "numeric(10, 2)", "value > 0")]

count_up = function(
    "count_up",
    returns="trigger",
    language="plpgsql",
    body="begin new.changes := old.changes + 1; return new; end",
)


class Product(Model):
    """Lies on the coordinator."""

    sku: Col[str] = col(primary_key=True)
    title: Col[str]


class Customer(Model, distribute_by="id", declare=[unique("id", "email")]):
    """Rows are where their `id` belongs."""

    id: Col[int] = identity()
    name: Col[str]
    email: Col[str | None] = col(default=None)
    joined: Col[dt.datetime] = col(default=sql("now()"))
    initial: Col[str] = generated("left(name, 1)")
    changes: Col[int] = col(default=0)
    orders: Many[Order] = many()


class Order(
    Model,
    distribute_by="customer_id",
    primary_key=("customer_id", "id"),
    declare=[index("placed"), trigger("count_up", "before update", count_up)],
):
    """Lies with its customer."""

    id: Col[int] = identity()
    customer_id: Col[int] = references(lambda: Customer.id, on_delete="cascade")
    placed: Col[dt.date] = col(default=dt.date(2026, 11, 21))
    total: Col[Positive] = col(default=Decimal(1))
    changes: Col[int] = col(default=0)
    customer: One[Customer] = one()
    lines: Many[Line] = many()


class Line(Model, distribute_by="customer_id", primary_key=("customer_id", "order_id", "number")):
    """Lies with its order, that is: with the customer."""

    customer_id: Col[int]
    order_id: Col[int] = references(lambda: Order.id, on_delete="cascade")
    number: Col[int]
    sku: Col[str] = references(lambda: Product.sku, enforced=False, index=False)
    order: One[Order] = one()
    product: One[Product | None] = one()


MODELS = (Product, Line, Order, Customer)
