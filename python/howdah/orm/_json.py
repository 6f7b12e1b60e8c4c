"""Dataclasses in jsonb columns.

No IO. Called by the types of columns. Invariant: a dataclass that was dumped and loaded is equal to
what it was, or loading says which field does not fit.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import decimal
import enum
import types
import typing
import uuid
from collections.abc import Callable
from typing import Any, Union, get_args, get_origin

from howdah.errors import DataError, ProgrammingError
from howdah.types import Json

Load = Callable[[Any], Any]


def dump_dataclass(value: Any) -> Any:  # noqa: PLR0911 (a table of kinds)
    """What json can hold of a value: dataclasses become objects, enums their values."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: dump_dataclass(getattr(value, field.name))
            for field in dataclasses.fields(value)
        }
    if isinstance(value, dict):
        return {key: dump_dataclass(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [dump_dataclass(item) for item in value]
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, uuid.UUID | decimal.Decimal):
        return str(value)
    return value


def loader(python: object) -> Load:
    """A function that makes json's objects, lists and texts a value of the type.

    It raises `DataError` where the value is of another form.
    """
    origin, arguments = get_origin(python), get_args(python)
    if origin in {Union, types.UnionType}:
        return _optional(python, arguments)
    if origin is list:
        return _list(loader(arguments[0]))
    if origin is dict:
        return _dict(loader(arguments[1]))
    if dataclasses.is_dataclass(python) and isinstance(python, type):
        return _Dataclass(python)
    if isinstance(python, type):
        return _scalar(python)
    return _as_it_is


def _as_it_is(value: Any) -> Any:
    return value


def _optional(python: object, arguments: tuple[Any, ...]) -> Load:
    members = [member for member in arguments if member is not type(None)]
    if len(members) != 1:
        raise ProgrammingError(f"`{python}` cannot be told apart in jsonb")
    load = loader(members[0])
    return lambda value: None if value is None else load(value)


def _list(load: Load) -> Load:
    def load_all(value: Any) -> list[Any]:
        return [load(item) for item in _expect(value, list)]

    return load_all


def _dict(load: Load) -> Load:
    def load_all(value: Any) -> dict[str, Any]:
        return {key: load(item) for key, item in _expect(value, dict).items()}

    return load_all


_FROM_TEXT: dict[type, Load] = {
    dt.datetime: dt.datetime.fromisoformat,
    dt.date: dt.date.fromisoformat,
    dt.time: dt.time.fromisoformat,
    uuid.UUID: uuid.UUID,
    decimal.Decimal: decimal.Decimal,
}


def _scalar(python: type) -> Load:
    if python in _FROM_TEXT:
        return _FROM_TEXT[python]
    if issubclass(python, enum.Enum):
        return python
    if python is float:
        return lambda value: float(_expect(value, (int, float)))
    if python in {int, str, bool}:
        return lambda value: _expect(value, python)
    return _as_it_is


class _Dataclass:
    """Loads objects of one dataclass; its fields are read when the first comes."""

    def __init__(self, python: type) -> None:
        self._python = python
        self._fields: dict[str, Load] | None = None

    def __call__(self, value: Any) -> Any:
        if self._fields is None:
            hints = typing.get_type_hints(self._python)
            fields = dataclasses.fields(self._python)
            self._fields = {field.name: loader(hints[field.name]) for field in fields}
        found = _expect(value, dict)
        known = {name: load for name, load in self._fields.items() if name in found}
        try:
            return self._python(**{name: load(found[name]) for name, load in known.items()})
        except (TypeError, ValueError) as error:
            raise DataError(
                f"an object in jsonb is no `{self._python.__name__}`: {error}"
            ) from error


def _expect(value: Any, python: type | tuple[type, ...]) -> Any:
    if not isinstance(value, python):
        expected = python.__name__ if isinstance(python, type) else "number"
        raise DataError(f"expected `{expected}` in jsonb, found `{type(value).__name__}`")
    return value


def as_json(value: Any) -> Any:
    """A value as a parameter of type jsonb: a text is a text in it, None is JSON's null."""
    dumped = dump_dataclass(value)
    return Json(dumped) if isinstance(dumped, str) or dumped is None else dumped
