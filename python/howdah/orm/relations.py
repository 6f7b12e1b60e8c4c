"""Declaring relations: `One` and `Many`.

No IO. As `columns`, these are what type checkers see. What a relation joins is found when it is
first used: by then all models exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, overload

if TYPE_CHECKING:
    from collections.abc import Callable

    from howdah.orm.collections import Collection
    from howdah.orm.paths import Related

T = TypeVar("T")
X = TypeVar("X")


class One(Generic[T]):
    """The object that a foreign key names.

    `author: One[Author]`, or `One[Author | None]` if it can be null. `book.author` is the object;
    under asyncio `await book.author` until it is loaded. Setting it, `book.author = ann`, sets the
    foreign key; `del book.author` forgets what was loaded. `Book.author.name` in an expression is
    the author's column.
    """

    if TYPE_CHECKING:

        @overload
        def __get__(self: One[X | None], instance: None, owner: Any) -> type[X]: ...
        @overload
        def __get__(self, instance: None, owner: Any) -> type[T]: ...
        @overload
        def __get__(self, instance: object, owner: Any) -> T: ...
        def __get__(self, instance: object, owner: Any) -> Any: ...
        def __set__(self, instance: object, value: T) -> None: ...


class Many(Generic[T]):
    """The objects that refer to this one: `books: Many[Book]`.

    `author.books` is a sequence, loaded when it is looked into; under asyncio `await author.books`.
    `Author.books` in an expression is a `Related`: `.any(…)`, `.count()`, `.limit(3)`.
    """

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: Any) -> Related[T]: ...
        @overload
        def __get__(self, instance: object, owner: Any) -> Collection[T]: ...
        def __get__(self, instance: object, owner: Any) -> Any: ...


@dataclass(frozen=True)
class RelationOptions:
    """What a model says of one of its relations."""

    many: bool
    key: Callable[[], Any] | None = None
    through: Callable[[], Any] | None = None
    order_by: Callable[[], Any] | None = None


def one(key: Callable[[], Any] | None = None, *, init: Literal[False] = False) -> Any:
    """The one object that a foreign key leads to, of this model or of the other.

    `key` is the column: `one(lambda: Book.editor_id)`. Without it, it is the column `<name>_id`, or
    the only foreign key between the two models.
    """
    del init  # for type checkers
    return RelationOptions(many=False, key=key)


def many(
    key: Callable[[], Any] | None = None,
    *,
    through: Callable[[], Any] | None = None,
    order_by: Callable[[], Any] | None = None,
    init: Literal[False] = False,
) -> Any:
    """The objects whose foreign key names this one, or that a table between names together with it.

    - `key`: the other model's column, where there are several.
    - `through`: the model between, of which one foreign key names each side: `many(through=lambda:
      QuestionTag)`.
    - `order_by`: in which order; that of the other's primary key by default.
    """
    del init  # for type checkers
    return RelationOptions(many=True, key=key, through=through, order_by=order_by)
