"""Random models: `create_all` makes them, and what is written is read back equal."""

from __future__ import annotations

import copy
import datetime as dt
import functools
import uuid
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import howdah
from howdah.orm import Bound, Col, Model, col, create_all, generated, identity, select
from howdah.orm.models import ModelMeta
from howdah.orm.schema import sql
from howdah.types import Multirange, Range
from tests.orm.writing.test_round_trips import TEXT, VALUES, Colour, Place

if TYPE_CHECKING:
    from collections.abc import Iterator

# of each kind of column: its annotation, and its values
KINDS: dict[str, tuple[Any, st.SearchStrategy[Any]]] = {
    "flag": (bool, VALUES["flag"]),
    "whole": (int, VALUES["whole"]),
    "real": (float, VALUES["real"]),
    "exact": (Decimal, VALUES["exact"]),
    "text": (str, VALUES["text"]),
    "data": (bytes, VALUES["data"]),
    "moment": (dt.datetime, VALUES["moment"]),
    "day": (dt.date, VALUES["day"]),
    "span": (dt.timedelta, VALUES["span"]),
    "key": (uuid.UUID, VALUES["key"]),
    "json": (dict[str, Any], VALUES["json"]),
    "place": (Place, VALUES["place"]),
    "texts": (list[str], VALUES["texts"]),
    "numbers": (list[int], VALUES["numbers"]),
    "days": (Range[dt.date], VALUES["days"]),
}
NAMES = st.text("abcXYZ_ é\"'select", min_size=1, max_size=12).map(str.strip).filter(bool)


@st.composite
def columns(draw: st.DrawFn) -> dict[str, tuple[Any, Any, st.SearchStrategy[Any]]]:
    """By attribute: the annotation, what the class says of it, and values for objects."""
    found = {}
    names = draw(st.lists(NAMES, min_size=1, max_size=6, unique=True))
    for place, name in enumerate(names):
        kind = draw(st.sampled_from(sorted(KINDS)))
        python, values = KINDS[kind]
        if draw(st.booleans()):
            python, values = python | None, st.none() | values
        how = draw(st.sampled_from(["plain", "named", "default", "factory", "database"]))
        options = col(name=name) if how == "named" else col()
        if how in {"default", "factory"}:
            given_by_default = draw(values)
            options = (
                col(default=given_by_default)
                if how == "default" and given_by_default is not None
                else col(default_factory=functools.partial(copy.copy, given_by_default))
            )
        if how == "database" and kind == "key":
            options = col(default=sql("gen_random_uuid()"))
        found[f"column_{place}"] = (python, options, values)
    return found


@st.composite
def models(draw: st.DrawFn) -> tuple[type[Model], dict[str, st.SearchStrategy[Any]]]:
    """A model, and the values of its columns that objects are made with."""
    body: dict[str, Any] = {"__module__": __name__, "__qualname__": "Random"}
    annotations: dict[str, Any] = {}
    values: dict[str, st.SearchStrategy[Any]] = {}

    def add(name: str, python: Any, options: Any) -> None:
        annotations[name] = Col[python]
        body[name] = options

    key = draw(st.sampled_from(["identity", "always", "uuid", "text", "two"]))
    if key in {"identity", "always"}:
        add("id", int, identity(always=key == "always"))
    elif key == "uuid":
        add("id", uuid.UUID, col(primary_key=True, default=sql("gen_random_uuid()")))
    else:
        add("id", str, col(primary_key=True))
        values["id"] = TEXT
    if key == "two":
        add("part", int, col(primary_key=True))
        values["part"] = st.integers(0, 9)
    for name, (python, options, of) in draw(columns()).items():
        add(name, python, options)
        values[name] = of
    if draw(st.booleans()):
        add("twice", int, generated("2 * 21"))
    body["__annotations__"] = annotations
    name = draw(NAMES)
    made: Any = ModelMeta("Random", (Model,), body, table=name)
    return made, values


@pytest.fixture(scope="module")
def db(server_url: str) -> Iterator[Bound]:
    """The verbs on a connection with a schema of its own, for all examples."""
    with howdah.connect(server_url) as conn:
        conn.execute("create schema random_models; set search_path = random_models, public")
        yield Bound(conn)
        conn.execute("drop schema random_models cascade")


def told_apart(rows: list[dict[str, Any]], key: tuple[str, ...]) -> list[dict[str, Any]]:
    """Those with a key of their own."""
    given_keys = [name for name in key if name in rows[0]]
    seen = {
        tuple(row[name] for name in given_keys) if given_keys else place: row
        for place, row in enumerate(rows)
    }
    return list(seen.values())


def values_of(one: Any) -> dict[str, Any]:
    return {name: getattr(one, name) for name in type(one).__table__.column_names}


def key_of(one: Any) -> tuple[Any, ...]:
    return tuple(getattr(one, name) for name in type(one).__table__.key)


class Parcel(Model):
    """Of a key that the database gives, and defaults whose types constants do not say."""

    id: Col[uuid.UUID] = col(primary_key=True, default=sql("gen_random_uuid()"))
    name: Col[str]
    days: Col[Range[dt.date]] = col(default=Range(dt.date(2026, 1, 1), dt.date(2027, 1, 1)))
    colours: Col[list[Colour]] = col(default=[Colour.RED, Colour.BLUE])
    none: Col[list[Colour]] = col(default=[])
    weights: Col[Multirange[int]] = col(default=Multirange([Range(1, 3), Range(5, None)]))


def test_a_key_that_the_database_gives_is_known_after_a_transaction(db: Bound) -> None:
    with db.connection.transaction(force_rollback=True):
        create_all(db.connection, Parcel)
        with db.tx() as tx:
            parcels = [Parcel(name="a"), Parcel(name="b")]
            for parcel in parcels:
                tx.insert(parcel)
        found = db.fetch(select(Parcel).order_by(Parcel.name))
        assert [one.id for one in found] == [one.id for one in parcels]


def test_defaults_are_of_the_type_of_the_column(db: Bound) -> None:
    with db.connection.transaction(force_rollback=True):
        create_all(db.connection, Parcel)
        db.connection.execute("insert into parcel (name) values ('bare')")
        db.insert(Parcel(name="made"))
        bare, made = db.fetch(select(Parcel).order_by(Parcel.name))
        assert (bare.days, bare.weights) == (made.days, made.weights)
        assert (bare.colours, bare.none) == ([Colour.RED, Colour.BLUE], [])
        assert bare.weights == Multirange([Range(1, 3), Range(5, None)])


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(made=models(), data=st.data())
def test_what_is_written_is_read_back(db: Bound, made: Any, data: st.DataObject) -> None:
    model, values = made
    rows_of = st.lists(st.fixed_dictionaries(values), min_size=1, max_size=4)
    rows = told_apart(data.draw(rows_of), model.__table__.key)
    with db.connection.transaction(force_rollback=True):
        create_all(db.connection, model)
        objects = [model(**row) for row in rows]
        # what the program does not give, the model or the database does
        left_out = data.draw(st.sampled_from(["insert", "tx"]))
        if left_out == "tx":
            with db.tx() as tx:
                for one in objects:
                    tx.insert(one)
        else:
            db.insert(objects)
        found = {key_of(one): one for one in db.fetch(select(model))}
        assert len(found) == len(rows)
        for one, row in zip(objects, rows, strict=True):
            assert values_of(found[key_of(one)]) == values_of(one)
            assert {name: getattr(one, name) for name in row} == row
        changed = data.draw(st.fixed_dictionaries(values))
        free = {name: it for name, it in changed.items() if name not in model.__table__.key}
        for name, value in free.items():
            setattr(objects[0], name, value)
        db.update(objects)
        again = db.get(model, *key_of(objects[0]))
        assert again is not None
        assert values_of(again) == values_of(objects[0])
        db.delete(objects)
        assert db.fetch(select(model).count()) == 0


def test_any_number_of_objects_with_arrays(db: Bound) -> None:
    with db.connection.transaction(force_rollback=True):
        create_all(db.connection, Parcel)
        told: list[int] = []
        parcels = [Parcel(name=str(number), none=[Colour.RED]) for number in range(1_500)]
        db.insert(parcels, progress=lambda done, _: told.append(done))
        assert told[-1] == 1_500
        found = {one.id: one.name for one in db.fetch(select(Parcel))}
        assert found == {one.id: one.name for one in parcels}
