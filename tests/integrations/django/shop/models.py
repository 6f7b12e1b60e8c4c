"""A model with a field of every kind, one with those of `django.contrib.postgres`, and others."""

from typing import Any, ClassVar

from django.contrib.postgres import fields as postgres
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models


class Shelf(models.Model):
    """Something to refer to."""

    name: Any = models.CharField(max_length=40, unique=True)


class Everything(models.Model):
    """A field of every kind."""

    shelf: Any = models.ForeignKey(Shelf, models.CASCADE, null=True)
    big: Any = models.BigIntegerField(null=True)
    binary: Any = models.BinaryField(null=True)
    boolean: Any = models.BooleanField(null=True)
    char: Any = models.CharField(max_length=200, null=True)
    date: Any = models.DateField(null=True)
    moment: Any = models.DateTimeField(null=True)
    decimal: Any = models.DecimalField(max_digits=30, decimal_places=10, null=True)
    duration: Any = models.DurationField(null=True)
    email: Any = models.EmailField(null=True)
    float: Any = models.FloatField(null=True)
    address: Any = models.GenericIPAddressField(null=True)
    integer: Any = models.IntegerField(null=True)
    json: Any = models.JSONField(null=True)
    positive: Any = models.PositiveIntegerField(null=True)
    small: Any = models.SmallIntegerField(null=True)
    slug: Any = models.SlugField(null=True)
    text: Any = models.TextField(null=True)
    time: Any = models.TimeField(null=True)
    url: Any = models.URLField(null=True)
    uuid: Any = models.UUIDField(null=True)


class Postgres(models.Model):
    """The fields of `django.contrib.postgres`."""

    numbers: Any = postgres.ArrayField(models.IntegerField(), null=True)
    words: Any = postgres.ArrayField(models.CharField(max_length=20), null=True)
    matrix: Any = postgres.ArrayField(postgres.ArrayField(models.FloatField()), null=True)
    moments: Any = postgres.ArrayField(models.DateTimeField(), null=True)
    attributes: Any = postgres.HStoreField(null=True)
    ages: Any = postgres.IntegerRangeField(null=True)
    prices: Any = postgres.DecimalRangeField(null=True)
    days: Any = postgres.DateRangeField(null=True)
    opening: Any = postgres.DateTimeRangeField(null=True)
    body: Any = models.TextField(default="")
    search: Any = SearchVectorField(null=True)

    class Meta:
        indexes: ClassVar[list[Any]] = [GinIndex(fields=["numbers"], name="shop_numbers")]


class Booking(models.Model):
    """A room cannot be booked twice for a time."""

    room: Any = models.IntegerField()
    during: Any = postgres.DateTimeRangeField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            ExclusionConstraint(
                name="shop_no_overlap",
                expressions=[
                    ("during", postgres.RangeOperators.OVERLAPS),
                    ("room", postgres.RangeOperators.EQUAL),
                ],
            )
        ]
