"""Right uses of the ORM: no checker may complain, and the types are these."""
# pyright: strict

import datetime as dt
from decimal import Decimal
from typing import Any, assert_type

from howdah.orm import (
    AsyncBound,
    Bound,
    Column,
    Condition,
    Expr,
    Json,
    Page,
    Select,
    alias,
    insert,
    lit,
    raw,
    raw_select,
    select,
    update,
    values,
)
from howdah.orm.functions import (
    any_,
    array_agg,
    avg,
    case,
    coalesce,
    count,
    fn,
    lag,
    max_,
    now,
    nullif,
    rank,
    string_agg,
    sum_,
    unnest,
    window,
)
from howdah.types import Range
from tests.typing.orm_models import Author, Book, Stats, Status


def objects() -> None:
    """Constructors and attributes."""
    author = Author(name="Ann")
    book = Book(author_id=1, title="x", price=Decimal(1), status=Status.LIVE, tags=["a"])
    assert_type(author.id, int)
    assert_type(author.born, dt.date | None)
    assert_type(book.title, str)
    assert_type(book.stats, Stats | None)
    book.subtitle = None
    book.title = book.title.upper()
    assert_type(book.author, Author)
    assert_type(book.editor, Author | None)
    for other in author.books:
        assert_type(other, Book)
    assert_type(author.books[0], Book)


def conditions() -> None:
    """Comparisons with values and with columns, null or not."""
    assert_type(Book.title == "x", Condition)
    assert_type(Book.title < "x", Condition)
    _ = [
        Book.subtitle == None,  # noqa: E711 (is null)
        Book.subtitle == Book.title,
        Book.title == Book.subtitle,
        Book.status == Status.LIVE,
        Book.price < 5,
        Book.price > Decimal("1.5"),
        Book.id.in_([1, 2]),
        Book.author_id.in_(select(Author.id)),
        Book.pages.between(1, Book.pages),
        Book.author.name == "Ann",
        (Book.title == "x") & ~(Book.id == 5) | Book.title.like("y%"),
        Book.is_new & (Book.id == 1),
        Author.books.any(Book.title == "x"),
        Author.books.count(Book.pages > 3) > 5,
    ]


def texts_and_numbers() -> None:
    """Operators by type."""
    assert_type(Book.title.lower(), Expr[str, str])
    assert_type(Book.subtitle.lower(), Expr[str | None, str])
    assert_type(Book.title.length(), Expr[int, int])
    assert_type(Book.subtitle.length(), Expr[int | None, int])
    assert_type(Book.title + "x", Expr[str, str])
    assert_type(Book.title.split(","), Expr[list[str], list[str]])
    assert_type(Book.pages + 1, Expr[int, int])
    assert_type(Book.pages * Book.price, Expr[Decimal, Decimal | int])
    assert_type(Book.price * 2, Expr[Decimal, Decimal | int])
    assert_type(Book.price.round(2), Expr[Decimal, Decimal | int])


def dates() -> None:
    """Moments and what lies between."""
    assert_type(Book.created + dt.timedelta(days=1), Expr[dt.datetime, dt.datetime])
    assert_type(Book.created - Book.created, Expr[dt.timedelta, dt.timedelta])
    assert_type(Book.created.extract("year"), Expr[int, int])
    assert_type(Book.created.extract("second"), Expr[Decimal, Decimal | int])
    assert_type(Author.born.extract("year"), Expr[int | None, int])
    assert_type(Book.created.date(), Expr[dt.date, dt.date])
    assert_type(Book.created > now() - dt.timedelta(hours=1), Condition)


def collections() -> None:
    """Arrays, ranges, jsonb, full-text search."""
    assert_type(Book.tags[0], Expr[str | None, str])
    assert_type(Book.tags[1:3], Expr[list[str], list[str]])
    assert_type(Book.tags.contains(["a"]), Condition)
    assert_type(Book.tags.has("a"), Condition)
    assert_type(Book.tags.length(), Expr[int, int])
    assert_type(Book.title == any_(Book.tags), Condition)
    assert_type(Book.on_sale.contains(dt.date(2024, 1, 1)), Condition)
    assert_type(Book.on_sale.contains(Range(dt.date(2024, 1, 1), None)), Condition)
    assert_type(Book.on_sale.lower(), Expr[dt.date | None, dt.date])
    assert_type(Book.prefs["a"]["b"], Json)
    assert_type(Book.prefs["a"].text(), Expr[str | None, str])
    assert_type(Book.prefs["a"].as_(int), Expr[int | None, int])
    assert_type(Book.stats.at(lambda s: s.views) + 1, Expr[int, int])
    assert_type(Book.stats.at(lambda s: s.languages)[0], Expr[str | None, str])
    assert_type(Book.search.matches("rust & sql"), Condition)
    assert_type(Book.title.rank("sql"), Expr[float, float])


def functions() -> None:
    """Aggregates, windows, choices, any function."""
    assert_type(count(Book.id).filter(Book.id > 1) > 1, Condition)
    assert_type(coalesce(sum_(Book.pages), 0), Expr[int, int])
    assert_type(coalesce(Book.subtitle, Book.title), Expr[str, str])
    assert_type(nullif(Book.title, ""), Expr[str | None, str])
    assert_type(case((Book.id == 1, "a"), else_="b"), Expr[str, str])
    assert_type(fn.similarity(Book.title, "x", type=float), Expr[float, float])
    assert_type(fn.anything(1), Expr[Any, Any])
    assert_type(lit(1), Expr[int, int])
    assert_type(
        raw("now() - {}", Book.created, type=dt.timedelta), Expr[dt.timedelta, dt.timedelta]
    )
    by_author = window(partition_by=Book.author_id, order_by=Book.id.desc())
    assert_type(rank().over(by_author), Expr[int, int])
    assert_type(lag(Book.title).over(by_author), Expr[str | None, str])
    assert_type(unnest(Book.tags).rows("tag").value, Column[str, str])


def statements(db: Bound) -> None:
    """What running gives."""
    assert_type(select(Book), Select[Book])
    assert_type(db.fetch(select(Book)), list[Book])
    assert_type(db.fetch(select(Book.id, Book.subtitle, Book)), list[tuple[int, str | None, Book]])
    assert_type(db.fetch(select(Book).first()), Book | None)
    assert_type(db.fetch(select(Book.title).one()), str)
    assert_type(db.fetch(select(Book).count()), int)
    assert_type(db.fetch(select(Book).exists()), bool)
    assert_type(
        db.fetch(select(sum_(Book.pages), avg(Book.pages)).one()), tuple[int | None, Decimal | None]
    )
    assert_type(
        db.fetch(select(Author.name, array_agg(Book.id), max_(Book.title))),
        list[tuple[str, list[int] | None, str | None]],
    )
    assert_type(db.fetch(select(string_agg(Book.title, ", ")).one()), str | None)
    assert_type(db.get(Book, 1), Book | None)
    assert_type(db.fetch(raw_select(Book, "select * from book where id = {}", 1)), list[Book])
    page = db.fetch(select(Book).order_by(Book.id).page(20))
    assert_type(page, Page[Book])
    assert_type(page.next, str | None)
    assert_type(db.batch(select(Book).first(), select(Book).count()), tuple[Book | None, int])
    for book in db.stream(select(Book)):
        assert_type(book, Book)
    editor = alias(Author, "editor")
    assert_type(
        db.fetch(select(Book, editor).join(editor, editor.id == Book.editor_id)),
        list[tuple[Book, Author]],
    )
    select(Author).load(Author.books.limit(3), Book.editor)


def sources(db: Bound) -> None:
    """Subqueries keep the types of their columns."""
    longest = max_(Book.pages).label("longest")
    inner = select(Book.author_id, longest).group_by(Book.author_id).subquery("inner")
    assert_type(inner[Book.author_id], Column[int, int])
    assert_type(inner[longest], Column[int | None, int])
    assert_type(db.fetch(select(Author.name, inner[longest])), list[tuple[str, int | None]])
    top = select(Book).limit(3).cte("top").model(Book)
    assert_type(db.fetch(select(top).where(top.title == "x")), list[Book])
    assert_type(db.fetch(select(Book.id).union(select(Author.id))), list[int])
    given = values("given", [(1, "a")], id=int, name=str)
    assert_type(given.column("id", int) == Book.id, Condition)


def writes() -> None:
    """Assignments have the column's type."""
    update(Book).where(Book.id == 1).set(Book.pages.to(Book.pages + 1), Book.subtitle.to(None))
    update(Book).set(Book.prefs["a"].set(3), Book.stats.at(lambda s: s.views).set(4))
    insert(Author).set(Author.name.to("x"))


async def awaited(db: AsyncBound) -> None:
    """The same under asyncio."""
    for book in await db.fetch(select(Book)):
        assert_type(book, Book)
        assert_type(await book.author, Author)
    first, total = await db.batch(select(Book.title).first(), select(Book).count())
    assert_type(first, str | None)
    assert_type(total, int)
    async for title in db.stream(select(Book.title)):
        assert_type(title, str)
