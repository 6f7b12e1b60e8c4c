"""Loading: whatever is missing comes for all objects of the result, in one statement."""

from __future__ import annotations

import asyncio
import copy
import gc
import pickle
import threading
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from howdah.errors import NotLoaded, ProgrammingError
from howdah.orm import Bound, select
from tests.orm.library import TABLES, Author, Book, BookTag, Employee, Review, Tag

if TYPE_CHECKING:
    from collections.abc import Callable

    import howdah


# --- cohorts


async def test_a_naive_loop_is_two_statements(db: Any) -> None:
    titles = {}
    for author in await db.fetch(select(Author).order_by(Author.id)):
        titles[author.name] = [book.title for book in await author.books]
    assert titles == {
        "Ann": ["Book 2", "Book 4", "Book 6"],
        "Bob": ["Book 1", "Book 3", "Book 5"],
        "Cid": [],
    }
    assert db.counter.statements == 2


async def test_a_loop_down_three_levels_is_three_statements(db: Any) -> None:
    found = 0
    for author in await db.fetch(select(Author).order_by(Author.id)):
        for book in await author.books:
            for review in await book.reviews:
                found += 1
                assert await review.book is book
    assert found == 12
    assert db.counter.statements == 3  # the review knows its book already


async def test_to_one(db: Any) -> None:
    books = await db.fetch(select(Book).order_by(Book.id))
    authors = [await book.author for book in books]
    assert [author.name for author in authors] == ["Bob", "Ann", "Bob", "Ann", "Bob", "Ann"]
    assert authors[0] is authors[2]
    assert db.counter.statements == 2


async def test_to_one_that_can_be_missing(db: Any) -> None:
    books = await db.fetch(select(Book).order_by(Book.id))
    await db.load(books, Book.editor)
    assert [book.editor and book.editor.name for book in books] == [
        *(None, None, "Cid"),
        *(None, None, "Cid"),
    ]
    assert db.counter.statements == 2


async def test_a_table_between(db: Any) -> None:
    books = await db.fetch(select(Book).order_by(Book.id))
    assert [[tag.name for tag in await book.tags] for book in books] == [
        ["new", "old"],
        ["old"],
        ["new"],
        *([], [], []),
    ]
    tags = {tag.id: tag for book in books for tag in await book.tags}
    again = [tag for book in books for tag in await book.tags]
    assert all(tag is tags[tag.id] for tag in again)
    assert db.counter.statements == 2


async def test_a_table_to_itself(db: Any) -> None:
    staff = {one.id: one for one in await db.fetch(select(Employee))}
    assert [one.name for one in await staff[1].staff] == ["Mid", "Side"]
    assert [one.name for one in await staff[2].staff] == ["Low"]
    assert await staff[3].boss is staff[2]  # the same row is one object, and there already
    assert db.counter.statements == 2


async def test_only_who_is_not_there_is_loaded(db: Any) -> None:
    low = await db.fetch(select(Employee).where(Employee.id >= 3).order_by(Employee.id))
    await db.load(low, Employee.boss)
    assert [one.boss.name for one in low] == ["Mid", "Top"]
    chief = await db.fetch(select(Employee).where(Employee.boss_id.is_null()))
    await db.load(chief, Employee.boss)
    assert chief[0].boss is None
    assert db.counter.statements == 3


async def test_children_know_their_parent(db: Any) -> None:
    author = await db.get(Author, 1)
    books = await author.books
    assert [await book.author for book in books] == [author] * 3
    assert db.counter.statements == 2


async def test_an_object_that_is_gone_is_not_loaded_for(db: Any) -> None:
    books = await db.fetch(select(Book).order_by(Book.id))
    kept = books[3]
    del books
    gc.collect()
    assert (await kept.author).name == "Ann"
    assert len(kept._cohort) == 1


async def test_objects_die_with_the_last_reference(db: Any) -> None:
    authors = await db.fetch(select(Author).load(Author.books))
    cohort = authors[0]._cohort
    del authors
    gc.collect()
    assert len(cohort) == 0


# --- plans


async def test_declared_plan(db: Any) -> None:
    authors = await db.fetch(
        select(Author).load(Author.books, Book.reviews, Book.tags).order_by(Author.id)
    )
    assert db.counter.statements == 4
    assert [len(author.books) for author in authors] == [3, 3, 0]
    assert sum(len(book.reviews) for author in authors for book in author.books) == 12
    assert [tag.name for tag in authors[1].books[0].tags] == ["new", "old"]
    assert db.counter.statements == 4


async def test_nested_plan(db: Any) -> None:
    authors = await db.fetch(select(Author).load(Author.books.load(Book.reviews)))
    assert db.counter.statements == 3
    assert sum(len(book.reviews) for author in authors for book in author.books) == 12
    assert db.counter.statements == 3


async def test_so_many_of_each(db: Any) -> None:
    best = Book.reviews.order_by(Review.stars.desc(), Review.id).limit(2)
    books = await db.fetch(select(Book).load(best).order_by(Book.id))
    assert [[review.stars for review in book.reviews] for book in books] == [
        *([5, 4], [5, 2], [3, 2], [4, 3]),
        *([], []),
    ]
    assert db.counter.statements == 2


async def test_only_some_of_each(db: Any) -> None:
    books = await db.fetch(
        select(Book).load(Book.reviews.where(Review.stars >= 4)).order_by(Book.id)
    )
    assert [len(book.reviews) for book in books] == [2, 1, 0, 1, 0, 0]
    assert db.counter.statements == 2


async def test_a_plan_for_another_model_is_refused(db: Any) -> None:
    with pytest.raises(ProgrammingError, match="the statement gives no `Review`"):
        await db.fetch(select(Author).load(Review.book))
    with pytest.raises(ProgrammingError, match="is no relation"):
        select(Author).load(Author.name)  # type: ignore[arg-type]


async def test_no_rows_cost_one_statement(db: Any) -> None:
    found = await db.fetch(select(Author).where(Author.id > 99).load(Author.books, Book.reviews))
    assert found == []
    assert db.counter.statements == 1


# --- joins


async def test_several_models_in_one_row(db: Any) -> None:
    rows = await db.fetch(select(Book, Author).join(Book.author).order_by(Book.id))
    assert [(book.title, author.name) for book, author in rows[:2]] == [
        ("Book 1", "Bob"),
        ("Book 2", "Ann"),
    ]
    assert rows[0][1] is rows[2][1]
    assert len(await rows[0][1].books) == 3


async def test_rows_repeated_by_a_join_are_one_object(db: Any) -> None:
    authors = await db.fetch(select(Author).join(Author.books).order_by(Author.id))
    assert [author.id for author in authors] == [1, 1, 1, 2, 2, 2]
    assert len({id(author) for author in authors}) == 2


async def test_an_outer_join_without_partner_is_none(db: Any) -> None:
    rows = await db.fetch(select(Author, Book).left_join(Author.books).order_by(Author.id))
    assert rows[-1][0].name == "Cid"
    assert rows[-1][1] is None


# --- columns


async def test_columns_that_were_left_out(db: Any) -> None:
    books = await db.fetch(select(Book).only(Book.title).order_by(Book.id))
    assert repr(books[0]) == "Book(id=1, title='Book 1')"
    await db.load(books, Book.price)
    assert [float(book.price) for book in books] == [1.5, 3, 4.5, 6, 7.5, 9]
    assert db.counter.statements == 2
    assert books[0]._changes is None


def test_a_column_that_was_left_out_comes_when_it_is_touched(
    sync_conn: howdah.Connection,
) -> None:
    sync_conn.execute(TABLES)
    books = Bound(sync_conn).fetch(select(Book).only(Book.title).order_by(Book.id))
    assert [book.pages for book in books] == [10, 20, 30, 40, 50, 60]


async def test_columns_by_a_key_of_several(db: Any) -> None:
    links = await db.fetch(select(BookTag).order_by(BookTag.book_id, BookTag.tag_id))
    await db.load(links, BookTag.tag_id)
    assert [(link.book_id, link.tag_id) for link in links] == [(1, 1), (1, 2), (2, 2), (3, 1)]


async def test_a_relation_of_a_column_that_was_left_out(db: Any) -> None:
    books = await db.fetch(select(Book).only(Book.title).order_by(Book.id))
    assert (await books[1].author).name == "Ann"
    assert db.counter.statements == 3


def test_a_row_that_is_gone(sync_conn: howdah.Connection) -> None:
    sync_conn.execute(TABLES)
    books = Bound(sync_conn).fetch(select(Book).only(Book.title).order_by(Book.id))
    sync_conn.execute("delete from review; delete from book_tag; delete from book where id <> 1")
    assert books[0].price == Decimal("1.5")
    with pytest.raises(NotLoaded, match=r"`Book.price` cannot be loaded: the row is gone"):
        assert books[1].price


# --- strict


async def test_strict_objects_load_nothing(db: Any) -> None:
    books = await db.fetch(select(Book).only(Book.title).load(Book.author).strict())
    assert {book.author.name for book in books} == {"Ann", "Bob"}
    for name, line in [
        ("tags", r"add `.load\(Book.tags\)`"),
        ("price", r"add `Book.price` to `.only\(…\)`"),
    ]:
        with pytest.raises(NotLoaded, match=line):
            getattr(books[0], name)
    with pytest.raises(NotLoaded, match=r"add `.load\(Author.books\)`"):
        getattr(books[0].author, "books")  # noqa: B009
    assert db.counter.statements == 2


# --- what cannot be loaded


def test_new_objects_have_nothing_to_load() -> None:
    book = Book(author_id=1, title="new")
    with pytest.raises(NotLoaded, match=r"`Book\.id` has no value yet"):
        getattr(book, "id")  # noqa: B009
    with pytest.raises(NotLoaded, match=r"`Book\.author` has no value yet"):
        getattr(book, "author")  # noqa: B009
    with pytest.raises(AttributeError, match="has no attribute `titel`"):
        getattr(book, "titel")  # noqa: B009
    assert not hasattr(book, "id")


async def test_forgetting_to_await(connector: Any, db: Any) -> None:
    if connector.world == "sync":
        pytest.skip("a sync attribute waits by itself")
    books = await db.fetch(select(Book))
    for misuse in (
        lambda: list(books[0].tags),
        lambda: len(books[0].tags),
        lambda: books[0].author.name,
        lambda: bool(books[0].tags),
        lambda: books[0].tags[0],
    ):
        with pytest.raises(NotLoaded, match=r"write `await book\.(tags|author)`"):
            misuse()
    assert db.counter.statements == 1


async def test_tasks_that_wait_for_the_same_share_one_statement(connector: Any, db: Any) -> None:
    if connector.world == "sync":
        pytest.skip("there are no tasks")
    books = await db.fetch(select(Book))

    async def tags(book: Book) -> int:
        return len(await book.tags)

    assert sum(await asyncio.gather(*map(tags, books))) == 4
    assert db.counter.statements == 2


async def test_a_cancelled_load_leaves_objects_usable(connector: Any, db: Any) -> None:
    if connector.world == "sync":
        pytest.skip("there are no tasks to cancel")
    books = await db.fetch(select(Book).order_by(Book.id))

    async def touch() -> None:
        await books[0].author

    task = asyncio.ensure_future(touch())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await books[0].author).name == "Bob"
    assert len(await books[0].tags) == 2


def test_threads_that_touch_the_same_share_one_statement(sync_conn: howdah.Connection) -> None:
    sync_conn.execute(TABLES)
    statements = []

    class Noting(Bound):
        def _drive(self, steps: Any) -> Any:
            statements.append(1)
            return super()._drive(steps)

    books = Noting(sync_conn).fetch(select(Book))
    assert not statements  # a single call is no steps
    threads = [threading.Thread(target=lambda book=book: len(book.tags)) for book in books]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(statements) == 1


# --- copies


async def test_copies_are_of_no_database(db: Any) -> None:
    book = await db.get(Book, 1)
    for copied in (copy.copy(book), pickle.loads(pickle.dumps(book))):
        assert repr(copied) == repr(book)
        with pytest.raises(NotLoaded):
            getattr(copied, "author")  # noqa: B009


async def test_a_statement_is_never_run_by_accident() -> None:
    query: Any = select(Tag)
    accidents: list[Callable[[], object]] = [
        lambda: len(query),
        lambda: bool(query),
        lambda: list(query),
        lambda: 1 in query,
    ]
    for accident in accidents:
        with pytest.raises(TypeError, match="would run a query behind your back"):
            accident()


# --- loading for objects that have something already


async def test_a_plan_for_objects_of_several_results_is_one_statement_each(db: Any) -> None:
    few = await db.fetch(select(Book).where(Book.id < 3))
    more = await db.fetch(select(Book).where(Book.id >= 3).load(Book.author))
    await db.load([*few, *more], Book.author, Author.books, Book.reviews)
    assert db.counter.statements == 6
    authors = [await book.author for book in (*few, *more)]
    assert [len(await author.books) for author in authors] == [3] * 6
    reviews = [len(await one.reviews) for author in authors for one in await author.books]
    assert sum(reviews) == 36
    assert db.counter.statements == 6


async def test_what_is_there_is_not_loaded_again(db: Any) -> None:
    authors = await db.fetch(select(Author).load(Author.books, Book.author))
    assert db.counter.statements == 2  # the books know their author
    await db.load(authors, Author.books)
    assert db.counter.statements == 2
    # what it leads to is loaded for the objects that are there
    books = [book for author in authors for book in author.books]
    await db.load(authors, Author.books.load(Book.tags))
    assert db.counter.statements == 3
    assert sum([len(await book.tags) for book in books]) == 4
    assert db.counter.statements == 3
