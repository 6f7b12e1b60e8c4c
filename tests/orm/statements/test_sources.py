"""Subqueries, common table expressions, set operations, lateral joins, values, raw SQL."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from howdah.errors import ProgrammingError
from howdah.orm import insert, raw_select, select, text_of, update, values
from howdah.orm.functions import array_agg, count, max_, sum_, unnest
from tests.orm.library import Author, Book, Employee, Review
from tests.orm.statements.shelf import Thing

if TYPE_CHECKING:
    from howdah.orm import AsyncBound, Select
    from howdah.orm.statements.sources import RecursiveRows

# what type checkers refuse, too
ANY: Any = select


async def test_a_subquery_is_a_source(db: AsyncBound) -> None:
    longest = max_(Book.pages).label("longest")
    per_author = select(Book.author_id, longest).group_by(Book.author_id).subquery("per_author")
    query = (
        select(Author.name, per_author[longest])
        .join(per_author, per_author[Book.author_id] == Author.id)
        .where(per_author.c.longest > 0)
        .order_by(Author.name)
    )
    assert await db.fetch(query) == [("Ann", 60), ("Bob", 50)]


async def test_a_subquery_of_a_model_gives_its_objects(db: AsyncBound) -> None:
    top = select(Book).order_by(Book.pages.desc()).limit(2).subquery("top").model(Book)
    found = await db.fetch(select(top).where(top.pages < 60).load(Book.reviews))
    assert [book.title for book in found] == ["Book 5"]
    assert await db.fetch(select(top.author.name).order_by(top.id)) == ["Bob", "Ann"]


async def test_a_common_table_expression_stands_once(db: AsyncBound) -> None:
    big = select(Book.id, Book.pages).where(Book.pages > 20).cte("big")
    query = (
        select(count())
        .select_from(big)
        .where(big[Book.pages] < select(max_(big[Book.pages])).select_from(big).scalar())
    )
    assert text_of(query).count("as (") == 1
    assert await db.fetch(query.one()) == 3


async def test_common_table_expressions_name_each_other(db: AsyncBound) -> None:
    first = select(Book.id.label("n")).where(Book.id <= 3).cte("first", materialized=True)
    second = select((first.c.n * 2).label("n")).select_from(first).cte("second")
    query = select(second.c.n).order_by(second.c.n)
    assert text_of(query).startswith("with first(n) as materialized (select")
    assert await db.fetch(query) == [2, 4, 6]
    twice = second.alias("other")
    pairs = select(second.c.n, twice.c.n).join(twice, twice.c.n == second.c.n + 2)
    assert await db.fetch(pairs.order_by(second.c.n)) == [(2, 4), (4, 6)]


async def test_recursion_goes_down_a_tree(db: AsyncBound) -> None:
    top = select(Employee.id, Employee.name, Employee.name.label("way")).where(
        Employee.boss_id.is_null()
    )
    tree = top.recursive(
        "tree",
        lambda tree: select(Employee.id, Employee.name, tree.c.way + "/" + Employee.name).join(
            tree, tree[Employee.id] == Employee.boss_id
        ),
    )
    query = select(tree.c.way).select_from(tree).order_by(tree.c.way)
    assert await db.fetch(query) == ["Top", "Top/Mid", "Top/Mid/Low", "Top/Side"]
    under = select(Employee).join(tree, tree[Employee.id] == Employee.id).order_by(Employee.id)
    assert [one.name for one in await db.fetch(under)] == ["Top", "Mid", "Low", "Side"]


async def test_recursion_without_circles(db: AsyncBound) -> None:
    start = select(Book.author_id.label("n")).where(Book.id == 1)
    numbers = start.recursive(
        "numbers",
        lambda numbers: select((numbers.c.n + 1) % 5).select_from(numbers),
        all=False,
    )
    query = select(numbers.c.n).select_from(numbers).order_by(numbers.c.n)
    assert await db.fetch(query) == [0, 1, 2, 3, 4]


def down_from_the_top(**how: Any) -> RecursiveRows:
    top = select(Employee.id, Employee.boss_id).where(Employee.boss_id.is_null())
    return top.recursive(
        "tree",
        lambda tree: select(Employee.id, Employee.boss_id).join(
            tree, tree[Employee.id] == Employee.boss_id
        ),
        **how,
    )


async def test_recursion_in_an_order(db: AsyncBound) -> None:
    tree = down_from_the_top(depth_first=Employee.id)
    assert await db.fetch(select(tree[Employee.id]).order_by(tree.ordering)) == [1, 2, 3, 4]
    tree = down_from_the_top(breadth_first=[Employee.id])
    assert await db.fetch(select(tree[Employee.id]).order_by(tree.ordering)) == [1, 2, 4, 3]


async def test_recursion_in_a_circle(db: AsyncBound) -> None:
    await db.execute(update(Employee).where(Employee.id == 1).set(Employee.boss_id.to(3)))
    start = select(Employee).where(Employee.id == 1)
    up = start.recursive(
        "up",
        lambda up: select(Employee).join(up, up[Employee.boss_id] == Employee.id),
        cycle=Employee.id,
        depth_first=Employee.id,
    )
    query = select(up.model(Employee), up.is_cycle, up.path).order_by(up.ordering)
    found = await db.fetch(query)
    assert [(one.name, again) for one, again, _ in found] == [
        ("Top", False),
        ("Low", False),
        ("Mid", False),
        ("Top", True),
    ]
    assert found[2][2] == [(1,), (3,), (2,)]


def test_what_a_recursion_notes_is_asked_for() -> None:
    tree = down_from_the_top(cycle=Employee.id)
    with pytest.raises(ProgrammingError, match=r"`tree.ordering` was not asked for"):
        tree.ordering  # noqa: B018
    with pytest.raises(ProgrammingError, match="not both"):
        down_from_the_top(depth_first=Employee.id, breadth_first=Employee.id)
    with pytest.raises(ProgrammingError, match="the rows of the recursion have no"):
        down_from_the_top(cycle=Employee.name)
    # a column that has the name already keeps it
    top = select(Employee.id, Employee.name.label("path"))
    tree = top.recursive("tree", lambda _: top, cycle=Employee.id)
    assert "set is_cycle using path_2" in text_of(select(tree.path))


async def test_set_operations(db: AsyncBound) -> None:
    low = select(Book.id, Book.title).where(Book.id <= 3)
    high = select(Book.id, Book.title).where(Book.id >= 3)
    both = low.union(high)
    assert await db.fetch(both.count()) == 6
    assert await db.fetch(low.union(high, all=True).count()) == 7
    assert await db.fetch(low.intersect(high)) == [(3, "Book 3")]
    assert await db.fetch(low.except_(high).order_by(Book.id.desc())) == [
        (2, "Book 2"),
        (1, "Book 1"),
    ]
    assert await db.fetch(both.order_by(Book.title.desc()).limit(1).offset(1)) == [(5, "Book 5")]
    assert await db.fetch(low.intersect(high).one()) == (3, "Book 3")
    assert await db.fetch(low.except_(low).exists()) is False
    rest = both.except_(low).subquery("rest")
    assert await db.fetch(select(rest[Book.id]).order_by(rest[Book.id])) == [4, 5, 6]


async def test_set_operations_of_objects(db: AsyncBound) -> None:
    cheap = select(Book).where(Book.price < 3).load(Book.author)
    long = select(Book).where(Book.pages > 50)
    found = await db.fetch(cheap.union(long).order_by(Book.id))
    assert [book.id for book in found] == [1, 6]
    books = await db.fetch(
        select(Book).where(Book.id.in_(select(Book.id).union(select(Author.id))))
    )
    assert len(books) == 6


async def test_lateral_subqueries_see_what_stands_before(db: AsyncBound) -> None:
    newest = (
        select(Review.id, Review.stars)
        .where(Review.book_id == Book.id)
        .order_by(Review.id.desc())
        .limit(1)
        .subquery("newest")
    )
    query: Select[Any] = select(Book.id, newest[Review.id]).order_by(Book.id)
    assert await db.fetch(query.lateral(newest)) == [(1, 12), (2, 9), (3, 10), (4, 11)]
    assert await db.fetch(query.lateral(newest, left=True).offset(4)) == [(5, None), (6, None)]


async def test_correlated_subqueries(db: AsyncBound) -> None:
    reviews = select(count()).select_from(Review).where(Review.book_id == Book.id).scalar()
    assert await db.fetch(select(Book.id, reviews).where(reviews > 0).order_by(Book.id)) == [
        (1, 3), (2, 3), (3, 3), (4, 3),
    ]  # fmt: skip
    has_five = select(Review).where(Review.book_id == Book.id, Review.stars == 5).any()
    with_five = await db.fetch(select(Review.book_id).where(Review.stars == 5))
    without = await db.fetch(select(Book.id).where(~has_five).order_by(Book.id))
    assert without == [n for n in range(1, 7) if n not in with_five]
    assert 0 < len(without) < 6


async def test_values_are_rows(db: AsyncBound) -> None:
    given = values("given", [(1, "one"), (3, None)], id=int, name=str)
    query = select(Book.title, given.c.name).join(given, given.column("id", int) == Book.id)
    assert await db.fetch(query.order_by(Book.id)) == [("Book 1", "one"), ("Book 3", None)]
    more = values("given", [(n, str(n)) for n in range(50)], id=int, name=str)
    same = select(Book.title, more.c.name).join(more, more.column("id", int) == Book.id)
    assert text_of(same) == text_of(query)
    arrays = values("a", [(1, ["x", "y"]), (2, [])], id=int, tags=list[str])
    assert await db.fetch(select(arrays.c.tags[0]).order_by(arrays.c.id)) == ["x", None]
    assert await db.fetch(select(values("none", [], id=int).c.id)) == []


async def test_unnested_arrays_join(db: AsyncBound) -> None:
    tag = unnest(Thing.tags).rows("tag")
    query = select(Thing.name, tag.value).cross_join(tag).order_by(tag.value)
    assert [row[1] for row in await db.fetch(query)] == ["big", "old", "sea"]
    known = unnest([2, 4]).rows("known")
    books = select(Book.title).join(known, known.value == Book.id).order_by(Book.id)
    assert await db.fetch(books) == ["Book 2", "Book 4"]


async def test_a_statement_in_sql_gives_objects(db: AsyncBound) -> None:
    query = raw_select(Book, "select 1 as more, b.* from book b where b.id > {}", 4)
    books = await db.fetch(query.load(Book.author))
    assert [(book.id, book.price) for book in books] == [(5, Decimal("7.5")), (6, Decimal(9))]
    assert await db.fetch(query.count()) == 2
    numbers = raw_select(int, "select n from generate_series(1, {}) n", 3)
    assert await db.fetch(numbers) == [1, 2, 3]
    for ended in ("select 1;", "select 1 ; \n", "select 1 -- one", "-- one\nselect 1 -- ; "):
        assert await db.fetch(raw_select(int, ended)) == [1]


async def test_rows_are_locked(db: AsyncBound) -> None:
    async with db.tx() as tx:
        query = select(Book).where(Book.author.name == "Ann")
        assert len(await tx.fetch(query.lock(of=[Book], skip_locked=True))) == 3
        assert len(await tx.fetch(query.lock("share", of=[Book.author], nowait=True))) == 3
        # the way to what is to be locked is brought in
        everyone = select(Book).lock("no key update", of=[Book, Book.author])
        assert len(await tx.fetch(everyone)) == 6
        with pytest.raises(ProgrammingError, match="which the statement does not read from"):
            await tx.fetch(select(Book).lock(of=[Review]))


async def test_a_write_in_sql_gives_objects(db: AsyncBound) -> None:
    query = raw_select(Book, "update book set title = {} where id = {} returning *", "New", 1)
    assert [book.title for book in await db.fetch(query)] == ["New"]
    assert await db.fetch(select(Book.title).where(Book.id == 1)) == ["New"]


async def test_writes_stand_before_a_statement(db: AsyncBound) -> None:
    raised = (
        update(Book).where(Book.id <= 2).set(Book.pages.to(Book.pages + 1)).returning(Book.id)
    ).cte("raised")
    query = select(raised[Book.id], Book.title).join(Book, Book.id == raised[Book.id])
    assert sorted(await db.fetch(query.select_from(raised))) == [(1, "Book 1"), (2, "Book 2")]
    unnamed = insert(Author).set(Author.name.to("Dan")).returning(Author.id).cte("made")
    assert await db.fetch(select(count()).select_from(Author).with_ctes(unnamed).one()) == 3
    assert await db.fetch(select(Author).count()) == 4


async def test_nested_aggregates(db: AsyncBound) -> None:
    pages = sum_(Book.pages).label("pages")
    per_author = select(Book.author_id, pages).group_by(Book.author_id).subquery("per_author")
    query = select(array_agg(per_author[pages], order_by=per_author[pages])).select_from(per_author)
    assert await db.fetch(query.one()) == [90, 120]


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: select(Book.id).subquery("x")[Book.title], "does not ask for"),
        (lambda: select(Book.id).subquery("x").model(Book), "does not give `Book` alone"),
        (lambda: ANY(Book.id).union(select(Book.id, Book.title)), "1 and 2 columns"),
        (lambda: select(Book.id).union(select(Book.id)).order_by(Book.title), "ordered by columns"),
        (lambda: values("v", [(1,)]), "takes its columns' types"),
        (lambda: values("v", [(1, 2)], id=int), "found 2 in a row"),
    ],
)
def test_what_cannot_be_is_refused(build: Any, message: str) -> None:
    with pytest.raises(ProgrammingError, match=message):
        build()


def test_columns_are_known_by_name() -> None:
    with pytest.raises(AttributeError, match="has no column `nope`, but id, title"):
        _ = select(Book.id, Book.title).subquery("x").c.nope


def test_names_are_made_unique() -> None:
    inner = select(Book.id, Author.id, Book.pages + 1).subquery("x")
    assert [output.name for output in inner.outputs] == ["id", "id_2", "column3"]
