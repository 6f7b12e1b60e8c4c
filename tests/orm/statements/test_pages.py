"""Pages by the place where the last one ended."""

from __future__ import annotations

import datetime as dt
import itertools
import string
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from howdah.errors import InvalidToken, ProgrammingError
from howdah.orm import Shape, of, select
from howdah.orm.functions import count, row_number, sum_
from howdah.orm.statements.tokens import place_of, token_of
from tests.orm.library import Author, Book, Review, Tag
from tests.orm.statements.shelf import Thing

if TYPE_CHECKING:
    from howdah.orm import AsyncBound, Page, Select

# editors are 3 or null, two books each of the same price class
ORDERS: list[Any] = [
    (),
    (Book.pages,),
    (Book.pages.desc(),),
    (Book.author_id, Book.pages.desc()),
    (Book.editor_id, Book.author_id.desc()),
    (Book.editor_id.desc(), Book.title),
    (Book.editor_id.asc(nulls="first"), Book.id.desc()),
    (Book.editor_id.desc(nulls="last"), Book.author_id),
    (Book.author.name.desc(), Book.price),
    ((Book.pages % 20), Book.id),
]


async def pages_of(db: AsyncBound, query: Select[Any], size: int) -> list[Page[Any]]:
    """All pages, one after the other."""
    pages = [await db.fetch(query.page(size))]
    while pages[-1].next is not None:
        pages.append(await db.fetch(query.page(size, after=pages[-1].next)))
    return pages


async def test_pages_give_each_row_once_and_go_back(db: AsyncBound) -> None:
    for order, size in itertools.product(ORDERS, [1, 4]):
        query = select(Book).order_by(*order)
        pages = await pages_of(db, query, size)
        assert [len(page) for page in pages] == ([1] * 6 if size == 1 else [4, 2])
        # the key decides where the order does not, in the direction of the order's last column
        is_descending = bool(order) and getattr(order[-1], "descending", False)
        whole = query.order_by(*order, Book.id.desc() if is_descending else Book.id)
        ids = [book.id for book in await db.fetch(whole)]
        assert [book.id for page in pages for book in page] == ids
        backwards = [pages[-1]]
        while backwards[-1].previous is not None:
            backwards.append(await db.fetch(query.page(size, before=backwards[-1].previous)))
        assert [book.id for page in reversed(backwards) for book in page] == ids


PLACE = row_number().over(partition_by=Book.author_id, order_by=Book.id)


class Ranked(Shape[Book]):
    title: str
    place: int = of(lambda: PLACE)


BOOKS_OF = count().label("books")
SUM = sum_(Book.pages).label("pages")
# rows that are made of several: what is left out before would change them
MADE: list[Any] = [
    select(Book.author_id, BOOKS_OF).group_by(Book.author_id).order_by(BOOKS_OF.desc()),
    select(Book.title).group_by(Book.title).order_by(sum_(Book.pages).desc()),
    select(Book.editor_id, SUM).group_by(Book.editor_id).having(count() > 1).order_by(SUM),
    select(Book.id, PLACE).order_by(Book.pages.desc()),
    select(Book.id).order_by(PLACE.desc(), Book.id),
    select(Ranked).order_by(Book.pages.desc()),
    select(Book.author_id, Book.editor_id).distinct(),
    select(Book).distinct_on(Book.author_id).order_by(Book.author_id, Book.pages.desc()),
    select(Book.title, Review.stars).join(Book.reviews).order_by(Book.author_id),
    select(Book, Tag).left_join(Book.tags).order_by(Book.author_id.desc()),
    select(Book).where(Book.id < 4).union(select(Book).where(Book.id > 2)).order_by(Book.title),
    select(Book.pages).union(select(Review.stars)),
    select(Book.id).except_(select(Review.id).where(Review.id < 2)).order_by(Book.id.desc()),
    select(Book.id, Book.title)
    .where(Book.id < 3)
    .union(select(Book.id, Book.title).where(Book.id > 2), all=True)
    .order_by(Book.title.desc()),
    select(Book.id).union(select(Tag.id)).intersect(select(Author.id)),
]


@pytest.mark.parametrize("size", [1, 4])
async def test_pages_of_rows_that_are_made(db: AsyncBound, size: int) -> None:
    for query in MADE:
        pages = await pages_of(db, query, size)
        found = [repr(row) for page in pages for row in page]
        assert sorted(found) == sorted(map(repr, await db.fetch(query)))
        backwards = [pages[-1]]
        while backwards[-1].previous is not None:
            backwards.append(await db.fetch(query.page(size, before=backwards[-1].previous)))
        assert [repr(row) for page in reversed(backwards) for row in page] == found


async def test_pages_of_a_set_operation_load_relations(db: AsyncBound) -> None:
    cheap = select(Book).where(Book.id < 3).load(Book.reviews)
    both = cheap.union(select(Book).where(Book.id > 4)).order_by(Book.id.desc())
    first = await db.fetch(both.page(3))
    assert [(book.id, len(book.reviews)) for book in first] == [(6, 0), (5, 0), (2, 3)]
    assert cast("Any", db).counter.statements == 2


async def test_a_page_knows_its_neighbours(db: AsyncBound) -> None:
    query = select(Book).order_by(Book.pages)
    first = await db.fetch(query.page(2))
    assert first.previous is None
    assert first.has_more
    second = await db.fetch(query.page(2, after=first.next))
    back = await db.fetch(query.page(2, before=second.previous))
    assert [book.id for book in back] == [book.id for book in first]
    assert back.previous is None
    assert back.next is not None
    last = await db.fetch(query.page(2, after=second.next))
    assert (last.next, last.has_more) == (None, False)
    empty = await db.fetch(select(Book).where(Book.id > 99).page(2))
    assert (empty.rows, empty.next, empty.previous, empty.has_more) == ([], None, None, False)


async def test_pages_of_values_and_loaded_relations(db: AsyncBound) -> None:
    values = select(Book.title, Book.author.name).order_by(Book.price.desc())
    page = await db.fetch(values.page(2))
    assert page.rows == [("Book 6", "Ann"), ("Book 5", "Bob")]
    counter = cast("Any", db).counter
    before = counter.statements
    books = await db.fetch(select(Book).load(Book.reviews).page(4))
    assert sum(len(book.reviews) for book in books) == 12
    assert counter.statements == before + 2
    per_author = select(Author.name, count()).join(Author.books).group_by(Author.name)
    groups = await pages_of(db, per_author.order_by(Author.name), 1)
    assert [page.rows for page in groups] == [[("Ann", 3)], [("Bob", 3)]]


async def test_every_type_that_orders_has_tokens(db: AsyncBound) -> None:
    columns: list[Any] = [
        Thing.name, Thing.weight, Thing.price, Thing.active, Thing.made, Thing.day, Thing.lasts,
        Thing.note,
    ]  # fmt: skip
    for column in columns:
        pages = await pages_of(db, select(Thing.id).order_by(column), 1)
        assert sorted(id_ for page in pages for id_ in page) == [1, 2]


async def test_foreign_and_damaged_tokens_are_refused(db: AsyncBound) -> None:
    query = select(Book).order_by(Book.pages)
    token = (await db.fetch(query.page(2))).next
    assert token is not None
    others = [
        token[:-1], token[1:], token + "A", "", "x", "ä", "A" * 5_000, token.swapcase(),
        token_of((1,), "pages+0,id+0"), token_of(("x", 1), "pages+0,id+0"),
    ]  # fmt: skip
    for other in others:
        with pytest.raises(InvalidToken):
            query.page(2, after=other)
    with pytest.raises(InvalidToken):
        select(Book).order_by(Book.pages.desc()).page(2, after=token)
    with pytest.raises(InvalidToken):
        select(Review).page(2, after=token)


@pytest.mark.parametrize(
    ("build", "error", "message"),
    [
        (lambda: select(Book).page(0), ValueError, "one row at least"),
        (lambda: select(Book).limit(3).page(2), ProgrammingError, "in the place of `limit`"),
        (lambda: select(Book).page(2, after="x", before="y"), ValueError, "not both"),
        (
            lambda: select(count()).group_by(Book.title.lower()).page(2),
            ProgrammingError,
            "need an order",
        ),
        (
            lambda: select(Book.id).union(select(Book.id), all=True).page(2),
            ProgrammingError,
            "need an order",
        ),
        (
            lambda: select(Book.id).distinct().order_by(Book.pages).page(2),
            ProgrammingError,
            "ordered by columns of these rows",
        ),
    ],
)
def test_what_cannot_be_is_refused(build: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        build()


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(), st.binary(),
    st.decimals(allow_nan=False), st.dates(), st.times(), st.timedeltas(), st.uuids(),
    st.datetimes(timezones=st.just(dt.UTC)),
)  # fmt: skip


@given(place=st.lists(VALUES, min_size=1, max_size=4), signature=st.text(max_size=80))
def test_a_place_survives_its_token(place: list[Any], signature: str) -> None:
    token = token_of(place, signature)
    assert set(token) <= set(string.ascii_letters + string.digits + "-_")
    found = place_of(token, [None] * len(place), signature)
    assert list(found) == place
    assert [type(value) for value in found] == [type(value) for value in place]


@given(token=st.one_of(st.text(), st.binary().map(lambda raw: raw.hex())))
def test_any_text_is_a_token_or_refused(token: str) -> None:
    with pytest.raises(InvalidToken):
        place_of(token, [None], "id+0")


def test_decimals_stay_what_they_are() -> None:
    assert str(place_of(token_of([Decimal("1.10")], ""), [None], "")[0]) == "1.10"
