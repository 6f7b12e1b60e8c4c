"""Every field keeps its values, and finds them again."""

from __future__ import annotations

import datetime as dt
import decimal
import uuid
from typing import Any

import pytest
from django.db import models
from django.db.models import functions

from tests.integrations.django.shop.models import Everything, Shelf

VALUES: dict[str, list[Any]] = {
    "big": [0, -(2**63), 2**63 - 1],
    "binary": [b"", b"\x00\xff'\\"],
    "boolean": [True, False],
    "char": ["", "it's", 'a "quoted" \\ %s %% $1 🐘', "\n\t"],
    "date": [dt.date(1, 1, 1), dt.date(9999, 12, 31), dt.date(2026, 2, 28)],
    "moment": [dt.datetime(2026, 11, 21, 12, 30, 15, 123456, dt.UTC)],
    "decimal": [decimal.Decimal("-12345678901234567890.0123456789"), decimal.Decimal(0)],
    "duration": [
        dt.timedelta(0),
        dt.timedelta(days=-1, microseconds=1),
        dt.timedelta(days=400, hours=5),
    ],
    "email": ["someone@example.org"],
    "float": [-0.1, 1e300, 5e-324],
    "address": ["10.1.2.3", "2001:db8::1", "::ffff:10.10.10.10"],
    "integer": [-(2**31), 2**31 - 1],
    "json": [{"a": [1, 2.5, None, "x'\\"]}, [], "text", 7, False],
    "positive": [0, 2**31 - 1],
    "small": [-(2**15), 2**15 - 1],
    "slug": ["a-slug"],
    "text": ["", "x" * 100_000],
    "time": [dt.time(0), dt.time(23, 59, 59, 999999)],
    "url": ["https://example.org/?a=1&b=%20"],
    "uuid": [uuid.UUID(int=0), uuid.UUID("12345678-1234-5678-1234-567812345678")],
}


@pytest.fixture(autouse=True)
def tables(shop: Any) -> None:
    """Every test here wants the tables."""


def test_the_table_of_values_knows_every_field() -> None:
    fields = {field.name for field in Everything._meta.get_fields()}
    assert fields == {"id", "shelf", *VALUES}


def test_every_value_comes_back_and_is_found() -> None:
    for name, values in VALUES.items():
        for value in [*values, None]:
            made = Everything.objects.create(**{name: value})
            read = getattr(Everything.objects.get(pk=made.pk), name)
            kept = bytes(read) if isinstance(read, memoryview) else read
            assert (type(kept), kept) == (type(value), value), name
            condition = {f"{name}__isnull": True} if value is None else {name: value}
            assert Everything.objects.filter(pk=made.pk, **condition).exists(), (name, value)


def test_bulk_operations() -> None:
    rows = [Everything(integer=n, char=f"row {n}", json={"n": n}) for n in range(600)]
    Everything.objects.bulk_create(rows)
    assert rows[0].pk is not None
    for row in rows:
        row.integer += 1
    assert Everything.objects.bulk_update(rows, ["integer"], batch_size=200) == 600
    assert Everything.objects.aggregate(total=models.Sum("integer"))["total"] == sum(range(1, 601))
    assert Everything.objects.filter(json__n__gte=590).count() == 10
    assert Everything.objects.filter(pk__in=[row.pk for row in rows[:50]]).delete()[0] == 50


def test_get_or_create_and_upsert() -> None:
    first, made = Shelf.objects.get_or_create(name="top")
    again, made_again = Shelf.objects.get_or_create(name="top")
    assert (made, made_again, first) == (True, False, again)
    Shelf.objects.bulk_create(
        [Shelf(name="top"), Shelf(name="low")],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["name"],
    )
    assert Shelf.objects.bulk_create([Shelf(name="low")], ignore_conflicts=True)
    assert Shelf.objects.count() == 2


def test_parameters_of_every_type_in_expressions() -> None:
    Everything.objects.create(char="Elephant", integer=7, moment=VALUES["moment"][0])
    found = (
        Everything.objects.annotate(
            shout=functions.Concat(functions.Upper("char"), models.Value("!")),
            more=models.F("integer") + 5,
            part=models.F("integer") * 1.5,
            later=models.ExpressionWrapper(
                models.F("moment") + dt.timedelta(hours=1), models.DateTimeField()
            ),
            kind=models.Case(
                models.When(integer__gt=5, then=models.Value("big")), default=models.Value("small")
            ),
            hour=functions.TruncHour("moment"),
        )
        .filter(shout__contains="LEPH", char__iregex=r"^e.*t$")
        .get()
    )
    assert (found.shout, found.more, found.part, found.kind) == ("ELEPHANT!", 12, 10.5, "big")
    assert found.later - found.moment == dt.timedelta(hours=1)
    assert found.hour == dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)


def test_expressions_with_parameters_can_be_grouped() -> None:
    Everything.objects.bulk_create(Everything(char=name, integer=1) for name in ("a", "b", None))
    groups = (
        Everything.objects.annotate(group=functions.Coalesce("char", models.Value("b")))
        .values("group")
        .annotate(total=models.Sum("integer"))
        .order_by("group")
    )
    assert [(each["group"], each["total"]) for each in groups] == [("a", 1), ("b", 2)]
