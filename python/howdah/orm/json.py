"""Changing places in jsonb where they are: `Question.prefs["theme"].set("dark")`.

No IO. Called by the places in `operators.paths`. PostgreSQL applies these assignments to the row as
it is at that moment. Invariant: two programs that change different places of one document never
lose each other's change.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from howdah._native import Fragment, Param, Source
from howdah.errors import ProgrammingError
from howdah.orm._json import dump_dataclass
from howdah.orm.expressions import LIST, OPERATOR, Column
from howdah.orm.statements.assignments import Assignment
from howdah.types import Json

if TYPE_CHECKING:
    from howdah.orm.operators.paths import Place

Key = str | int
_Leaf = Callable[[Any], Any]


class JsonAssignment(Assignment):
    """A place in a document has another value."""

    __slots__ = ("_leaf", "_path")

    def __init__(self, path: Place[Any, Any], leaf: _Leaf) -> None:
        self._path = _keys(path.path)
        self._leaf = leaf
        super().__init__(_checked(path.base), None)
        self.value = self.after(path.base)

    def after(self, before: Any) -> Any:
        """The document with the change."""
        return _once(before, lambda document: _put(document, self._path, self._leaf))


class JsonRemoval(Assignment):
    """A place in a document is taken away."""

    __slots__ = ("_path",)

    def __init__(self, path: Place[Any, Any]) -> None:
        self._path = _keys(path.path)
        super().__init__(_checked(path.base), None)
        self.value = self.after(path.base)

    def after(self, before: Any) -> Any:
        """The document without the place."""
        path = [part for key in self._path for part in (", ", Param(str(key), "text"))]
        return Fragment(before, " #- array[", *path[1:], "]", level=OPERATOR)


def appended(path: Place[Any, Any], value: Any) -> JsonAssignment:
    """The list at a place has one item more."""
    return JsonAssignment(path, lambda before: _appended(before, value))


def increased(path: Place[Any, Any], by: Any) -> JsonAssignment:
    """The number at a place is greater."""
    return JsonAssignment(path, lambda before: _greater(before, by))


def replaced(path: Place[Any, Any], value: Any) -> JsonAssignment:
    """The place has another value."""
    return JsonAssignment(path, lambda _: _json(value))


def _keys(path: tuple[Any, ...]) -> tuple[Key, ...]:
    if not path:
        raise ProgrammingError('a place in jsonb has a key: `Question.prefs["theme"].set(…)`')
    return path


def _checked(column: Any) -> Column[Any, Any]:
    type_ = column._type
    if not isinstance(column, Column) or type_ is None or type_.name != "jsonb":
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
