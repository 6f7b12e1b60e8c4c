"""What comes from the cache is what the database would say, in objects of its own."""

from __future__ import annotations

from typing import Any

import pytest

import howdah
from howdah.errors import NoRow, ProgrammingError
from howdah.orm import Shape, alias, delete, of, raw, raw_select, select, update
from howdah.orm.functions import count
from tests.orm.library import Author, Book, Review, Tag


class ReviewCard(Shape[Review]):
    stars: int
    text: str | None


class BookCard(Shape[Book]):
    title: str
    written_by: str = of(lambda: Book.author.name)
    reviews: list[ReviewCard] = of(lambda: Book.reviews.order_by(Review.id))


BOOKS = select(Book).order_by(Book.id)
STATEMENTS: dict[str, Any] = {
    "objects": BOOKS.where(Book.author.name == "Ann"),
    "nothing": BOOKS.where(Book.pages > 10_000),
    "loaded": BOOKS.load(Book.author, Book.tags, Book.reviews.order_by(Review.stars).limit(1)),
    "deeper": select(Author).order_by(Author.id).load(Author.books, Book.reviews),
    "strict": BOOKS.strict().load(Book.author),
    "some columns": BOOKS.only(Book.title),
    "tuples": select(Book, Author).join(Author, Author.id == Book.author_id).order_by(Book.id),
    "values": select(Book.price).order_by(Book.id),
    "groups": select(Book.author_id, count()).group_by(Book.author_id).order_by(Book.author_id),
    "count": select(Book).count(),
    "exists": select(Book).where(Book.id == 3).exists(),
    "first": BOOKS.first(),
    "first of none": BOOKS.where(Book.id == 0).first(),
    "first, loaded": BOOKS.load(Book.author).first(),
    "one": select(Book).where(Book.id == 3).one(),
    "one or none": select(Book).where(Book.id == 0).one_or_none(),
    "page": BOOKS.page(2),
    "union": select(Book.title).union(select(Author.name)).order_by(Book.title),
    "shapes": select(BookCard).order_by(Book.id),
    "subquery": select(Tag).where(Tag.books.any(Book.pages > 10)).order_by(Tag.id),
    "own SQL": raw_select(Tag, "select * from tag where id < {} order by id", 3),
}


def shown(answer: Any, depth: int = 0) -> str:
    """An answer with what is loaded of its relations."""
    if isinstance(answer, list):
        return f"[{', '.join(shown(it, depth) for it in answer)}]"
    if isinstance(answer, BookCard):
        return f"{answer.title} {answer.written_by} {[it.stars for it in answer.reviews]}"
    loaded = []
    for name in ("author", "tags", "reviews", "books"):
        if depth < 2 and name in getattr(type(answer), "__slots__", ()):
            try:
                value = vars(type(answer))[name].__get__(answer)
            except AttributeError:
                continue
            loaded.append(f"{name}={shown(value, depth + 1)}")
    return f"{answer!r} {loaded}"


async def test_the_answer_is_that_of_the_database(db: Any) -> None:
    for name, statement in STATEMENTS.items():
        before = db.cache.stats()
        expected = shown(await db.fetch(statement))
        cached = statement.cached(60)
        answers = [shown(await db.fetch(cached)) for _ in range(3)]
        assert answers == [expected] * 3, name
        after = db.cache.stats()
        assert (after.misses - before.misses, after.hits - before.hits) == (1, 2), name


async def test_objects_are_made_anew(db: Any) -> None:
    cached = BOOKS.load(Book.author).cached(60)
    await db.fetch(cached)
    first, second = await db.fetch(cached), await db.fetch(cached)
    assert first[0] is not second[0]
    assert first[0].author is not second[0].author
    assert first[0].author is first[2].author
    first[0].title = "changed here"
    assert second[0].title == "Book 1"
    assert (await db.fetch(cached))[0].title == "Book 1"
    # what is not loaded is loaded for the objects of one answer, and objects can be written
    assert {tag.name for tag in await tags_of(second[0])} == {"new", "old"}
    await db.update(first[0])
    assert (await db.fetch(cached))[0].title == "changed here"


async def tags_of(book: Any) -> Any:
    tags = book.tags
    return await tags if hasattr(tags, "__await__") else tags


async def test_errors_are_those_of_the_statement(db: Any) -> None:
    cached = select(Book).where(Book.id == 0).one().cached(60)
    for _ in range(2):
        with pytest.raises(NoRow):
            await db.fetch(cached)


async def test_values_and_tags_are_part_of_the_question(db: Any) -> None:
    for pages in (10, 20, 10):
        found = await db.fetch(select(Book.id).where(Book.pages == pages).cached(60))
        assert found == [pages // 10]
    assert db.cache.stats().misses == 2
    plan = select(Author).order_by(Author.id).load(Author.books.order_by(Book.id).limit(1))
    more = select(Author).order_by(Author.id).load(Author.books.order_by(Book.id).limit(2))
    assert len((await db.fetch(plan.cached(60)))[0].books) == 1
    assert len((await db.fetch(more.cached(60)))[0].books) == 2
    assert len((await db.fetch(plan.cached(60)))[0].books) == 1


async def test_time_goes_by(db: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000_000.0
    monkeypatch.setattr("howdah.caching._reading.time.time", lambda: now)
    cached = BOOKS.cached(30)
    await db.fetch(cached)
    now += 29
    await db.fetch(cached)
    assert db.cache.stats().hits == 1
    now += 2
    await db.fetch(cached)
    assert db.cache.stats().misses == 2


async def test_memory_is_bounded(databases: Any) -> None:
    db = await databases(howdah.Cache(max_entries=2))
    for pages in (10, 20, 30, 10):
        await db.fetch(select(Book).where(Book.pages == pages).cached(60))
    stats = db.cache.stats()
    assert (stats.misses, stats.entries, stats.evicted) == (4, 2, 2)
    small = await databases(howdah.Cache(max_bytes=2_000))
    for _ in range(2):  # larger than what one answer may take
        found = await small.fetch(select(Book.title, raw("repeat('x', 900)", type=str)).cached(60))
        assert len(found) == 6
    assert small.cache.stats().entries == 0
    assert small.cache.stats().misses == 2


async def test_what_cannot_be_cached(db: Any) -> None:
    gone = delete(Review).where(Review.stars < 2).returning(Review.id).cte("gone")
    with pytest.raises(ProgrammingError, match="writes"):
        await db.fetch(select(gone[Review.id]).cached(60))
    with pytest.raises(ProgrammingError, match="locks"):
        await db.fetch(BOOKS.lock().cached(60))
    with pytest.raises(ValueError, match="ttl"):
        BOOKS.cached(0)
    with pytest.raises(TypeError, match="tags"):
        BOOKS.cached(1, tags="book")
    with pytest.raises(ProgrammingError, match="tag"):
        await db.fetch(BOOKS.cached(1, tags=[7]))  # type: ignore[list-item]


async def test_a_statement_of_an_alias(db: Any) -> None:
    other = alias(Book, "other")
    cached = select(other).where(other.id == 1).cached(60)
    assert [it.title for it in await db.fetch(cached)] == ["Book 1"]
    await db.execute(update(Book).where(Book.id == 1).set(Book.title.to("new")))
    assert [it.title for it in await db.fetch(cached)] == ["new"]


async def test_without_a_database_there_is_no_cache(db: Any, conn: Any) -> None:
    from howdah.orm import AsyncBound, Bound
    from tests.both import Awaited
    from tests.orm.conftest import AwaitedVerbs

    on: Any = AsyncBound(conn)
    if isinstance(conn, Awaited):
        on = AwaitedVerbs(Bound(conn._connection))
    cached = select(Tag.name).order_by(Tag.id).cached(60)
    assert await on.fetch(cached) == ["new", "old", "rare"]
    assert (await on.batch(cached, select(Tag).count().cached(5))) == (["new", "old", "rare"], 3)
    async with on.tx() as tx:
        assert await tx.fetch(cached) == ["new", "old", "rare"]
    assert db.cache.stats().misses == 0


async def test_a_cache_is_made_when_it_is_first_wanted(databases: Any) -> None:
    db = await databases(howdah.Cache())
    assert repr(howdah.Cache()) == "<howdah.Cache: 0 answers, 0 bytes>"
    with howdah.Database(databases.url) as plain:
        assert plain._caching is None
        assert plain.fetch(select(Tag).count().cached(5)) == 3
        assert plain.fetch(select(Tag).count().cached(5)) == 3
        assert plain.cache.stats().hits == 1
    assert db.cache.stats().hits == 0
    with pytest.raises(ValueError, match="max_entries"):
        howdah.Cache(max_entries=0)
