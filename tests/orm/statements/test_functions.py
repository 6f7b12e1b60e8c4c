"""Aggregates, window functions, choices and groupings."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from howdah.errors import ProgrammingError
from howdah.orm import lit, select, text_of
from howdah.orm.functions import (
    all_,
    any_,
    array_agg,
    avg,
    bool_and,
    bool_or,
    case,
    coalesce,
    count,
    cube,
    cume_dist,
    current_date,
    date_bin,
    dense_rank,
    first_value,
    generate_series,
    greatest,
    grouping,
    grouping_sets,
    groups,
    json_agg,
    json_build_object,
    json_object_agg,
    lag,
    last_value,
    lead,
    least,
    make_interval,
    max_,
    min_,
    nth_value,
    ntile,
    nullif,
    percent_rank,
    percentile_cont,
    random,
    range_,
    rank,
    rollup,
    row_number,
    rows,
    stddev,
    string_agg,
    sum_,
    to_tsquery,
    to_tsvector,
    unnest,
    variance,
    window,
)
from tests.orm.library import Book, Review, Tag
from tests.orm.statements.shelf import Thing

if TYPE_CHECKING:
    from howdah.orm import AsyncBound, Expr


async def test_aggregates(db: AsyncBound) -> None:
    """Books have 10, 20 … 60 pages and cost 1.5, 3 … 9."""
    expected: list[tuple[Any, Any]] = [
        (count(), 6),
        (count(Book.editor_id), 2),
        (count(Book.author_id, distinct=True), 2),
        (sum_(Book.pages), 210),
        (sum_(Book.price), Decimal("31.5")),
        (sum_(Book.author_id, distinct=True), 3),
        (avg(Book.pages), Decimal(35)),
        (min_(Book.title), "Book 1"),
        (max_(Book.pages), 60),
        (array_agg(Book.id, order_by=Book.id.desc()), [6, 5, 4, 3, 2, 1]),
        (array_agg(Book.author_id, distinct=True), [1, 2]),
        (string_agg(Book.title.right(1), "-", order_by=[Book.pages]), "1-2-3-4-5-6"),
        (json_agg(Book.id, order_by=Book.id), [1, 2, 3, 4, 5, 6]),
        (json_object_agg(Book.title, Book.pages).filter(Book.id < 3), {"Book 1": 10, "Book 2": 20}),
        (bool_and(Book.pages > 10), False),
        (bool_or(Book.pages > 50), True),
        (variance(Book.pages), Decimal(350)),
        (percentile_cont(0.5, Book.pages), 35.0),
        (count().filter(Book.pages > 20, Book.author_id == 1), 2),
        (sum_(Book.pages).filter(Book.id > 99), None),
        (coalesce(sum_(Book.pages).filter(Book.id > 99), 0), 0),
    ]
    for expression, value in expected:
        found = await db.fetch(select(expression).select_from(Book).one())
        assert found == value
        assert type(found) is type(value)
    found = await db.fetch(select(stddev(Book.pages)).one())
    assert found is not None
    assert round(found, 3) == Decimal("18.708")


async def test_sums_are_whole_numbers_of_any_size(db: AsyncBound) -> None:
    numbers = unnest([2**62, 2**62, 2**62])
    total = select(sum_(numbers.rows("n").value))
    assert await db.fetch(total.one()) == 3 * 2**62


async def test_groups_with_conditions(db: AsyncBound) -> None:
    query = (
        select(Book.author.name, count(Book.id), sum_(Book.pages))
        .group_by(Book.author.name)
        .having(sum_(Book.pages) > 90, count() >= 3)
        .order_by(Book.author.name)
    )
    assert await db.fetch(query) == [("Ann", 3, 120)]


async def test_window_functions(db: AsyncBound) -> None:
    by_author = window(partition_by=Book.author_id, order_by=Book.pages)
    query = select(
        Book.id,
        row_number().over(by_author),
        sum_(Book.pages).over(by_author),
        lag(Book.id).over(by_author),
        lead(Book.id, 1, 0).over(order_by=Book.id),
        first_value(Book.id).over(by_author),
    ).order_by(Book.id)
    assert await db.fetch(query) == [
        (1, 1, 10, None, 2, 1),
        (2, 1, 20, None, 3, 2),
        (3, 2, 40, 1, 4, 1),
        (4, 2, 60, 2, 5, 2),
        (5, 3, 90, 3, 6, 1),
        (6, 3, 120, 4, 0, 2),
    ]


async def test_windows_with_names(db: AsyncBound) -> None:
    by_author = window("by_author", partition_by=Book.author_id)
    query = select(
        Book.id,
        sum_(Book.pages).over(by_author),
        rank().over(by_author, order_by=Book.pages.desc()),
        count().over(by_author, order_by=Book.id, frame=rows(-1, 0)),
    ).order_by(Book.id)
    assert (await db.fetch(query))[:3] == [(1, 90, 3, 1), (2, 120, 3, 1), (3, 90, 2, 2)]
    assert text_of(query).count("partition by") == 1
    assert "over by_author, rank() over (by_author order by" in text_of(query)
    # what a window names is joined, also where nothing else names the table
    by_name = window("by_name", partition_by=Book.author.name, order_by=Book.id)
    numbers = await db.fetch(select(row_number().over(by_name)))
    assert sorted(numbers) == [1, 1, 2, 2, 3, 3]
    last = select(Book.id).order_by(row_number().over(by_name).desc(), Book.id).limit(1)
    assert await db.fetch(last) == [5]


async def test_windows_of_one_name_are_two(db: AsyncBound) -> None:
    up, down = window("w", order_by=Book.id), window("w", order_by=Book.id.desc())
    query = select(Book.id, row_number().over(up), row_number().over(down)).order_by(Book.id)
    assert (await db.fetch(query))[0] == (1, 1, 6)
    assert " window w as (order by book.id), w_2 as (order by book.id desc)" in text_of(query)


async def test_ranks(db: AsyncBound) -> None:
    half = window(order_by=(Book.pages / 20).desc())
    query = select(
        rank().over(half), dense_rank().over(half), ntile(3).over(order_by=Book.id)
    ).order_by(Book.id)
    assert await db.fetch(query) == [
        (6, 4, 1),
        (4, 3, 1),
        (4, 3, 2),
        (2, 2, 2),
        (2, 2, 3),
        (1, 1, 3),
    ]
    shares = select(percent_rank().over(half), cume_dist().over(half)).order_by(Book.id)
    assert await db.fetch(shares.limit(1)) == [(1.0, 1.0)]


async def test_frames(db: AsyncBound) -> None:
    query = select(
        sum_(Book.id).over(order_by=Book.id, frame=rows(-1, 1)),
        sum_(Book.id).over(order_by=Book.id, frame=rows(None, 0)),
        sum_(Book.id).over(order_by=Book.id, frame=rows(0, None, exclude="current row")),
        sum_(Book.id).over(order_by=Book.id, frame=range_(2, 0)),
        count().over(order_by=Book.author_id, frame=groups(-1, -1)),
        last_value(Book.id).over(order_by=Book.id, frame=rows(None, None)),
        nth_value(Book.id, 2).over(order_by=Book.id, frame=rows(None, None)),
        count().filter(Book.id > 3).over(),
    ).order_by(Book.id)
    found = await db.fetch(query)
    assert [row[0] for row in found] == [3, 6, 9, 12, 15, 11]
    assert [row[1] for row in found] == [1, 3, 6, 10, 15, 21]
    assert [row[2] for row in found] == [20, 18, 15, 11, 6, None]
    assert [row[3] for row in found] == [1, 3, 6, 9, 12, 15]
    assert [row[4] for row in found] == [3, 0, 3, 0, 3, 0]
    assert {row[5:] for row in found} == {(6, 2, 3)}


async def test_frames_of_time(db: AsyncBound) -> None:
    query = select(
        count().over(order_by=Thing.made, frame=range_(dt.timedelta(days=60), 0))
    ).order_by(Thing.made)
    assert await db.fetch(query) == [1, 2]


async def test_choices(db: AsyncBound) -> None:
    size = case((Book.pages > 50, "long"), (Book.pages > 30, "medium"), else_="short")
    query = select(
        size,
        case((Book.id == 3, Book.title)),
        coalesce(Book.editor_id, Book.author_id),
        coalesce(Book.editor_id, 0),
        nullif(Book.pages, 30),
        greatest(Book.pages, 35),
        least(Book.pages, Book.id),
    ).where(Book.id.in_([3, 6, 1]))
    assert await db.fetch(query.order_by(Book.id)) == [
        ("short", None, 2, 0, 10, 35, 1),
        ("short", "Book 3", 3, 3, None, 35, 3),
        ("long", None, 3, 3, 60, 60, 6),
    ]
    assert await db.fetch(select(count()).where(size == "medium").select_from(Book).one()) == 2


async def test_several_groupings(db: AsyncBound) -> None:
    total = (select(Book.author_id, sum_(Book.pages)).group_by(rollup(Book.author_id))).order_by(
        Book.author_id
    )
    assert await db.fetch(total) == [(1, 120), (2, 90), (None, 210)]
    both = select(grouping(Book.author_id, Book.editor_id), count()).group_by(
        grouping_sets(Book.author_id, (Book.author_id, Book.editor_id), ())
    )
    assert sorted(await db.fetch(both)) == [(0, 1), (0, 1), (0, 2), (0, 2), (1, 3), (1, 3), (3, 6)]
    listed = select(Book.author_id, count()).group_by(grouping_sets((Book.author_id,), ()))
    assert sorted(await db.fetch(listed), key=str) == [(1, 3), (2, 3), (None, 6)]
    cubed = select(count()).group_by(cube(Book.author_id, Book.editor_id))
    assert len(await db.fetch(cubed)) == 9


async def test_other_functions(db: AsyncBound) -> None:
    expected: list[tuple[Expr[Any, Any], Any]] = [
        (json_build_object(a=1, b=Thing.name), {"a": 1, "b": "Blue Whale"}),
        (lit("sea") == any_(Thing.tags), True),
        (any_(Thing.tags) == "sea", True),
        (Thing.size > all_([1, 2]), True),
        (all_([1, 2]) < Thing.size, True),
        (all_(Thing.tags) <= "big", False),
        (make_interval(days=2, hours=1), dt.timedelta(days=2, hours=1)),
        (to_tsvector(Thing.name, config="english").matches(to_tsquery("whal:*")), True),
        (random() < 1, True),
        (current_date() > Thing.day, True),
        (
            date_bin(
                dt.timedelta(hours=6), Thing.made, dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
            ).extract("hour"),
            12,
        ),
    ]
    for expression, value in expected:
        assert await db.fetch(select(expression).where(Thing.id == 1).one()) == value


async def test_functions_of_several_rows(db: AsyncBound) -> None:
    assert await db.fetch(select(generate_series(1, 3))) == [1, 2, 3]
    start = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
    days = generate_series(start, start + dt.timedelta(days=2), dt.timedelta(days=1)).rows("d")
    assert await db.fetch(select(days.value.extract("day"))) == [1, 2, 3]
    tag = unnest(Thing.tags).rows("tag", ordinality=True)
    query = select(Thing.id, tag.value, tag.ordinality).lateral(tag)
    assert await db.fetch(query.where(tag.value > "m")) == [(1, "sea", 1), (1, "old", 3)]


async def test_aggregates_over_relations(db: AsyncBound) -> None:
    query = (
        select(Tag.name, count(Review.id, distinct=True))
        .join(Tag.books)
        .join(Book.reviews)
        .group_by(Tag.name)
        .order_by(Tag.name)
    )
    assert await db.fetch(query) == [("new", 6), ("old", 6)]


def test_what_is_missing_is_told() -> None:
    with pytest.raises(ProgrammingError, match="`case` takes pairs"):
        case()
    with pytest.raises(ProgrammingError, match="`filter` takes conditions"):
        count().filter()
    with pytest.raises(ProgrammingError, match="not both"):
        rank().over(window(), order_by=Book.id)
    with pytest.raises(ProgrammingError, match="partitioned otherwise"):
        rank().over(window("w"), partition_by=Book.id)
    with pytest.raises(ProgrammingError, match="beside items of an array"):
        any_(Thing.tags).is_distinct_from("sea")
