"""What functions return, as bytes and back.

No IO. JSON, in which whatever JSON does not have is an object `{kind: content}`; nothing is
executed when bytes are read. Classes of the program are read back only where this process has
written one of the same name before, or knows it as a model. Invariant: what is read is equal to
what was written, and shares nothing with it; what cannot be so is refused when it is written.
"""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import decimal
import enum
import json
import uuid
import zoneinfo
from typing import TYPE_CHECKING, Any

from howdah._native import write_slots
from howdah.caching._tables import models
from howdah.orm.models import Model
from howdah.orm.shapes import Shape

if TYPE_CHECKING:
    from collections.abc import Callable

_DEEPEST = 100
_written: dict[str, type] = {}
"""Classes that values of this process had, by name."""


class Unwritable(TypeError):
    """A value that cannot be kept."""


def dump(value: Any) -> bytes:
    """The bytes of a value. Raises `Unwritable`."""
    return json.dumps(_Writer().write(value, 0), separators=(",", ":")).encode()


def load(data: bytes, executor: Any) -> Any:
    """The value of bytes; models among it load what they lack by `executor`.

    Raises `ValueError` or `LookupError` where it cannot be read here.
    """
    reader = _Reader()
    value = reader.read(json.loads(data))
    for model, objects in reader.loaded.items():
        model.__table__.layout.adopt(objects, executor)
    return value


class _Writer:
    def __init__(self) -> None:
        self._places: dict[int, int] = {}

    def write(self, value: Any, depth: int) -> Any:
        """The value as JSON has it."""
        if depth > _DEEPEST:
            raise Unwritable("the value is nested too deeply, or contains itself")
        kind = type(value)
        if value is None or kind in (str, bool, int, float):
            return value
        if kind is list:
            return [self.write(item, depth + 1) for item in value]
        if kind in _SCALARS:
            name, text, _ = _SCALARS[kind]
            return _zoned(value) or {name: text(value)}
        if kind in _COLLECTIONS:
            return {_COLLECTIONS[kind]: [self.write(item, depth + 1) for item in value]}
        if kind is dict:
            pairs = [[self.write(it, depth + 1) for it in pair] for pair in value.items()]
            return {"dict": pairs}
        return self._write_object(value, kind, depth)

    def _write_object(self, value: Any, kind: type, depth: int) -> Any:
        if isinstance(value, Model):
            return self._write_model(value, depth)
        if isinstance(value, enum.Enum):
            return {"enum": [_remember(kind), value.name]}
        if isinstance(value, Shape):
            fields = {name: getattr(value, name) for name in value.__shape__.names}
        elif dataclasses.is_dataclass(kind):
            fields = {it.name: getattr(value, it.name) for it in dataclasses.fields(kind)}
        elif isinstance(value, tuple) and hasattr(kind, "_fields"):
            fields = dict(zip(kind._fields, value, strict=True))
        else:
            raise Unwritable(
                f"a `{kind.__qualname__}` cannot be cached: return plain values, dataclasses, "
                "models or shapes"
            )
        written = {name: self.write(item, depth + 1) for name, item in fields.items()}
        return {"object": [_remember(kind), written]}

    def _write_model(self, one: Model, depth: int) -> Any:
        place = self._places.get(id(one))
        if place is not None:
            return {"same": place}
        if one._changes:
            raise Unwritable(f"a `{type(one).__qualname__}` with unsaved changes cannot be cached")
        self._places[id(one)] = len(self._places)
        values = one.__table__.loaded(one)
        written = {name: self.write(item, depth + 1) for name, item in values.items()}
        return {"model": [_full_name(type(one)), one._cohort is not None, written]}


class _Reader:
    def __init__(self) -> None:
        self.loaded: dict[Any, list[Any]] = {}
        self._models: list[Any] = []

    def read(self, written: Any) -> Any:
        """The value of JSON."""
        if isinstance(written, list):
            return [self.read(item) for item in written]
        if isinstance(written, dict):
            ((kind, content),) = written.items()
            return self._read_kind(kind, content)
        return written

    def _read_kind(self, kind: str, content: Any) -> Any:
        if kind in _READERS:
            return _READERS[kind](content)
        if kind in _MADE:
            return _MADE[kind](self.read(item) for item in content)
        if kind == "dict":
            return {self.read(key): self.read(value) for key, value in content}
        if kind == "same":
            return self._models[content]
        return self._read_object(kind, content)

    def _read_object(self, kind: str, content: Any) -> Any:
        if kind == "model":
            return self._read_model(*content)
        if kind == "enum":
            return _written[content[0]][content[1]]  # type: ignore[index]
        if kind != "object":
            raise ValueError(f"unknown kind `{kind}`")
        made_of: Any = _written[content[0]]
        fields = {name: self.read(item) for name, item in content[1].items()}
        if not dataclasses.is_dataclass(made_of):
            return made_of(**fields)
        made: Any = object.__new__(made_of)  # type: ignore[arg-type]
        # past the refusal of a frozen class; shapes have a way of their own, and are not frozen
        put = setattr if isinstance(made, Shape) else object.__setattr__
        for name, item in fields.items():
            put(made, name, item)
        return made

    def _read_model(self, name: str, is_loaded: bool, written: dict[str, Any]) -> Any:  # noqa: FBT001
        model: Any = next((it for it in models() if _full_name(it) == name), None)
        if model is None:
            raise LookupError(f"there is no model `{name}`")
        layout = model.__table__.layout
        made = layout.blank()
        self._models.append(made)
        values = tuple(self.read(item) for item in written.values())
        write_slots(layout, [made], tuple(written), [values])
        if is_loaded:
            self.loaded.setdefault(model, []).append(made)
        return made


def _full_name(kind: type) -> str:
    return f"{kind.__module__}:{kind.__qualname__}"


def _remember(kind: type) -> str:
    name = _full_name(kind)
    _written[name] = kind
    return name


def _zoned(value: Any) -> Any:
    """A moment in a zone that has a name, or other rules than an offset."""
    zone = getattr(value, "tzinfo", None)
    if zone is None or type(zone) is dt.timezone:
        return None
    if isinstance(value, dt.datetime) and isinstance(zone, zoneinfo.ZoneInfo) and zone.key:
        return {"zoned": [value.replace(tzinfo=None, fold=0).isoformat(), zone.key, value.fold]}
    raise Unwritable(f"a time with a `{type(zone).__qualname__}` cannot be cached")


def _from_zoned(content: Any) -> dt.datetime:
    text, key, fold = content
    naive = dt.datetime.fromisoformat(text)
    return naive.replace(tzinfo=zoneinfo.ZoneInfo(key), fold=fold)


def _delta(value: dt.timedelta) -> list[int]:
    return [value.days, value.seconds, value.microseconds]


# type: its name, how it is written, how it is read
_SCALARS: dict[type, tuple[str, Callable[[Any], Any], Callable[[Any], Any]]] = {
    bytes: ("bytes", lambda it: base64.b64encode(it).decode(), base64.b64decode),
    decimal.Decimal: ("decimal", str, decimal.Decimal),
    uuid.UUID: ("uuid", str, uuid.UUID),
    dt.date: ("date", dt.date.isoformat, dt.date.fromisoformat),
    dt.time: ("time", dt.time.isoformat, dt.time.fromisoformat),
    dt.datetime: ("datetime", dt.datetime.isoformat, dt.datetime.fromisoformat),
    dt.timedelta: ("timedelta", _delta, lambda it: dt.timedelta(*it)),
}
_READERS = {name: read for name, _, read in _SCALARS.values()} | {"zoned": _from_zoned}
_COLLECTIONS: dict[type, str] = {tuple: "tuple", set: "set", frozenset: "frozenset"}
_MADE: dict[str, Any] = {name: kind for kind, name in _COLLECTIONS.items()}
