"""The fields, lookups and constraints of `django.contrib.postgres`."""

from __future__ import annotations

import datetime as dt
import decimal
from typing import Any

import pytest
from django.contrib.postgres import aggregates
from django.contrib.postgres.search import SearchQuery, SearchRank, SearchVector
from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import RANGE_TYPES

from tests.integrations.django.shop.models import Booking, Postgres

Range = RANGE_TYPES[0]
NOON = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
VALUES: dict[str, list[Any]] = {
    "numbers": [[], [1, None, -3]],
    "words": [["a b", 'x"y', "back\\slash", "it's", "NULL", "", "{,}"]],
    "matrix": [[[1.5, 2.0], [-0.25, 1e20]]],
    "moments": [[NOON, None]],
    "attributes": [{}, {"colour": "grey", 'k "q" \\': None, "": "it's"}],
    "ages": [Range(1, 10), Range(None, 5), Range(empty=True)],
    "prices": [Range(decimal.Decimal("0.50"), decimal.Decimal("9.99"), "[]")],
    "days": [Range(dt.date(2026, 1, 1), dt.date(2026, 2, 1))],
    "opening": [Range(NOON, NOON + HOUR), Range(NOON, None)],
}


@pytest.fixture(autouse=True)
def tables(shop: Any) -> None:
    """Every test here wants the tables."""


def test_every_value_comes_back_and_is_found() -> None:
    for name, values in VALUES.items():
        for value in [*values, None]:
            made = Postgres.objects.create(**{name: value})
            assert getattr(Postgres.objects.get(pk=made.pk), name) == value, name
            condition = {f"{name}__isnull": True} if value is None else {name: value}
            assert Postgres.objects.filter(pk=made.pk, **condition).exists(), (name, value)


def test_array_lookups() -> None:
    made = Postgres.objects.create(numbers=[1, 2, 3], words=["grey", "big"])
    for condition in (
        {"numbers__contains": [2]},
        {"numbers__overlap": [3, 9]},
        {"numbers__contained_by": [1, 2, 3, 4]},
        {"numbers__len": 3},
        {"numbers__0": 1},
        {"numbers__0_2": [1, 2]},
        {"words__contains": ["big"]},
        {"numbers__in": [[1, 2, 3], [4]]},
    ):
        assert Postgres.objects.get(**condition) == made, condition
    assert not Postgres.objects.filter(words__contains=["small"]).exists()


def test_hstore_lookups() -> None:
    made = Postgres.objects.create(attributes={"colour": "grey", "size": "big"})
    for condition in (
        {"attributes__colour": "grey"},
        {"attributes__contains": {"size": "big"}},
        {"attributes__has_key": "size"},
        {"attributes__has_any_keys": ["size", "age"]},
        {"attributes__values__contains": ["big"]},
    ):
        assert Postgres.objects.get(**condition) == made, condition


def test_range_lookups() -> None:
    made = Postgres.objects.create(ages=(3, 9), opening=(NOON, NOON + HOUR))
    for condition in (
        {"ages__contains": 4},
        {"ages__contains": Range(4, 5)},
        {"ages__overlap": Range(8, 20)},
        {"ages__fully_lt": Range(9, 12)},
        {"ages__startswith": 3},
        {"opening__contains": NOON + HOUR / 2},
        {"opening__contained_by": Range(NOON, NOON + 2 * HOUR)},
    ):
        assert Postgres.objects.get(**condition) == made, condition


def test_full_text_search() -> None:
    made = Postgres.objects.create(body="The elephants are walking to the river")
    Postgres.objects.create(body="A crocodile sleeps")
    assert Postgres.objects.get(body__search="elephant") == made
    vector, query = SearchVector("body", config="english"), SearchQuery("walk & river")
    ranked = Postgres.objects.annotate(rank=SearchRank(vector, SearchQuery("river")))
    assert ranked.order_by("-rank").first() == made
    assert Postgres.objects.annotate(found=vector).filter(found=SearchQuery("walk")).get() == made
    assert not Postgres.objects.annotate(found=vector).filter(found=query & SearchQuery("x"))
    Postgres.objects.update(search=SearchVector("body"))
    assert Postgres.objects.get(search="river") == made


def test_aggregates() -> None:
    Postgres.objects.bulk_create(Postgres(body=name, numbers=[n]) for n, name in enumerate("ab"))
    found = Postgres.objects.aggregate(
        names=aggregates.ArrayAgg("body"),
        objects=aggregates.JSONBAgg("body"),
    )
    assert sorted(found["names"]) == ["a", "b"]
    assert sorted(found["objects"]) == ["a", "b"]


def test_exclusion_constraint() -> None:
    Booking.objects.create(room=1, during=(NOON, NOON + HOUR))
    Booking.objects.create(room=2, during=(NOON, NOON + HOUR))
    with pytest.raises(IntegrityError, match="shop_no_overlap"), transaction.atomic():
        Booking.objects.create(room=1, during=(NOON + HOUR / 2, NOON + 2 * HOUR))
    assert Booking.objects.count() == 2


def test_citext_arrays_and_enums_by_hand() -> None:
    with connection.cursor() as cursor:
        cursor.execute("create type mood as enum ('calm', 'wild')")
        cursor.execute("select array['A']::citext[], array['calm']::mood[], 'wild'::mood")
        assert cursor.fetchone() == (["A"], ["calm"], "wild")
        cursor.execute("select 'a'::citext = %s, %s::mood", ["A", "calm"])
        assert cursor.fetchone() == (True, "calm")


def test_ranges_in_migrations_can_be_written_and_read() -> None:
    from django.db.migrations.writer import MigrationWriter

    text, imports = MigrationWriter.serialize(Range(1, 10))
    namespace: dict[str, Any] = {}
    exec("\n".join(imports), namespace)
    assert eval(text, namespace) == Range(1, 10)
