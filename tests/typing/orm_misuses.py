"""Wrong uses of the ORM: both checkers report each line; an ignore without need is an error."""
# pyright: reportUnnecessaryTypeIgnoreComment=true

from howdah.orm import AsyncBound, Bound, Expr, select, update
from howdah.orm.functions import avg, bool_and, count, string_agg, sum_
from tests.typing.orm_models import Author, Book


def constructors() -> None:
    """Constructors."""
    Book(author_id="x", title="y")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Book(title="y")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    Book(author_id=1, title="y", nope=3)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    Book(author_id=1, title=None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Book(author_id=1, title="y", tags="a")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Book(author_id=1, title="y", status="live")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def columns() -> None:
    """Columns, and what they are compared with."""
    Book.titel  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    select(Book).where(Book.title == 5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    select(Book).where(Book.subtitle == 5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Book.id < "x"  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue]
    select(Book).where(Book.price == "1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    select(Book).where(Book.status == "live")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    select(Book).where(Book.title == Book.id)  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue]
    Book.id.in_(["x"])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
    Book.pages.between(1, "x")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    select(Book).where(Book.author.name == 5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Book.author.nam  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    select(Book).where(Book.editor.name == 5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def operators() -> None:
    """Operators that the type does not have."""
    Book.id.like("x")  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    Book.id.lower()  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    Book.id.length()  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    Book.id + "x"  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue]
    Book.title + 1  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue]
    Book.title["x"]  # type: ignore[misc]  # pyright: ignore[reportIndexIssue]
    Book.title.extract("year")  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    Book.created.extract("moon")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    Book.created + 1  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue]
    Book.tags.contains([1])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
    Book.tags.has(1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Book.on_sale.contains("x")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Book.stats.at(lambda s: s.vews)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    select(Book).where(Book.stats.at(lambda s: s.views) == "x")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Book.pages.matches("x")  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    Book.title & (Book.id == 1)  # type: ignore[misc]  # pyright: ignore[reportOperatorIssue]
    Book.pages.is_true()  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]


def functions() -> None:
    """Functions of values that they are not for."""
    sum_(Book.title)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType, reportCallIssue]
    bool_and(Book.id)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    string_agg(Book.id, ",")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    avg(Book.title)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType, reportCallIssue]
    count(Book.id).filter(Book.title)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    count(Book.id) > "x"  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue]


def statements(db: Bound) -> None:
    """Statements and their terminals."""
    select(Book).where(Book.title)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    select(Book).frist()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    select(Book).limit("x")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    select(Book).order_by("title")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    select(Author).load(Author.books.limit("x"))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    db.fetch(select(Book)).title  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    db.fetch(select(Book).first()).title  # type: ignore[union-attr]  # pyright: ignore[reportOptionalMemberAccess]
    db.fetch(Book)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    db.get(5, 1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    db.fetch(select(Book).page(20)).nxt  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    select(Book.id).union(select(Book.title))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    update(Book).set(Book.title.to(5))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    update(Book).set(Book.title.to(None))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    update(Book).set(Book.stats.at(lambda s: s.views).set("x"))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    number: str = db.fetch(select(Book.id).one())  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
    names: list[int] = db.fetch(select(Book.title))  # type: ignore[arg-type]  # pyright: ignore[reportAssignmentType]
    db.batch(select(Book).count(), 5)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    x: Expr[int, int] = Book.title.lower()  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]


def attributes(book: Book, author: Author) -> None:
    """Attributes of objects."""
    book.titel  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    book.title = 5  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    book.subtitle.upper()  # type: ignore[union-attr]  # pyright: ignore[reportOptionalMemberAccess]
    book.editor.name  # type: ignore[union-attr]  # pyright: ignore[reportOptionalMemberAccess]
    author.books.title  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    number: int = book.price  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]


async def awaited(db: AsyncBound) -> None:
    """Forgotten awaits."""
    db.fetch(select(Book)).sort()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    (await db.fetch(select(Book).first())).title  # type: ignore[union-attr]  # pyright: ignore[reportOptionalMemberAccess]
    for _ in db.stream(select(Book)):  # type: ignore[attr-defined]  # pyright: ignore[reportGeneralTypeIssues]
        pass
