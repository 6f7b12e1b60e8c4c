"""Right uses of the writing half of the ORM: no checker may complain, and the types are these."""
# pyright: strict

import datetime as dt
from decimal import Decimal
from typing import Any, assert_type

import howdah
from howdah.orm import (
    AsyncBound,
    AsyncTx,
    Bound,
    Condition,
    Expr,
    Insert,
    Tx,
    Update,
    Upserted,
    after,
    before,
    case,
    create_all,
    delete,
    excluded,
    insert,
    merge,
    new,
    old,
    raw,
    select,
    update,
)
from howdah.orm.functions import coalesce, count, sum_
from howdah.orm.schema import refresh
from tests.typing.orm_models import (
    Author,
    AuthorCard,
    Book,
    BookCard,
    BookTag,
    Note,
    Status,
    Tag,
)


def objects(db: Bound, book: Book) -> None:
    """Objects are written one by one or many at once."""
    db.insert(book)
    db.insert([book, Author(name="Ann")], returning=False)
    db.insert((Tag(name=str(n)) for n in range(3)), progress=print)
    db.update(book)
    db.save([book])
    db.delete([book])
    db.change(book, Book.pages.to(Book.pages + 1), Book.prefs["theme"].set("dark"))
    db.load([book], Book.author, Book.tags_)
    note = Note(text="x")
    assert_type(note.version, int)
    assert_type(note.upper, str)
    assert_type(BookTag(book_id=1, tag_id=2).book_id, int)


def upserts(db: Bound, book: Book) -> None:
    """What became of objects."""
    done = db.upsert([book], on=Book.title, update=[Book.price, Book.pages.to(1)])
    assert_type(done, Upserted[Book])
    assert_type(done.inserted, list[Book])
    db.upsert(book, on=[Book.title, Book.id], where=Book.pages < 10, update=[])
    added = Book.pages.to(Book.pages + excluded(Book.pages))
    statement = insert(Book).values(book).on_conflict(Book.title).update(Book.price, added)
    assert_type(statement, Insert[Book])
    assert_type(db.execute(statement), int)
    assert_type(db.execute(insert(Book).values(book).on_conflict().do_nothing()), int)


def links(db: Bound, book: Book, tag: Tag) -> None:
    """Many to many."""
    assert_type(db.add(book, Book.tags_, tag), int)
    assert_type(db.remove(book, Book.tags_, [tag]), int)
    db.set(book, Book.tags_, [])
    assert_type(Book.tags_.any(Tag.name == "new"), Condition)
    for one in book.tags_:
        assert_type(one, Tag)


def changes(db: Bound) -> None:
    """Statements that write, and what they return."""
    raised = update(Book).where(Book.author.name == "Ann").set(Book.price.to(Book.price * 2))
    assert_type(raised, Update)
    assert_type(db.execute(raised.required()), int)
    assert_type(db.fetch(raised.returning(Book)), list[Book])
    assert_type(db.fetch(raised.returning(Book.id, Book.title)), list[tuple[int, str]])
    assert_type(db.fetch(raised.returning(Book.price).one()), Decimal)
    assert_type(
        db.fetch(raised.returning(old(Book.price), new(Book.price)).one_or_none()),
        tuple[Decimal | None, Decimal | None] | None,
    )
    assert_type(db.fetch(delete(Book).where(Book.id == 1).returning(Book.title)), list[str])
    db.execute(update(Book).all().set(Book.subtitle.to(None), Book.status.to(Status.LIVE)))
    db.execute(update(Book).all().set(Book.pages.to(select(Book.pages).limit(1))))
    db.execute(insert(Author).from_select(select(Book.title), Author.name))
    line = merge(Author).using(Book, Book.title == Author.name)
    db.execute(line.when_matched_delete().when_not_matched_insert(Author.name.to(Book.title)))
    gone = delete(Book).where(Book.pages == 0).returning(Book.id).cte("gone")
    assert_type(db.fetch(select(gone[Book.id])), list[int])


def places(db: Bound) -> None:
    """Places within jsonb."""
    theme = Book.prefs["theme"]
    db.execute(
        update(Book)
        .where(theme == "dark", Book.prefs["size"]["width"].as_(int) > 5)
        .set(theme.set({"name": "dark"}), Book.prefs["seen"].append(1), Book.prefs["n"].incr(2))
    )
    views = Book.stats.at(lambda stats: stats.views)
    assert_type(db.fetch(select(views, views + 1)), list[tuple[int, int]])
    languages = Book.stats.at(lambda stats: stats.languages)
    db.execute(update(Book).all().set(views.incr(), languages.append("en"), views.set(5)))
    assert_type(Book.prefs.contains({"a": 1}), Condition)
    assert_type(Book.prefs.has_key("a"), Condition)


def shapes(db: Bound) -> None:
    """Shapes are the plan and the type."""
    cards = db.fetch(select(BookCard).where(Book.price < 20).order_by(Book.title))
    assert_type(cards, list[BookCard])
    assert_type(cards[0].title, str)
    assert_type(cards[0].written_by, str)
    assert_type(cards[0].author, AuthorCard)
    assert_type(cards[0].author.born, dt.date | None)
    assert_type([tag.name for tag in cards[0].tags_], list[str])
    assert_type(db.fetch(select(BookCard).first()), BookCard | None)
    assert_type(db.fetch(select(BookCard, Book.pages)), list[tuple[BookCard, int]])
    AuthorCard(name="Ann", born=None)


def transactions(db: howdah.Database) -> None:
    """Blocks and functions that are repeated keep their types."""
    with db.tx(isolation="serializable", settings={"app.tenant": 7, "app.on": True}) as tx:
        assert_type(tx, Tx)
        assert_type(tx.fetch(select(Book.id)), list[int])
        with tx.tx() as inner:
            inner.flush()

    @db.tx(retry=5)
    def add(tx: Tx, title: str, *, pages: int = 1) -> Book:
        book = Book(author_id=1, title=title, pages=pages)
        tx.insert(book)
        return book

    assert_type(add("x", pages=3), Book)
    locked = select(Book).where(Book.id == 1).lock("no key update", of=[Book], nowait=True)
    assert_type(db.fetch(locked.one_or_none()), Book | None)
    assert_type(db.fetch(select(Book), read_only=True), list[Book])
    create_all(db, Author, Book)
    refresh(db, Book, concurrently=True)


def batches(db: Bound) -> None:
    """What each statement gives, in order."""
    found = db.batch(
        select(Book), select(Book.title).one(), delete(Tag).all(), select(Tag).exists()
    )
    assert_type(found, tuple[list[Book], str, int, bool])


def conditions_of_several(db: Bound) -> None:
    """Conditions wherever they are taken."""
    live = Book.status == Status.LIVE
    select(Book).where(live, live & ~live | Book.tags_.none()).having(count(Book.id) > 1)
    select(Book).join(Author, (Author.id == Book.author_id) & (Author.name != None))  # noqa: E711
    assert_type(case((live, Book.pages), else_=0), Expr[int, int])
    assert_type(coalesce(sum_(Book.price), Decimal(0)), Expr[Decimal, Decimal])
    assert_type(db.fetch(select(Author.books.count(live))), list[int])
    assert_type(select(Book.id).where(live).scalar(), Expr[int, int])
    assert_type(Book.pages.in_(select(Book.pages).where(live)), Condition)
    unknown: Any = "whatever came with a request"
    select(Book).where(raw("title ~ {}", "x", type=bool), Book.title == unknown)


@before(Book, "insert", "update")
def tidy(books: list[Book]) -> None:
    """Events get the objects of their model."""
    for book in books:
        book.title = book.title.strip()


@after(Author, "delete")
async def told(authors: list[Author]) -> None:
    """An event of asyncio."""
    del authors


async def awaited(db: howdah.AsyncDatabase, bound: AsyncBound, book: Book, tag: Tag) -> None:
    """The same under asyncio."""
    await db.insert([book])
    await db.update(book)
    assert_type(await db.upsert([book], update=[]), Upserted[Book])
    assert_type(await db.add(book, Book.tags_, tag), int)
    assert_type(await bound.get(Book, 1), Book | None)
    assert_type(await bound.execute(update(Book).all().set(Book.pages.to(1))), int)
    assert_type(await db.fetch(select(BookCard)), list[BookCard])
    assert_type(await db.fetch_one(select(Book.title)), str | None)
    async with db.tx(settings={"app.tenant": 7}) as tx:
        assert_type(tx, AsyncTx)
        assert_type(await tx.batch(select(Book).count()), tuple[int])
        for one in await book.tags_:
            assert_type(one, Tag)

    @db.tx(retry=howdah.retry(attempts=3))
    async def add(tx: AsyncTx, name: str) -> int:
        await tx.insert(Tag(name=name))
        return 1

    assert_type(await add("x"), int)
