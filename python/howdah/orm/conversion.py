"""From objects to plain data, and from validated data to objects.

No IO. Invariants: nothing is loaded, whatever is asked of an object; what data names must be a
column that a program can write, or it is refused.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from howdah._native import Instance
from howdah.errors import ProgrammingError
from howdah.orm.models import Model

if TYPE_CHECKING:
    from howdah.orm.columns import ColumnDefinition

M = TypeVar("M", bound=Model)


def to_dict(one: Instance) -> dict[str, Any]:
    """What an object or shape holds, as dicts and lists.

    Of a model's object: the columns and relations that are loaded. Nothing is loaded for it. A
    relation that leads back to an object around is left out. Dataclasses in jsonb are dicts, too;
    other values are as they are. Raises `TypeError` for what is no object or shape.

    >>> question = db.get(Question, 1)
    >>> to_dict(question)
    {'id': 1, 'text': 'Why?', 'votes': 101}
    """
    if not isinstance(one, Instance):
        raise TypeError(f"expected an object or a shape, found `{type(one).__name__}`")
    return _plain_object(one, ())


def from_data(model: type[M], data: object, /, *, ignore: Iterable[str] = (), **values: Any) -> M:
    """A new object of a model, from data that was validated.

    `data` is a shape, a dataclass, a pydantic model, a msgspec Struct or a mapping. `values` are
    further columns, which data cannot choose: `author_id=user.id`. Fields in `ignore` are left
    out. Raises `ProgrammingError` for a field that is no column, that the database computes, or
    that `values` name, too; `TypeError` where a column is missing.

    >>> from_data(Question, {"text": "Why?"}, votes=3)
    Question(text='Why?', votes=3)
    """
    given = _columns_of(model, _fields_of(data, is_new=True), ignore, values)
    return model(**given)


def update_from(
    one: Model, data: object, /, *, ignore: Iterable[str] = (), **values: Any
) -> list[str]:
    """Set the attributes of an object that data names; answers those that are different now.

    As `from_data`. Of a pydantic model only the fields that were set count, of a msgspec Struct
    those that are not `UNSET`: what a client did not send is not changed. `db.update(one)` writes
    the changes.

    >>> question = db.get(Question, 1)
    >>> update_from(question, {"text": "Why?", "votes": 7})
    ['votes']
    """
    given = _columns_of(type(one), _fields_of(data, is_new=False), ignore, values)
    loaded = one.__table__.loaded(one)
    changed = [name for name, value in given.items() if name not in loaded or loaded[name] != value]
    for name in changed:
        setattr(one, name, given[name])
    return changed


# --- objects to data


def slot_values(one: Any, names: Iterable[str]) -> dict[str, Any]:
    """The attributes that are loaded, of those named."""
    slots = vars(type(one))
    found = {}
    for name in names:
        try:
            found[name] = slots[name].__get__(one)  # the slot itself: it loads nothing
        except AttributeError:
            continue
    return found


def _plain(value: Any, around: tuple[Any, ...]) -> Any:
    if isinstance(value, Instance):
        return _plain_object(value, around)
    if isinstance(value, list):
        return [_plain(item, around) for item in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    return value


def _plain_object(one: Instance, around: tuple[Any, ...]) -> dict[str, Any]:
    plan = getattr(one, "__shape__", None)
    if plan is not None:
        return {name: _plain(getattr(one, name), ()) for name in plan.names}
    table = cast("Model", one).__table__
    found = {name: _plain(value, ()) for name, value in table.loaded(one).items()}
    inside = (*around, one)
    for name, value in slot_values(one, table.relation_names).items():
        related = value if isinstance(value, list) else [value]
        if not any(it is outer for it in related for outer in inside):
            found[name] = _plain(value, inside)
    return found


# --- data to objects


def _fields_of(data: Any, *, is_new: bool) -> dict[str, Any]:
    """The fields of validated data by name."""
    kind = type(data)
    if isinstance(data, Mapping):
        return dict(data)
    if hasattr(kind, "model_fields") and hasattr(data, "model_fields_set"):
        left_out = getattr(kind, "__left_to_the_database__", ()) if is_new else kind.model_fields
        names = [
            name
            for name in kind.model_fields
            if name in data.model_fields_set or name not in left_out
        ]
        return {name: getattr(data, name) for name in names}
    if hasattr(kind, "__struct_fields__"):
        unset = sys.modules["msgspec"].UNSET
        fields = {name: getattr(data, name) for name in kind.__struct_fields__}
        return {name: value for name, value in fields.items() if value is not unset}
    if dataclasses.is_dataclass(kind):
        return {field.name: getattr(data, field.name) for field in dataclasses.fields(kind)}
    raise TypeError(
        "expected a shape, a dataclass, a pydantic model, a msgspec Struct or a mapping, "
        f"found `{kind.__name__}`"
    )


def _columns_of(
    model: type[Model], fields: dict[str, Any], ignore: Iterable[str], values: dict[str, Any]
) -> dict[str, Any]:
    """Fields and values together, if they all are columns that a program writes."""
    ignored = set(ignore)
    fields = {name: value for name, value in fields.items() if name not in ignored}
    both = sorted(fields.keys() & values.keys())
    if both:
        raise ProgrammingError(
            f"data has `{both[0]}`, which the program gives itself",
            hint=f"`ignore=[{both[0]!r}]` leaves it out of the data",
        )
    columns = model.__table__.columns
    given = {}
    for name, value in (fields | values).items():
        if name not in columns:
            raise _not_a_column(model, name)
        if columns[name].options.generated is not None:
            raise ProgrammingError(f"the database computes `{model.__name__}.{name}`")
        given[name] = _value(columns[name], value)
    return given


def _not_a_column(model: type[Model], name: str) -> ProgrammingError:
    is_relation = name in model.__table__.relation_names
    return ProgrammingError(
        f"`{model.__name__}.{name}` is a relation: its objects are made and inserted by themselves"
        if is_relation
        else f"`{model.__name__}` has no column `{name}`",
        hint=f"`ignore=[{name!r}]` leaves it out",
    )


def _value(column: ColumnDefinition, value: Any) -> Any:
    """A value as the column has it: other data becomes the dataclass of a jsonb column."""
    python = column.type.python
    if not (isinstance(python, type) and dataclasses.is_dataclass(python)):
        return value
    if value is None or isinstance(value, python) or column.type.read is None:
        return value
    return column.type.read(_fields_of(value, is_new=False))
