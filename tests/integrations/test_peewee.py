"""peewee's models on howdah, and on peewee's own psycopg 3 database where that is installed.

Each body runs on both: what differs between them is a difference of howdah.
"""

from __future__ import annotations

import datetime as dt
import importlib.util
import threading
import uuid
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import peewee
import pytest
from playhouse import postgres_ext as ext

import howdah
from howdah.integrations.peewee import HowdahDatabase, PooledHowdahDatabase

if TYPE_CHECKING:
    from collections.abc import Iterator

RIVALS = ["psycopg"] if importlib.util.find_spec("psycopg") else []


@pytest.fixture(params=["howdah", "pooled howdah", *RIVALS])
def db(request: pytest.FixtureRequest, database: str) -> Iterator[Any]:
    """A peewee database with hstore."""
    with howdah.connect(database) as admin:
        admin.execute("create extension hstore")
    kinds = {"howdah": HowdahDatabase, "pooled howdah": PooledHowdahDatabase}
    kind: Any = kinds.get(request.param, ext.Psycopg3Database)
    opened = kind(database, register_hstore=True)
    opened.connect()
    yield opened
    opened.close()
    if request.param == "pooled howdah":
        opened.close_all()


@pytest.fixture
def models(db: Any) -> Any:
    """Tables with a field of every kind."""

    class Person(peewee.Model):
        class Meta:
            database = db

        name = peewee.CharField(unique=True)
        born = peewee.DateField(null=True)
        seen = peewee.DateTimeField(null=True)
        price = peewee.DecimalField(max_digits=8, decimal_places=2, null=True)
        active = peewee.BooleanField(default=True)
        rating = peewee.DoubleField(default=0.5)
        key = peewee.UUIDField(default=uuid.uuid4)
        blob = peewee.BlobField(null=True)
        tags = ext.ArrayField(peewee.TextField, null=True)
        grid = ext.ArrayField(peewee.IntegerField, dimensions=2, null=True)
        doc = ext.BinaryJSONField(null=True)
        plain = ext.JSONField(null=True)
        attributes = ext.HStoreField(default={})
        lasted = ext.IntervalField(null=True)
        words = ext.TSVectorField(null=True)

    class Pet(peewee.Model):
        class Meta:
            database = db

        owner = peewee.ForeignKeyField(Person, backref="pets", on_delete="CASCADE")
        name = peewee.TextField(index=True)

    db.create_tables([Person, Pet])
    return type("Models", (), {"Person": Person, "Pet": Pet})


def test_a_value_of_every_kind_comes_back(models: Any) -> None:
    key = uuid.uuid4()
    values = {
        "name": "Ada",
        "born": dt.date(1815, 12, 10),
        "price": Decimal("10.50"),
        "seen": dt.datetime(2024, 5, 1, 12),  # noqa: DTZ001
        "active": False,
        "rating": 1.5,
        "key": key,
        "blob": b"\x00\xff",
        "tags": ["a", "b"],
        "grid": [[1, 2], [3, 4]],
        "doc": {"a": [1, {"b": None}]},
        "plain": "text",
        "attributes": {"x": "1", "y": None},
        "lasted": dt.timedelta(hours=3),
    }
    made = models.Person.create(**values)
    found = models.Person.get_by_id(made.id)
    assert {name: getattr(found, name) for name in values} == {**values, "blob": found.blob}
    assert bytes(found.blob) == b"\x00\xff"


def test_queries(models: Any) -> None:
    person, pet = models.Person, models.Pet
    rows = [{"name": f"p{n}", "rating": n, "tags": [f"t{n % 3}"]} for n in range(10)]
    assert person.insert_many(rows).execute()
    ada = person.get(person.name == "p3")
    pet.create(owner=ada, name="cat")
    pet.create(owner=ada, name="dog")
    assert [each.name for each in ada.pets.order_by(pet.name)] == ["cat", "dog"]
    assert person.select().where(person.rating.between(2, 4) & (person.name != "p3")).count() == 2
    assert person.select(peewee.fn.SUM(person.rating)).scalar() == 45
    assert person.select().where(person.name.in_(["p1", "p2"])).count() == 2
    assert person.select().where(person.tags.contains("t1")).count() == 3
    assert person.update(rating=person.rating + 1).where(person.id == ada.id).execute() == 1
    changed = person.update(active=False).where(person.rating > 6).returning(person.name).execute()
    assert sorted(each.name for each in changed) == ["p7", "p8", "p9"]
    joined = pet.select(pet, person).join(person).where(person.name == "p3")
    assert {each.owner.name for each in joined} == {"p3"}
    assert person.delete().where(person.name == "p3").execute() == 1
    assert pet.select().count() == 0


def test_json_and_hstore_are_asked_inside(models: Any) -> None:
    person = models.Person
    person.create(name="a", doc={"k": {"n": 1}, "l": [1, 2]}, attributes={"x": "1"})
    person.create(name="b", doc={"k": {"n": 2}}, attributes={"y": "2"})

    def names(condition: Any) -> list[str]:
        return [each.name for each in person.select().where(condition).order_by(person.name)]

    assert names(person.doc["k"]["n"] == "1") == ["a"]
    assert names(person.doc.contains({"k": {"n": 2}})) == ["b"]
    assert names(person.doc.has_key("l")) == ["a"]
    assert names(person.attributes.contains("x")) == ["a"]
    assert names(person.attributes.contains({"y": "2"})) == ["b"]
    person.update(doc=person.doc.concat({"new": True})).execute()
    assert names(person.doc.contains({"new": True})) == ["a", "b"]


def test_full_text(models: Any) -> None:
    person = models.Person
    person.create(name="a", words=peewee.fn.to_tsvector("english", "cats sat"))
    person.create(name="b", words=peewee.fn.to_tsvector("english", "a dog"))
    found = person.select().where(person.words.match("cat", "english"))
    assert [each.name for each in found] == ["a"]


def test_upserts(models: Any) -> None:
    person = models.Person
    for rating in (1, 2):
        person.insert(name="x", rating=rating).on_conflict(
            conflict_target=[person.name], preserve=[person.rating]
        ).execute()
    assert person.get().rating == 2
    with pytest.raises(peewee.IntegrityError) as raised:
        person.create(name="x")
    assert "person_name" in str(raised.value)
    assert person.select().count() == 1


@pytest.mark.parametrize(
    ("sqlstate", "kind"),
    [
        ("40001", peewee.OperationalError),  # serialization failure
        ("40P01", peewee.OperationalError),  # deadlock
        ("57014", peewee.OperationalError),  # cancelled
        ("23P01", peewee.IntegrityError),  # exclusion violation
        ("23502", peewee.IntegrityError),  # not null
        ("22012", peewee.DataError),  # division by zero
        ("42P01", peewee.ProgrammingError),  # no such table
    ],
)
def test_errors_are_those_of_peewee(db: Any, sqlstate: str, kind: type[Exception]) -> None:
    raising = f"do $$ begin raise exception using errcode = '{sqlstate}'; end $$"
    with pytest.raises(kind) as raised:
        db.execute_sql(raising)
    assert vars(raised.value)["orig"].sqlstate == sqlstate


def test_transactions(db: Any, models: Any) -> None:
    person = models.Person
    with pytest.raises(RuntimeError), db.atomic():
        person.create(name="outer")
        with db.atomic() as inner:
            person.create(name="inner")
            inner.rollback()
        assert person.select().count() == 1
        raise RuntimeError
    assert person.select().count() == 0
    with db.atomic("SERIALIZABLE"):
        person.create(name="kept")
        shown = db.execute_sql("show transaction_isolation").fetchone()
    assert shown == ("serializable",)
    assert [each.name for each in person.select()] == ["kept"]


def test_rows_stay_on_the_server(db: Any, models: Any) -> None:
    person = models.Person
    person.insert_many([{"name": f"p{number}"} for number in range(250)]).execute()
    query = person.select().order_by(person.id)
    assert [each.name for each in ext.ServerSide(query, array_size=100)][-1] == "p249"
    with db.atomic():
        count = 0
        for each in ext.ServerSide(query, array_size=100):
            person.update(active=False).where(person.id == each.id).execute()
            count += 1
    assert (count, person.select().where(person.active).count()) == (250, 0)


def test_the_catalogue(db: Any, models: Any) -> None:
    assert db.get_tables() == ["person", "pet"]
    columns = {column.name: column.data_type for column in db.get_columns("person")}
    assert columns["doc"] == "jsonb"
    assert [key.dest_table for key in db.get_foreign_keys("pet")] == ["person"]
    assert {index.name for index in db.get_indexes("pet")} >= {"pet_owner_id", "pet_name"}
    partial = models.Person.index(models.Person.name, where=models.Person.rating > 3)
    models.Person.add_index(partial)
    db.drop_tables([models.Pet, models.Person])
    assert db.get_tables() == []


def test_each_thread_has_a_connection(db: Any, models: Any) -> None:
    def work(name: str) -> None:
        with db.connection_context():
            models.Person.create(name=name)

    threads = [threading.Thread(target=work, args=(f"t{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert models.Person.select().count() == 4
    if isinstance(db, PooledHowdahDatabase):
        db.close_all()


def test_a_lost_connection_is_replaced(database: str) -> None:
    pool = PooledHowdahDatabase(database)
    pids = []
    for _ in range(2):
        with pool.connection_context():
            (pid,) = pool.execute_sql("select pg_backend_pid()").fetchone()
            pids.append(pid)
        with howdah.connect(database) as admin:
            admin.execute("select pg_terminate_backend($1, 5000)", pid)
    assert pids[0] != pids[1]
    pool.close_all()


def test_the_isolation_of_a_database(database: str) -> None:
    db = HowdahDatabase(database, isolation_level="REPEATABLE READ")
    with db, db.atomic():
        assert db.execute_sql("show transaction_isolation").fetchone() == ("repeatable read",)
