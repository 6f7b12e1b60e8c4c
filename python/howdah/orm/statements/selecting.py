"""The function `select`: what it may be asked for, and the type of the rows that come of it.

No IO.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, overload

from howdah.orm.statements.select import Select

if TYPE_CHECKING:
    from howdah.orm.operators.holds import Selectable
    from howdah.orm.tables import Table

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
E = TypeVar("E")
F = TypeVar("F")


@overload
def select(a: Selectable[A] | type[A], /) -> Select[A]: ...
@overload
def select(a: Selectable[A] | type[A], b: Selectable[B] | type[B], /) -> Select[tuple[A, B]]: ...
@overload
def select(
    a: Selectable[A] | type[A], b: Selectable[B] | type[B], c: Selectable[C] | type[C], /
) -> Select[tuple[A, B, C]]: ...
@overload
def select(
    a: Selectable[A] | type[A],
    b: Selectable[B] | type[B],
    c: Selectable[C] | type[C],
    d: Selectable[D] | type[D],
    /,
) -> Select[tuple[A, B, C, D]]: ...
@overload
def select(
    a: Selectable[A] | type[A],
    b: Selectable[B] | type[B],
    c: Selectable[C] | type[C],
    d: Selectable[D] | type[D],
    e: Selectable[E] | type[E],
    /,
) -> Select[tuple[A, B, C, D, E]]: ...
@overload
def select(
    a: Selectable[A] | type[A],
    b: Selectable[B] | type[B],
    c: Selectable[C] | type[C],
    d: Selectable[D] | type[D],
    e: Selectable[E] | type[E],
    f: Selectable[F] | type[F],
    /,
    *more: Selectable[Any] | type[Any],
) -> Select[tuple[A, B, C, D, E, F, *tuple[Any, ...]]]: ...
def select(*items: Any) -> Any:
    """A statement that asks for objects of a model, values of expressions, or both.

    - one model: a list of its objects;
    - one expression: a list of its values;
    - several: a list of tuples.

    >>> popular = select(Question).where(Question.votes > 100).order_by(Question.votes.desc())
    >>> per_author = select(Author.name, count(Book.id)).join(Author.books).group_by(Author.name)
    """
    if not items:
        raise TypeError("`select` takes what it shall ask for, at least one")
    if len(items) == 1 and isinstance(items[0], type):
        table: Table | None = vars(items[0]).get("__table__")
        if table is not None:
            # statements are values: all of a model is the same one every time
            if table.whole is None:
                table.whole = Select.of(items)
            return table.whole
    return Select.of(items)
