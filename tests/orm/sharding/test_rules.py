"""What cannot be kept over several servers is refused at once; and what Citus is told."""

from __future__ import annotations

import enum
from typing import Any

import pytest

import howdah
from howdah.orm import Col, Model, ddl, generated, identity, references, select
from howdah.orm.schema import (
    exclude,
    foreign_key,
    index,
    partition_by,
    shards,
    unique,
)
from howdah.orm.schema.making import _collected
from howdah.orm.schema.sharding import citus
from howdah.orm.schema.sharding.running import _checked, way_for
from tests.orm.sharding.shop import MODELS

SHARDS = shards(["postgresql://u:secret@one/d", "postgresql://u:secret@two:77/d?sslmode=require"])


class Size(enum.Enum):
    """A native enum."""

    small = "small"
    large = "large"


class Plain(Model):
    """Lies on the coordinator."""

    id: Col[int] = identity()


class Spread(Model, distribute_by="tenant", primary_key=("tenant", "id")):
    """Lies on shards."""

    id: Col[int] = identity()
    tenant: Col[int]


def refused(*models: Any) -> tuple[str, str]:
    """What `ddl` says against the models, and the cure."""
    with pytest.raises(howdah.ProgrammingError) as error:
        ddl(SHARDS, *models)
    return str(error.value), error.value.hint or ""


def test_keys_must_have_the_column() -> None:
    class Ticket(Model, distribute_by="tenant"):
        id: Col[int] = identity()
        tenant: Col[int]

    said, cure = refused(Ticket)
    assert said.startswith(
        "`Ticket` is distributed by `tenant`: the primary key (id) lacks it"
    ) or ("the primary key (id) lacks the column" in said)
    assert cure == "`primary_key=('tenant', 'id')`"


@pytest.mark.parametrize(
    ("declared", "part", "cure"),
    [
        (unique("email"), "the unique constraint (email) lacks", "unique('tenant', 'email')"),
        (index("lower(email)", unique=True), "the unique index `ticket_lower_idx` lacks", "add"),
        (exclude(("email", "="), using="gist"), "does not compare it by `=`", '("tenant", "=")'),
        (partition_by("range", "id"), "partitions of its own", "partition_by"),
    ],
)
def test_declarations_must_have_the_column(declared: Any, part: str, cure: str) -> None:
    class Ticket(Model, distribute_by="tenant", primary_key=("tenant", "id"), declare=[declared]):
        id: Col[int] = identity()
        tenant: Col[int]
        email: Col[str]

    said, hint = refused(Ticket)
    assert part in said
    assert cure in hint


def test_columns_that_rows_cannot_be_divided_by() -> None:
    class Shirt(Model, distribute_by="size"):
        size: Col[Size]

    class Sum(Model, distribute_by="total"):
        one: Col[int]
        total: Col[int] = generated("one + 1")

    assert "an enum's labels have other hashes" in refused(Shirt)[0]
    assert "the column is computed" in refused(Sum)[0]
    with pytest.raises(howdah.ProgrammingError, match="distributed by `nothing`, which is no col"):

        class Wrong(Model, distribute_by="nothing"):
            id: Col[int] = identity()


def test_foreign_keys_must_stay_on_a_shard() -> None:
    class ToPlain(Model, distribute_by="id"):
        id: Col[int] = identity()
        plain_id: Col[int] = references(lambda: Plain.id)

    class FromPlain(Model):
        id: Col[int] = identity()
        spread_id: Col[int] = references(lambda: Spread.id)

    class Across(
        Model,
        distribute_by="id",
        declare=[foreign_key(("other", "id"), lambda: (Spread.tenant, Spread.id))],
    ):
        id: Col[int] = identity()
        other: Col[int]

    for models, part in [
        ((ToPlain, Plain), "leads to `plain`, which lies on the coordinator"),
        ((ToPlain,), "leads to `plain`, which lies on the coordinator"),
        ((FromPlain, Spread), "leads to the distributed table `spread`"),
        ((FromPlain,), "leads to the distributed table `spread`"),
        ((Across, Spread), "does not lead from it to `tenant` of `spread`"),
    ]:
        said, hint = refused(*models)
        assert part in said
        assert "enforced=False" in hint


def test_locks_that_shards_are_not_told_of() -> None:
    assert select(Spread).lock()._compile()[0].sql.endswith("for update")
    both = select(Plain).join(Spread, on=Spread.id == Plain.id)
    assert both.lock(of=[Plain], skip_locked=True)._compile()[0].sql.endswith("skip locked")
    for query, how in [
        (select(Spread).lock(skip_locked=True), "skip locked"),
        (select(Spread).lock(nowait=True).first(), "nowait"),
        (both.lock(of=[Spread], nowait=True), "nowait"),
        (both.lock(skip_locked=True), "skip locked"),
    ]:
        with pytest.raises(howdah.ProgrammingError, match=f"not told of `{how}`") as error:
            query._compile()
        assert "a queue" in (error.value.hint or "")


def test_references_between_distributed_tables_take_the_column_along() -> None:
    class Part(Model, distribute_by="tenant", primary_key=("tenant", "id")):
        id: Col[int] = identity()
        tenant: Col[int]
        spread_id: Col[int | None] = references(
            lambda: Spread.id, on_delete="set null", default=None
        )

    text = ddl(SHARDS, Part, Spread)
    assert "foreign key (tenant, spread_id) references spread (tenant, id)" in text
    assert "on delete set null (spread_id)" in text


def test_the_statements_for_all_servers() -> None:
    text = ddl(SHARDS, Spread)
    here, one, two = text.split("-- on shard_")
    assert here.startswith("-- on the coordinator")
    assert "create extension if not exists postgres_fdw" in here
    assert "dbname 'd', fetch_size '2000', host 'two'" in here
    assert "port '77'" in here
    assert "sslmode 'require'" in here
    assert "password '***'" in here
    assert "secret" not in text
    assert "primary key" not in here
    assert "enable_partitionwise_join" in here
    assert "(modulus 2, remainder 0)" in one
    assert "(modulus 2, remainder 1)" in two
    assert "identity" not in one + two
    assert ddl(shards([]), Spread).startswith("create table spread")


def test_which_way_is_taken() -> None:
    # the extensions that a database has, as `create_all` asks for them; none of these has Citus
    assert way_for([Spread], None, ["plpgsql", "citus"]) == "citus"
    assert way_for([Spread], SHARDS, ["plpgsql"]) == "shards"
    assert way_for([Spread], shards([]), ["plpgsql"]) == "here"
    with pytest.raises(howdah.ProgrammingError, match="1 distributed tables and no shards"):
        way_for([Spread], None, ["plpgsql"])
    with pytest.raises(howdah.ProgrammingError, match="has Citus, which has nodes of its own"):
        way_for([Spread], SHARDS, ["citus"])


def test_what_citus_is_told() -> None:
    whole, distributed = _checked(_collected(MODELS))
    statements = citus.statements(whole, distributed)
    calls = [it for it in statements if "create_distributed_table" in it]
    first = statements.index(calls[0])
    assert sorted(calls) == [
        "select create_distributed_table('\"order\"', 'customer_id', colocate_with => 'line')",
        "select create_distributed_table('customer', 'id', colocate_with => 'line')",
        "select create_distributed_table('line', 'customer_id')",
    ]
    keys = [place for place, it in enumerate(statements) if " foreign key " in it]
    assert min(keys) > first + 2  # Citus takes them between distributed tables only
    assert all("create table" not in it for it in statements[first:])


def test_two_sets_of_shards_are_refused() -> None:
    assert "there are two" in refused(shards(["postgresql://h/d"]), Spread)[0]
