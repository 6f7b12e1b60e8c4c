"""Places in jsonb: `Question.prefs["theme"]`, to read, to compare, and to change where they are.

No IO. A `JsonPath` is an expression; its `set`, `remove`, `append` and `incr` are assignments,
which PostgreSQL applies to the row as it is at that moment. Invariant: two programs that change
different places of one document never lose each other's change.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, cast

from howdah._native import Fragment, Param, Source
from howdah.errors import ProgrammingError
from howdah.orm._json import dump_dataclass
from howdah.orm._types import sql_type
from howdah.orm.expressions import LIST, OPERATOR, Column, Expr
from howdah.orm.statements.assignments import Assignment
from howdah.types import Json

Key = str | int
Number = int | float | Decimal | Expr[Any, Any]
_Leaf = Callable[[Any], Any]


class JsonPath(Expr[Any, Any]):
    """A place in a jsonb column. It may hold nothing yet."""

    __slots__ = ("column", "path")
    column: Column[Any, Any]
    path: tuple[Key, ...]

    @staticmethod
    def of(column: Column[Any, Any], path: tuple[Key, ...]) -> JsonPath:
        """The place that these keys, and numbers of items, lead to."""
        parts: list[Any] = [column]
        for key in path:
            parts += [" -> ", _key(key)]
        made = JsonPath(*parts, level=OPERATOR, kind=sql_type(Any))
        made.column = column
        made.path = path
        return made

    def __getitem__(self, key: Key) -> JsonPath:
        return JsonPath.of(self.column, (*self.path, key))

    def set(self, value: Any) -> Assignment:
        """The place has this value. What leads to it is made; None is JSON's null.

        >>> made = howdah.orm.update(User).where(User.id == 1).set(User.prefs["theme"].set("dark"))
        """
        return JsonAssignment(self, lambda _: _json(value))

    def remove(self) -> Assignment:
        """The place is not there any more: neither the key nor its value."""
        return JsonRemoval(self)

    def append(self, value: Any) -> Assignment:
        """The list has one item more, at its end; where nothing is there, it is made."""
        return JsonAssignment(self, lambda before: _appended(before, value))

    def incr(self, by: Number = 1) -> Assignment:
        """The number is greater by so much. If nothing is there, it was 0."""
        if isinstance(by, bool):
            raise TypeError("`incr` takes a number, found `bool`")
        return JsonAssignment(self, lambda before: _greater(before, by))


class JsonAssignment(Assignment):
    """A place in a document has another value."""

    __slots__ = ("_leaf", "_path")

    def __init__(self, path: JsonPath, leaf: _Leaf) -> None:
        self._path = path.path
        self._leaf = leaf
        super().__init__(_checked(path.column), None)
        self.value = self.after(path.column)

    def after(self, before: Any) -> Any:
        """The document with the change."""
        return _once(before, lambda document: _put(document, self._path, self._leaf))


class JsonRemoval(Assignment):
    """A place in a document is taken away."""

    __slots__ = ("_path",)

    def __init__(self, path: JsonPath) -> None:
        self._path = path.path
        super().__init__(_checked(path.column), None)
        self.value = self.after(path.column)

    def after(self, before: Any) -> Any:
        """The document without the place."""
        path = [part for key in self._path for part in (", ", Param(str(key), "text"))]
        return Fragment(before, " #- array[", *path[1:], "]", level=OPERATOR)


def _checked(column: Column[Any, Any]) -> Column[Any, Any]:
    type_ = column._type
    if type_ is None or type_.name != "jsonb":
        raise ProgrammingError(
            f"`{column!r}` is no jsonb: its parts cannot be changed where they are"
        )
    return column


def _once(before: Any, change: _Leaf) -> Fragment:
    """A change of what earlier changes have made, which is computed once."""
    if isinstance(before, Column):
        return cast("Fragment", change(before))
    made = Fragment("(select (", before, ")::jsonb as document offset 0)", level=LIST)
    source = Source("changed", content=made, alias=True)
    changed = change(Fragment((source, "document")))
    return Fragment("(select ", changed, " from ", source, ")")


def _put(document: Any, path: tuple[Key, ...], leaf: _Leaf) -> Fragment:
    """The document with another value at a place.

    `jsonb_set` does nothing where more than the last key is missing, and gives null for a document
    that is: so each level is made.
    """
    key, *rest = path
    empty = "'[]'" if isinstance(key, int) else "'{}'"
    inside = Fragment(document, " -> ", _key(key), level=OPERATOR)
    value = _put(inside, tuple(rest), leaf) if rest else leaf(inside)
    name = Param(str(key), "text")
    return Fragment(
        "jsonb_set(coalesce(nullif(",
        document,
        f", 'null'), {empty}), array[",
        name,
        "], ",
        value,
        ")",
    )


def _key(key: Key) -> Param:
    if isinstance(key, bool) or not isinstance(key, str | int):
        found = type(key).__name__
        raise TypeError(
            f"a place in jsonb is named by a text or the number of an item, found `{found}`"
        )
    return Param(key, "int" if isinstance(key, int) else "text")


def _json(value: Any) -> Any:
    """A value as jsonb, never SQL's null: that would take the whole document with it."""
    if isinstance(value, Fragment) or hasattr(value, "_shape_fields"):
        return Fragment("coalesce(to_jsonb(", value, "), 'null')")
    return Param(Json(dump_dataclass(value)), "jsonb")


def _appended(before: Any, value: Any) -> Fragment:
    old = Fragment("coalesce(nullif(", before, ", 'null'), '[]')")
    return Fragment(old, " || jsonb_build_array(", _json(value), ")", level=OPERATOR)


def _greater(before: Any, by: Any) -> Fragment:
    old = Fragment("coalesce((", before, " #>> '{}')::numeric, 0)")
    added = by if isinstance(by, Fragment) else Param(by, "numeric")
    return Fragment("to_jsonb(", old, " + ", added, ")")
