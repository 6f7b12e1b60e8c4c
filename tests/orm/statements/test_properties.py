"""Random statements over random data agree with plain Python; texts and their cache.

Each term is a pair: the expression, and a function of a row that computes the same with Python's
numbers and SQL's null.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from howdah._native import Shapes
from howdah.orm import Bound, Expr, all_of, any_of, lit, select, text_of
from howdah.orm.functions import case, coalesce, count, max_, min_, sum_, window
from howdah.orm.functions import rows as frame_of
from tests.orm.library import TABLES, Author, Book

if TYPE_CHECKING:
    from collections.abc import Callable

    import howdah

WITH_A_SERVER = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
WORDS = [operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge]


@dataclass(frozen=True)
class Line:
    """A row of `book` with its author's."""

    id: int
    pages: int
    editor_id: int | None
    title: str
    author_id: int
    name: str


@dataclass(frozen=True)
class Term:
    """An expression and what it is worth in a row."""

    sql: Expr[Any, Any]
    of: Callable[[Line], Any]


def lifted(call: Callable[..., Any], *terms: Term) -> Callable[[Line], Any]:
    """A function that is null where an argument is."""

    def of(line: Line) -> Any:
        values = [term.of(line) for term in terms]
        return None if None in values else call(*values)

    return of


def both(one: Any, other: Any) -> Any:
    """SQL's `and`."""
    if one is False or other is False:
        return False
    return None if one is None or other is None else True


def either(one: Any, other: Any) -> Any:
    """SQL's `or`."""
    if one is True or other is True:
        return True
    return None if one is None or other is None else False


def picked(test: Any, one: Any, other: Any) -> Any:
    """`case when test then one else other end`."""
    return one if test is True else other


NUMBERS = st.one_of(
    st.just(Term(Book.id, lambda line: line.id)),
    st.just(Term(Book.pages, lambda line: line.pages)),
    st.just(Term(Book.editor_id, lambda line: line.editor_id)),
    st.just(Term(Book.author.id, lambda line: line.author_id)),
    st.just(Term(Book.title.length(), lambda line: len(line.title))),
    st.just(Term(Book.author.name.length(), lambda line: len(line.name))),
    st.integers(-50, 50).map(lambda n: Term(lit(n), lambda _: n)),
)


def computed(inner: st.SearchStrategy[Term]) -> st.SearchStrategy[Term]:
    """Terms of terms."""
    signs = st.sampled_from([operator.add, operator.sub, operator.mul])
    return st.one_of(
        st.builds(
            lambda sign, a, b: Term(sign(a.sql, b.sql), lifted(sign, a, b)), signs, inner, inner
        ),
        st.builds(
            lambda sign, a, n: Term(sign(a.sql, n), lifted(lambda it: sign(it, n), a)),
            signs, inner, st.integers(-9, 9),
        ),
        inner.map(lambda a: Term(-a.sql, lifted(operator.neg, a))),
        inner.map(lambda a: Term(a.sql.abs(), lifted(abs, a))),
        st.builds(
            lambda a, n: Term(
                coalesce(a.sql, n), lambda line: n if a.of(line) is None else a.of(line)
            ),
            inner, st.integers(0, 3),
        ),
    )  # fmt: skip


TERMS = st.recursive(NUMBERS, computed, max_leaves=4)
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=6)
COMPARISONS = st.one_of(
    st.builds(
        lambda word, a, b: Term(word(a.sql, b.sql), lifted(word, a, b)),
        st.sampled_from(WORDS), TERMS, TERMS,
    ),
    TERMS.map(lambda a: Term(a.sql.is_null(), lambda line: a.of(line) is None)),
    st.builds(
        # of no values it is false, for null, too
        lambda a, values: Term(
            a.sql.in_(values),
            lifted(lambda it: it in values, a) if values else lambda _: False,
        ),
        TERMS, st.lists(st.integers(-9, 9), max_size=4),
    ),
    TEXTS.map(
        lambda text: Term(Book.title.contains(text), lambda line: text in line.title)
    ),
)  # fmt: skip


def combined(inner: st.SearchStrategy[Term]) -> st.SearchStrategy[Term]:
    """Conditions of conditions."""
    return st.one_of(
        st.builds(
            lambda a, b: Term(a.sql & b.sql, lambda line: both(a.of(line), b.of(line))),
            inner, inner,
        ),
        st.builds(
            lambda a, b: Term(a.sql | b.sql, lambda line: either(a.of(line), b.of(line))),
            inner, inner,
        ),
        inner.map(lambda a: Term(~a.sql, lifted(operator.not_, a))),
        inner.map(lambda a: Term(all_of(a.sql), a.of)),
        inner.map(lambda a: Term(any_of(a.sql), a.of)),
    )  # fmt: skip


CONDITIONS = st.recursive(COMPARISONS, combined, max_leaves=4)
LINES = st.lists(
    st.tuples(st.integers(-20, 20), st.none() | st.integers(1, 3), TEXTS, st.integers(1, 3)),
    max_size=8,
)
NAMES = st.lists(TEXTS, min_size=3, max_size=3)


@pytest.fixture
def shop(sync_conn: howdah.Connection) -> Bound:
    """The verbs, on a database with the library's tables."""
    sync_conn.execute(TABLES)
    return Bound(sync_conn)


def filled(db: Bound, names: list[str], lines: list[Any]) -> list[Line]:
    """Make these the only authors and books."""
    conn = db.connection
    with conn.transaction():
        conn.execute("truncate author, book, review, book_tag")
        conn.execute_many(
            "insert into author (id, name) values ($1, $2)", list(enumerate(names, 1))
        )
        found = [
            Line(id_, pages, editor, title, author, names[author - 1])
            for id_, (pages, editor, title, author) in enumerate(lines, 1)
        ]
        conn.execute_many(
            "insert into book (id, pages, editor_id, title, author_id) values ($1, $2, $3, $4, $5)",
            [(it.id, it.pages, it.editor_id, it.title, it.author_id) for it in found],
        )
    return found


@WITH_A_SERVER
@given(
    names=NAMES, lines=LINES, condition=CONDITIONS, term=TERMS, cut=st.tuples(
        st.integers(0, 9), st.integers(0, 3)
    ), descending=st.booleans(),
)  # fmt: skip
def test_filters_orders_and_limits(  # noqa: PLR0917 (hypothesis gives them by name)
    shop: Bound,
    names: list[str],
    lines: list[Any],
    condition: Term,
    term: Term,
    cut: tuple[int, int],
    descending: bool,
) -> None:
    rows = filled(shop, names, lines)
    order = term.sql.desc(nulls="last") if descending else term.sql.asc(nulls="last")
    query = select(Book.id, term.sql).where(condition.sql).order_by(order, Book.id)
    found = shop.fetch(query.limit(cut[0]).offset(cut[1]))
    kept = [line for line in rows if condition.of(line) is True]

    def place(line: Line) -> Any:
        value = term.of(line)
        return (value is None, 0 if value is None else -value if descending else value, line.id)

    expected = [(line.id, term.of(line)) for line in sorted(kept, key=place)]
    assert found == expected[cut[1] : cut[1] + cut[0]]
    assert shop.fetch(query.count()) == len(kept)
    assert shop.fetch(query.exists()) is bool(kept)


@WITH_A_SERVER
@given(names=NAMES, lines=LINES, term=TERMS, condition=CONDITIONS)
def test_groups_and_aggregates(
    shop: Bound, names: list[str], lines: list[Any], term: Term, condition: Term
) -> None:
    rows = filled(shop, names, lines)
    query = (
        select(
            Author.id,
            count(),
            sum_(term.sql),
            min_(term.sql),
            max_(term.sql),
            count().filter(condition.sql),
            sum_(case((condition.sql, term.sql), else_=lit(0))),
        )
        .join(Author.books)
        .group_by(Author.id)
        .order_by(Author.id)
    )
    expected = []
    for author in sorted({line.author_id for line in rows}):
        mine = [line for line in rows if line.author_id == author]
        values = [value for line in mine if (value := term.of(line)) is not None]
        chosen = [picked(condition.of(line), term.of(line), 0) for line in mine]
        summed = [value for value in chosen if value is not None]
        expected.append(
            (
                author,
                len(mine),
                sum(values) if values else None,
                min(values, default=None),
                max(values, default=None),
                sum(condition.of(line) is True for line in mine),
                sum(summed) if summed else None,
            )
        )
    assert shop.fetch(query) == expected


ORDERS = st.lists(st.tuples(TERMS, st.booleans(), st.booleans()), max_size=3)


@WITH_A_SERVER
@given(names=NAMES, lines=LINES, condition=CONDITIONS, order=ORDERS, size=st.integers(1, 4))
def test_pages(  # noqa: PLR0917 (hypothesis gives them by name)
    shop: Bound,
    names: list[str],
    lines: list[Any],
    condition: Term,
    order: list[tuple[Term, bool, bool]],
    size: int,
) -> None:
    rows = filled(shop, names, lines)
    columns: list[Any] = [
        (term.sql.desc if descending else term.sql.asc)(nulls="first" if first else "last")
        for term, descending, first in order
    ]
    query = select(Book).where(condition.sql).order_by(*columns)
    pages = [shop.fetch(query.page(size))]
    while pages[-1].next is not None:
        pages.append(shop.fetch(query.page(size, after=pages[-1].next)))
    expected = [line.id for line in rows if condition.of(line) is True]
    if order and order[-1][1]:
        expected.reverse()  # the key is in the direction of the last column
    for term, descending, first in reversed(order):
        expected.sort(key=lambda id_: placed(term, rows[id_ - 1], descending, first))
    assert [book.id for page in pages for book in page] == expected
    assert all(len(page) == size for page in pages[:-1])


def placed(term: Term, line: Line, descending: bool, first: bool) -> Any:
    """Where a row comes by one column of an order."""
    value = term.of(line)
    if value is None:
        return (0 if first else 2, 0)
    return (1, -value if descending else value)


@WITH_A_SERVER
@given(names=NAMES, lines=LINES, term=TERMS, one=CONDITIONS, other=CONDITIONS)
def test_windows_and_set_operations(  # noqa: PLR0917 (hypothesis gives them by name)
    shop: Bound, names: list[str], lines: list[Any], term: Term, one: Term, other: Term
) -> None:
    rows = filled(shop, names, lines)
    by_author = window("by_author", partition_by=Book.author_id)
    query = select(
        Book.id,
        count().over(by_author),
        sum_(term.sql).over(by_author, order_by=Book.id, frame=frame_of(-1, 0)),
    ).order_by(Book.id)
    expected = []
    for line in rows:
        mine = [it for it in rows if it.author_id == line.author_id]
        near = mine[max(mine.index(line) - 1, 0) : mine.index(line) + 1]
        values = [value for it in near if (value := term.of(it)) is not None]
        expected.append((line.id, len(mine), sum(values) if values else None))
    assert shop.fetch(query) == expected
    left, right = (select(Book.id).where(it.sql) for it in (one, other))
    lefts, rights = ({it.id for it in rows if of(it) is True} for of in (one.of, other.of))
    assert shop.fetch(left.union(right).order_by(Book.id)) == sorted(lefts | rights)
    assert shop.fetch(left.intersect(right).order_by(Book.id)) == sorted(lefts & rights)
    assert shop.fetch(left.except_(right).order_by(Book.id)) == sorted(lefts - rights)


@given(text=st.text(), number=st.integers(), items=st.lists(st.text(), max_size=3))
def test_values_never_become_text(text: str, number: int, items: list[str]) -> None:
    def query(text: str, number: int, items: list[str]) -> Any:
        return (
            select(Book.id, lit(text), coalesce(Book.title, text))
            .where(
                Book.title == text,
                Book.title.like(text) | Book.title.contains(text) | Book.title.in_(items),
                Book.price > Decimal(number),
                Book.title.matches(text) & (Book.title.replace(text, text) != text),
            )
            .order_by(case((Book.title == text, text), else_=text))
        )

    assert text_of(query(text, number, items)) == text_of(query("", 0, []))


@given(first=CONDITIONS, second=CONDITIONS, one=TERMS, other=TERMS)
def test_one_shape_has_one_text(first: Term, second: Term, one: Term, other: Term) -> None:
    kept = Shapes()
    statements = [
        select(Book.id, one.sql).where(first.sql),
        select(Book.id, one.sql).where(second.sql),
        select(Book.id, other.sql).where(first.sql),
        select(Book.id).where(first.sql).order_by(one.sql),
        select(Book.id).where(first.sql).group_by(one.sql),
        select(Book.id).where(first.sql, second.sql),
        select(Book.id).where(second.sql, first.sql).distinct(),
    ]
    kept_texts = [kept.compile(statement)[0].sql for statement in statements]
    again = [kept.compile(statement)[0].sql for statement in reversed(statements)]
    fresh = [Shapes().compile(statement)[0].sql for statement in statements]
    assert kept_texts == fresh
    assert list(reversed(again)) == fresh
