"""Declaring columns: `Col`, and what can be said of one.

No IO. `Col[T]` is what type checkers see: on the class a column expression, on an object a value.
At run time the class attribute is made by `models`, and the value lies in a slot.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import (
    TYPE_CHECKING,
    Any,
    Generic,
    Literal,
    TypedDict,
    TypeVar,
    Unpack,
    overload,
)

from howdah.errors import ProgrammingError

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from howdah._native import Fragment
    from howdah.orm._types import SqlType
    from howdah.orm.expressions import Column, Expr, NullableColumn

T = TypeVar("T")
X = TypeVar("X")

Action = Literal["no action", "restrict", "cascade", "set null", "set default"]
_ACTIONS = ("no action", "restrict", "cascade", "set null", "set default")


class Col(Generic[T]):
    """A column: `title: Col[str]`, and `Col[str | None]` if it can be null.

    `Question.title` is an expression, `question.title` is the value.
    """

    if TYPE_CHECKING:

        @overload
        def __get__(
            self: Col[Decimal], instance: None, owner: Any
        ) -> Column[Decimal, Decimal | int]: ...
        @overload
        def __get__(
            self: Col[Decimal | None], instance: None, owner: Any
        ) -> NullableColumn[Decimal | None, Decimal | int]: ...
        @overload
        def __get__(
            self: Col[X | None], instance: None, owner: Any
        ) -> NullableColumn[X | None, X]: ...
        @overload
        def __get__(self, instance: None, owner: Any) -> Column[T, T]: ...
        @overload
        def __get__(self, instance: object, owner: Any) -> T: ...
        def __get__(self, instance: object, owner: Any) -> Any: ...
        def __set__(self, instance: object, value: T) -> None: ...


@dataclass(frozen=True)
class Reference:
    """A foreign key of one column."""

    column: Callable[[], Column[Any, Any]]
    on_delete: Action = "no action"
    on_update: Action = "no action"
    deferrable: bool = False
    initially_deferred: bool = False
    constraint: str | None = None
    enforced: bool = True


@dataclass(frozen=True)
class Identity:
    """Numbers that the database gives: `generated … as identity`."""

    always: bool = False
    start: int | None = None
    increment: int | None = None
    minimum: int | None = None
    maximum: int | None = None
    cache: int | None = None
    cycle: bool = False


_NO_DEFAULT: Any = type("NoDefault", (), {"__repr__": lambda _: "no default"})()


@dataclass(frozen=True)
class ColumnOptions:
    """What a model says of one of its columns."""

    type: str | None = None
    name: str | None = None
    default: Any = _NO_DEFAULT
    default_factory: Callable[[], Any] | None = None
    primary_key: bool = False
    unique: bool = False
    index: bool = False
    check: str | Callable[[Any], Fragment] | None = None
    reference: Reference | None = None
    identity: Identity | None = None
    generated: str | Callable[[Any], Fragment] | None = None
    stored: bool = True
    collation: str | None = None
    comment: str | None = None
    compression: str | None = None
    storage: str | None = None
    version: bool = False
    was: str | None = None

    @property
    def is_given_by_database(self) -> bool:
        """Whether a new object may lack it, because the database knows the value."""
        from howdah._native import Fragment

        return (
            self.identity is not None
            or self.generated is not None
            or isinstance(self.default, Fragment)
        )

    @property
    def is_required(self) -> bool:
        """Whether the constructor must be given it."""
        return (
            not self.is_given_by_database
            and self.default is _NO_DEFAULT
            and self.default_factory is None
        )

    @property
    def has_constant(self) -> bool:
        """Whether new objects begin with a default value that Python knows."""
        from howdah._native import Fragment

        return self.default is not _NO_DEFAULT and not isinstance(self.default, Fragment)


@dataclass
class ColumnDefinition:
    """A column of a model, with its type."""

    attribute: str
    """The name in Python."""
    name: str
    """The name in the database."""
    type: SqlType
    nullable: bool
    options: ColumnOptions = field(default_factory=ColumnOptions)

    @property
    def is_primary_key(self) -> bool:
        """Whether it is the primary key, or part of it."""
        return self.options.primary_key


class _Said(TypedDict, total=False):
    """What can be said of any column."""

    name: str | None
    primary_key: bool
    unique: bool
    index: bool
    comment: str | None
    was: str | None


class _SaidOfColumn(_Said, total=False):
    """What can be said of a column that is no foreign key."""

    check: str | Callable[[Any], Expr[bool | None, Any]] | None
    collation: str | None
    compression: str | None
    storage: str | None


class _SaidOfReference(_Said, total=False):
    """What can be said of a foreign key."""

    on_delete: Action
    on_update: Action
    deferrable: bool
    initially_deferred: bool
    constraint: str | None
    enforced: bool
    type: str | None


# Type checkers ask whether a call names a default: then the constructor need not be given a value.
@overload
def col(type: str | None = None, **options: Unpack[_SaidOfColumn]) -> Any: ...
@overload
def col(
    type: str | None = None,
    *,
    default: Any,
    **options: Unpack[_SaidOfColumn],
) -> Any: ...
@overload
def col(
    type: str | None = None,
    *,
    default_factory: Callable[[], Any],
    **options: Unpack[_SaidOfColumn],
) -> Any: ...
def col(type: str | None = None, **options: Any) -> Any:  # noqa: A002 (PostgreSQL's word)
    """What is to be said of a column beside its Python type.

    - `type`: PostgreSQL's type, where it is not the usual one: `col("varchar(40)")`.
    - `name`: the column's name in the database; the attribute's by default.
    - `default`: the database's default. A value is also what new objects begin with; an expression,
      such as `now()`, is evaluated by the database, and the object has the value after it was
      inserted.
    - `default_factory`: called for each new object without a value; the database has no default
      then.
    - `primary_key`, `unique`, `index`: of this column alone. Several columns: `primary_key=(…)` of
      the class, and `unique(…)` and `index(…)` in its `declare`.
    - `check`: a condition, in SQL or as `lambda column: column > 0`.
    - `collation`, `comment`, `compression` (`"lz4"`), `storage` (`"external"` …).
    - `was`: the column's former name, for migrations.
    """
    return ColumnOptions(type=type, **options)


def identity(  # noqa: PLR0913 (what SQL can say of it)
    *,
    always: bool = False,
    start: int | None = None,
    increment: int | None = None,
    minimum: int | None = None,
    maximum: int | None = None,
    cache: int | None = None,
    cycle: bool = False,
    type: str | None = None,  # noqa: A002 (PostgreSQL's word)
    name: str | None = None,
    comment: str | None = None,
    primary_key: bool = True,
    init: Literal[False] = False,
) -> Any:
    """A primary key whose values the database numbers: `generated by default as identity`.

    With `always`, the database refuses values that a program gives. Type checkers leave it out of
    the constructor; at run time `Question(id=7, …)` is taken.
    """
    del init  # for type checkers
    options = Identity(always, start, increment, minimum, maximum, cache, cycle)
    return ColumnOptions(
        type=type, name=name, comment=comment, primary_key=primary_key, identity=options
    )


def generated(
    expression: str | Callable[[Any], Expr[Any, Any]],
    *,
    stored: bool = True,
    type: str | None = None,  # noqa: A002 (PostgreSQL's word)
    name: str | None = None,
    index: bool = False,
    comment: str | None = None,
    init: Literal[False] = False,
) -> Any:
    """A column that the database computes of others.

    `expression` is SQL, or `lambda q: lower(q.title)` with the model. `stored=False` computes it
    when it is read: PostgreSQL 18.
    """
    del init  # for type checkers
    return ColumnOptions(
        type=type, name=name, index=index, comment=comment, generated=expression, stored=stored
    )


@overload
def references(
    column: Callable[[], Column[Any, Any]], **options: Unpack[_SaidOfReference]
) -> Any: ...
@overload
def references(
    column: Callable[[], Column[Any, Any]],
    *,
    default: Any,
    **options: Unpack[_SaidOfReference],
) -> Any: ...
def references(
    column: Callable[[], Column[Any, Any]],
    *,
    on_delete: Action = "no action",
    on_update: Action = "no action",
    deferrable: bool = False,
    initially_deferred: bool = False,
    constraint: str | None = None,
    enforced: bool = True,
    index: bool = True,
    **options: Any,
) -> Any:
    """A foreign key of one column.

    `author_id: Col[int] = references(lambda: Author.id, on_delete="cascade")`. What happens at
    deletion and update is done by the database. The column is indexed, because deleting what it
    refers to would read the whole table otherwise: `index=False` leaves that out. With
    `enforced=False` there is a relation, and nothing in the database that watches it.
    """
    for action in (on_delete, on_update):
        if action not in _ACTIONS:
            raise ProgrammingError(
                f"`{action}` is no action of a foreign key",
                hint="one of: " + ", ".join(_ACTIONS),
            )
    reference = Reference(
        column, on_delete, on_update, deferrable, initially_deferred, constraint, enforced
    )
    return ColumnOptions(reference=reference, index=index, **options)


def version(*, name: str | None = None, init: Literal[False] = False) -> Any:
    """A number that every update of an object raises by one, and checks: the optimistic lock.

    An update of an object that another program has updated since it was read raises `StaleObject`.
    """
    del init  # for type checkers
    return ColumnOptions(type="integer", name=name, default=1, version=True)
