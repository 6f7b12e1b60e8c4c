"""Wrong uses of the writing half: both checkers report each line; needless ignores are errors."""
# pyright: reportUnnecessaryTypeIgnoreComment=true

import howdah
from howdah.orm import (
    AsyncTx,
    Bound,
    Select,
    Shape,
    Tx,
    all_of,
    any_of,
    before,
    case,
    delete,
    insert,
    many,
    merge,
    not_,
    of,
    select,
    update,
)
from howdah.orm.functions import count, rank
from tests.typing.orm_models import Author, AuthorCard, Book, BookCard, Note, Tag


def wrong_values_in_conditions() -> None:
    """A comparison with another type is a bool, which no place for conditions takes."""
    select(Book).where((Book.title == 5) & (Book.id == 1))  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue]
    select(Book).where((Book.id == 1) & (Book.title == 5))  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue]
    select(Book).where(~(Book.title == 5))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    select(Book).where(Book.title != 5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    select(Book).having(Book.title == 5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    select(Book).join(Author, Author.name == 5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    any_of(Book.title == 5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    all_of(Book.id == 1, Book.title == 5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    not_(Book.title == 5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    case((Book.title == 5, "x"), else_="y")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType, reportCallIssue]
    count(Book.id).filter(Book.title == 5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Author.books.any(Book.title == 5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Author.books.where(Book.title == 5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Author.books.count(Book.title == 5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    update(Book).where(Book.title == 5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    delete(Book).where(Book.title == 5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def objects(db: Bound, book: Book) -> None:
    """What is no object is not written."""
    db.insert("x")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    db.update(Book)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    db.save([1])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
    db.delete(select(Book))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    db.change(book, 5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    db.change(Book, Book.pages.to(1))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    db.insert(book, returning=1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Note(text="x", version=2)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    Note(text="x", upper="X")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    Note(text="x", id=1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    Tag()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    Author(name="x", books=[])  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    Book(author_id=1, title="x", created="yesterday")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def upserts(db: Bound, book: Book) -> None:
    """Upserts and links."""
    db.upsert(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    db.upsert([book], on="title")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    db.upsert([book], update=["title"])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
    db.upsert([book], where=True)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    db.upsert([book]).insrted  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    names: list[Tag] = db.upsert([book]).inserted  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
    db.add(book, Book.tags_, Author(name="x"))  # type: ignore[misc]  # pyright: ignore[reportArgumentType]
    db.add(book, Book.author, book)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    db.remove(Book, Book.tags_, [])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    db.set(book, Book.title, [])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    insert(Book).values(Tag(name="x"))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    insert(Book).values(book).on_conflict("title")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    insert(Book).values(book).on_conflict(Book.title).update("price")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def changes(db: Bound) -> None:
    """Statements that write."""
    update(Book).set(title="x")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    update(Book).set(Book.title == "x")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    update(Book).set(Book.pages.to("many"))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    update(Book).set(Book.status.to("live"))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    update(Book).set(Book.pages.to(Book.title))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    update("book")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    insert(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    db.execute("delete from book", 5)  # type: ignore[arg-type,call-arg]  # pyright: ignore[reportCallIssue]
    db.execute(Book)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    db.execute(update(Book).all().set(Book.pages.to(1))).rows  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    ids: list[str] = db.fetch(delete(Book).all().returning(Book.id))  # type: ignore[arg-type]  # pyright: ignore[reportAssignmentType]
    update(Book).limit(3)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    merge(Book).using(5, Book.id == 1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    delete(Book).whre(Book.id == 1)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]


def places() -> None:
    """Places within jsonb."""
    Book.stats.at(lambda stats: stats.views).set("many")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Book.stats.at(lambda stats: stats.nope)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    Book.prefs["n"].incr("x")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Book.prefs["n"].increase()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    Book.title.at(lambda title: title.nope)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    Book.pages["x"]  # type: ignore[misc]  # pyright: ignore[reportIndexIssue]
    Book.title.has_key("x")  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    Book.prefs.has_key(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


class WrongCard(Shape[Book]):
    """Fields that are made of something of another type."""

    title: str
    written_by: int = of(lambda: Book.author.name)  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
    pages: str = of(lambda: Book.pages + 1)  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]


def shapes(db: Bound, card: BookCard) -> None:
    """Shapes."""
    card.titel  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    card.author.titel  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    number: int = card.title  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
    AuthorCard(name="x")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    AuthorCard(name=5, born=None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    AuthorCard(name="x", born=None, nope=1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    card.tags_[0].nam  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    select(BookCard).where(BookCard.title == "x")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    books: list[Book] = db.fetch(select(BookCard))  # type: ignore[arg-type]  # pyright: ignore[reportAssignmentType]
    of(5)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    of(Book.author.name)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]


def transactions(db: howdah.Database) -> None:
    """Transactions."""
    db.tx(isolation="total")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    db.tx(retry="often")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    db.tx(settings=7)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    with db.tx() as tx:
        tx.fetch(Book)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        tx.commit()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]

    @db.tx(retry=5)
    def add(tx: Tx, title: str) -> int:
        return len(title)

    add()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    add(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    number: str = add("x")  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]

    @db.tx(retry=5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    def wrong(title: str) -> int:
        return len(title)

    select(Book).lock("exclusive")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    select(Book).lock(skip_locked="yes")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def pieces(db: Bound) -> None:
    """Batches, streams, pages, windows, relations."""
    first, second = db.batch(select(Book).count())  # type: ignore[misc]  # pyright: ignore[reportAssignmentType]
    total: str = db.batch(select(Book).count())[0]  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
    db.stream(select(Book).first())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    db.stream(select(Book), batch="x")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    select(Book).page("x")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    select(Book).page(20, after=5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    rank().over(partition_by="author_id")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    select(Book.title, rank().over(order_by=Book.id)).one().titel  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    select(Book).load(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    select(Book).only("title")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Author.books.limt(3)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    Author.books.order_by("title")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    many(through=5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    select(Book).join(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    select(Book).join("author")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    select(Book).select_from(Book.title)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    select(Book).lock(of=["book"])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
    db.get(Book, 1).title  # type: ignore[union-attr]  # pyright: ignore[reportOptionalMemberAccess]
    db.load(Book.author)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def behind_ones_back(statement: Select[Book]) -> None:
    """A statement is no list, an expression no value."""
    len(statement)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    list(statement)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
    for book in statement:  # type: ignore[attr-defined]  # pyright: ignore[reportGeneralTypeIssues]
        pass
    "x" in select(Book.title)  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue]
    "x" in Book.title  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue]
    [title for title in Book.title]  # type: ignore[attr-defined]  # pyright: ignore[reportGeneralTypeIssues]
    sorted(select(Book.title))  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
    len(Author.books)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    for one in Author.books:  # type: ignore[attr-defined]  # pyright: ignore[reportGeneralTypeIssues]
        pass
    # mypy has no check of what `if` is given
    if statement:  # pyright: ignore[reportGeneralTypeIssues]
        pass  # type: ignore[unreachable]
    if Book.title == "x":  # pyright: ignore[reportGeneralTypeIssues]
        pass


@before(Book, "inserted")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
def wrong_event(books: list[Book]) -> None:
    """An operation that does not exist."""


@before(Book, "insert")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
def wrong_objects(books: list[Tag]) -> None:
    """Objects of another model."""


async def awaited(db: howdah.AsyncDatabase, book: Book) -> None:
    """Forgotten awaits, and blocks of the other world."""
    count: int = db.fetch(select(Book).count())  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
    db.upsert([book]).inserted  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    with db.tx() as tx:  # type: ignore[attr-defined]  # pyright: ignore[reportGeneralTypeIssues]
        pass
    for book in await db.stream(select(Book)):  # type: ignore[misc]  # pyright: ignore[reportGeneralTypeIssues]
        pass
    author: str = await book.author  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]

    @db.tx(retry=3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    def add(tx: AsyncTx) -> int:
        return 1
