"""Paths into jsonb, as expressions: `Json` of any type, `JsonPath` of a known one.

No IO. Made by `[…]` and `.at(…)`; the writing statements take both (`set`, `remove` …) by their
`base` and `path`.
"""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from typing import TYPE_CHECKING, Any, TypeVar, Union, get_args, get_origin

from howdah.errors import ProgrammingError
from howdah.orm import _json
from howdah.orm import json as changes
from howdah.orm._types import SqlType, sql_type
from howdah.orm.expressions import OPERATOR, Expr, typed
from howdah.orm.operators.holds import TEXT
from howdah.orm.operators.json import JSONB, arrows

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from howdah._native import Fragment
    from howdah.orm.statements.assignments import Assignment

    Number = int | float | Decimal | Expr[Any, Any]

A = TypeVar("A")
T_co = TypeVar("T_co", covariant=True)
V_contra = TypeVar("V_contra", contravariant=True)


class Place(Expr[T_co, V_contra]):
    """A place in a jsonb column. It may hold nothing yet.

    `set`, `remove`, `append` and `incr` are for `set(…)` of `update`, which changes the place and
    leaves the rest of the document as it is.
    """

    __slots__ = ("base", "path")
    base: Expr[Any, Any]
    """The column, or whatever else is jsonb."""
    path: tuple[str | int | Fragment, ...]
    """Keys and indexes from there."""

    def set(self, value: V_contra | Expr[V_contra | None, Any] | None) -> Assignment:
        """The place has this value.

        What leads to it is made if it is not there; None is JSON's null.

        >>> made = howdah.orm.update(User).where(User.id == 1).set(User.prefs["theme"].set("dark"))
        """
        return changes.replaced(self, value)

    def remove(self) -> Assignment:
        """The place is not there any more: neither the key nor its value."""
        return changes.JsonRemoval(self)

    def append(self, value: Any) -> Assignment:
        """The list has one item more, at its end.

        A list of it alone is made if nothing is there.
        """
        return changes.appended(self, value)

    def incr(self, by: Number = 1) -> Assignment:
        """The number is greater by so much. If nothing is there, it was 0."""
        if isinstance(by, bool):
            raise TypeError("`incr` takes a number, found `bool`")
        return changes.increased(self, by)


class Json(Place[Any, Any]):
    """What is at a place in jsonb, as jsonb.

    Compared with a value, it is compared with that value's JSON: `prefs["size"] == 3`. `as_(int)`
    and `text()` make it a value of SQL. Null where the place does not exist.
    """

    __slots__ = ()

    @staticmethod
    def of(base: Expr[Any, Any], path: tuple[Any, ...]) -> Json:
        """The place at the end of a path."""
        made = Json(*arrows(base, path), level=OPERATOR if path else base._level, kind=JSONB)
        made.base = base
        made.path = path
        return made

    @staticmethod
    def below(parent: Expr[Any, Any], key: str | int | Fragment) -> Json:
        """The place under a key of this one."""
        if isinstance(parent, Place):
            return Json.of(parent.base, (*parent.path, key))
        return Json.of(parent, (key,))

    def __getitem__(self, key: str | int | Fragment) -> Json:  # type: ignore[override]
        """What is there under a key, or at an index, of which 0 is the first and -1 the last."""
        return Json.below(self, key)

    def text(self) -> Expr[str | None, str]:
        """As a text, without the quotes of JSON: `->>`. Null for JSON's null."""
        return _text(self.base, self.path)

    def as_(self, python: type[A]) -> Expr[A | None, A]:
        """As a value of another type: `prefs["born"].as_(date)`."""
        return _valued(self.base, self.path, python)


class JsonPath(Place[A, A]):
    """What is at a place in a jsonb column of a dataclass, as a value of SQL."""

    __slots__ = ("python",)
    python: object
    """The type that the dataclass says."""

    @staticmethod
    def along(base: Any, way: Callable[[Any], Any]) -> Any:
        """The place that a function of a dataclass' object leads to."""
        type_ = base._type
        python = getattr(base, "python", None) or (type_.python if type_ is not None else None)
        start = _Recorder(python, base.path if isinstance(base, Place) else ())
        end = way(start)
        if not isinstance(end, _Recorder):
            raise ProgrammingError(
                f"the path leads to `{end!r}`, no place of `{_named(python)}`",
                hint="`Book.stats.at(lambda stats: stats.views)`: names, indexes and keys alone",
            )
        inner = base.base if isinstance(base, Place) else base
        value = _valued(inner, end._path, end._python)
        made: JsonPath[Any] = JsonPath(value, level=value._level, kind=value._type)
        made.base, made.path, made.python = inner, end._path, end._python
        return made


class _Recorder:
    """Stands for an object of a dataclass and remembers what is asked of it."""

    __slots__ = ("_path", "_python")

    def __init__(self, python: object, path: tuple[Any, ...]) -> None:
        self._python = _without_none(python)
        self._path = path

    def __getattr__(self, name: str) -> _Recorder:
        fields = _fields(self._python)
        if name not in fields:
            raise ProgrammingError(
                f"`{_named(self._python)}` has no field `{name}`",
                hint=f"it has {', '.join(fields)}" if fields else None,
            )
        return _Recorder(fields[name], (*self._path, name))

    def __getitem__(self, key: str | int) -> _Recorder:
        origin, inner = get_origin(self._python), get_args(self._python)
        if origin is list and isinstance(key, int):
            return _Recorder(inner[0], (*self._path, key))
        if origin is dict and isinstance(key, str):
            return _Recorder(inner[1], (*self._path, key))
        raise ProgrammingError(f"`{_named(self._python)}` has nothing under `{key!r}`")


def _fields(python: object) -> dict[str, Any]:
    if not isinstance(python, type):
        return {}
    if dataclasses.is_dataclass(python):
        hints = typing.get_type_hints(python)
        return {field.name: hints[field.name] for field in dataclasses.fields(python)}
    return dict(typing.get_type_hints(python)) if hasattr(python, "model_validate") else {}


def _without_none(python: object) -> object:
    if get_origin(python) in {Union, types.UnionType}:
        members = [member for member in get_args(python) if member is not type(None)]
        return members[0] if len(members) == 1 else python
    return python


def _named(python: object) -> str:
    return python.__name__ if isinstance(python, type) else str(python)


def _text(base: Expr[Any, Any], path: tuple[Any, ...]) -> Expr[Any, Any]:
    if not path:
        return typed(TEXT, base, " #>> '{}'", level=OPERATOR)
    return typed(TEXT, *arrows(base, path, " ->> "), level=OPERATOR)


def _valued(base: Expr[Any, Any], path: tuple[Any, ...], python: object) -> Expr[Any, Any]:
    """The value at a place, of a Python type."""
    type_ = _value_type(python)
    if type_.name == "text":
        text = _text(base, path)
        return typed(type_, text, level=text._level)
    if type_.name == "jsonb":
        return typed(type_, *arrows(base, path), level=OPERATOR if path else base._level)
    return typed(type_, "cast(", _text(base, path), f" as {type_.name})")


@functools.cache
def _value_type(python: object) -> SqlType:
    """The type of a value in jsonb once it is taken out: arrays and objects stay jsonb."""
    if get_origin(python) in {list, dict} or dataclasses.is_dataclass(python):
        return SqlType("jsonb", python, bind=_json.as_json, read=_json.loader(python))
    if python in {list, dict, Any, object}:
        return JSONB
    type_ = sql_type(python)
    if type_.enum is not None:
        return dataclasses.replace(type_, name="text")
    return type_
