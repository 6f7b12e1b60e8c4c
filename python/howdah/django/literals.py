"""Python values as SQL: quoted literals, or typed placeholders for the server to bind.

No IO. Called by the cursors. Django writes its SQL for parameters whose types the server learns
from the Python values, so each value here has one fixed SQL type, and text has none: the server
decides what it is by what it is compared with.

Invariant: whatever a value holds, its literal is one token of SQL, or a token and a cast: quotes
are doubled, text with a backslash is an `E''` string (the same under every setting of
`standard_conforming_strings`), and the null character, which SQL text cannot hold, is refused.
"""

import datetime as dt
import ipaddress
import json
import math
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from enum import Enum
from typing import Any, Final, NamedTuple

from howdah import types
from howdah._native import convert_placeholders
from howdah.errors import DataError, ProgrammingError
from howdah.sql import Composed

Parameters = Sequence[Any] | Mapping[str, Any]


class Int2(int):
    """An integer for a `smallint`."""

    __slots__ = ()


class Int4(int):
    """An integer for an `integer`."""

    __slots__ = ()


class Int8(int):
    """An integer for a `bigint`."""

    __slots__ = ()


class Jsonb:
    """A value for a `jsonb`, turned to text by `dumps`."""

    __slots__ = ("dumps", "obj")

    def __init__(self, obj: Any, dumps: Callable[[Any], str] | None = None) -> None:
        self.obj = obj
        self.dumps = dumps

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"


class Form(NamedTuple):
    """How the values of one Python type are written."""

    cast: str | None
    """The name of their SQL type; None where the server is to find it."""
    text: Callable[[Any], str]
    """What the type's input function reads."""
    is_number: bool = False
    """The text is a literal by itself, without quotes."""


def compose(query: str, params: Parameters | None) -> str:
    """The statement with literals in the place of its placeholders.

    Raises `ProgrammingError` if they do not fit, or for a value of an unknown type; `DataError`
    for text with a null character.

    >>> compose("select %s, %s::text where %(x)s", {"x": 1})
    Traceback (most recent call last):
    howdah.errors.ProgrammingError: ...
    >>> compose("insert into t values (%s, %s, %s)", [7, "it's", None])
    "insert into t values (7, 'it''s', NULL)"
    """
    if params is None:
        return query
    convert_placeholders(query, params)  # complains about what does not fit
    query = _template(query)
    if isinstance(params, Mapping):
        return query % {name: literal(value) for name, value in params.items()}
    return query % tuple([literal(value) for value in params])


def bind(query: str, params: Parameters) -> tuple[str, list[Any]]:
    """The statement with typed placeholders, and the values for them.

    Where expressions are grouped or made distinct, equal parameters get one placeholder: to the
    server `upper($1)` and `upper($2)` are different expressions, whatever the values.
    """
    convert_placeholders(query, params)
    query = _template(query)
    slots = _Slots(shared="GROUP BY" in query or "DISTINCT" in query)
    if isinstance(params, Mapping):
        text = query % {name: slots.take(value) for name, value in params.items()}
    else:
        text = query % tuple([slots.take(value) for value in params])
    return text, slots.values


def _template(query: str) -> str:
    """Where the placeholders are; a composed query has percent signs that are none."""
    return query._template if isinstance(query, Composed) else query


def literal(value: Any) -> str:
    """One value as SQL.

    >>> literal(-7), literal("it's"), literal([1, None])
    (' -7', "'it''s'", "'{1,NULL}'::int2[]")
    """
    return _LITERALS[type(value)](value)


def quoted(text: str) -> str:
    """Text as a literal without a type."""
    if "\0" in text:
        raise DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
    if "\\" in text:
        # The space keeps the E apart from a word before it.
        escaped = text.replace("\\", "\\\\").replace("'", "''")
        return f" E'{escaped}'"
    return "'" + text.replace("'", "''") + "'"


def text_of(value: Any) -> str:
    """What the input function of the value's SQL type reads.

    >>> text_of(True), text_of([1, None]), text_of(dt.date(2026, 1, 2))
    ('true', '{1,NULL}', '2026-01-02')
    """
    return _form_of(value).text(value)


class _Slots:
    """The placeholders of a statement."""

    def __init__(self, *, shared: bool) -> None:
        self.values: list[Any] = []
        self._known: dict[tuple[str | None, Any], str] | None = {} if shared else None

    def take(self, value: Any) -> str:
        cast, bound = typed(value)
        if self._known is None or bound is None:
            return self._new(cast, bound)
        key = (cast, bound)
        slot = self._known.get(key)
        if slot is None:
            slot = self._known[key] = self._new(cast, bound)
        return slot

    def _new(self, cast: str | None, bound: Any) -> str:
        self.values.append(bound)
        number = len(self.values)
        return f"${number}" if cast is None else f"(${number}::{cast})"


def typed(value: Any) -> tuple[str | None, Any]:
    """The name of the value's SQL type, and what is bound: text that the type reads, or a number.

    >>> typed(7), typed("x"), typed(dt.date(2026, 1, 2))
    (('int4', 7), (None, 'x'), ('date', '2026-01-02'))
    """
    if value is None:
        return None, None
    kind = type(value)
    if kind is str:
        return None, value
    if kind is int:
        return _integer_type(value, smallest="int4"), value
    form = _form_of(value)
    return form.cast, form.text(value)


# --- one value --------------------------------------------------------------------------------


def _integer_type(value: int, smallest: str = "int2") -> str:
    if smallest == "int2" and -(2**15) <= value < 2**15:
        return "int2"
    if -(2**31) <= value < 2**31:
        return "int4"
    return "int8" if -(2**63) <= value < 2**63 else "numeric"


def _number(text: str) -> str:
    # `- -1` is a number less, `--1` a comment.
    return f" {text}" if text.startswith("-") else text


def _float(value: float) -> str:
    if math.isfinite(value):
        return _number(float.__repr__(value))
    return f"'{_float_text(value)}'::float8"


def _float_text(value: float) -> str:
    if math.isfinite(value):
        return float.__repr__(value)
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _decimal(value: Decimal) -> str:
    if value.is_finite():
        return _number(str(value))
    return f"'{_decimal_text(value)}'::numeric"


def _decimal_text(value: Decimal) -> str:
    return "NaN" if value.is_nan() else str(value)


def _bytea_text(value: bytes | bytearray | memoryview) -> str:
    return "\\x" + bytes(value).hex()


def _timedelta_text(value: dt.timedelta) -> str:
    # As Python counts: days may be negative, the time never is. Every sign is written, for under
    # `IntervalStyle = sql_standard` a leading one is for all that follows.
    time = value.seconds * 1_000_000 + value.microseconds
    return f"{value.days:+} days {time:+} microseconds"


def interval_text(value: types.Interval) -> str:
    """An interval as PostgreSQL reads it under every `IntervalStyle`."""
    if not value.is_finite:
        return str(value)
    months, days, microseconds = value.parts
    return f"{months:+} months {days:+} days {microseconds:+} microseconds"


def _jsonb_text(value: Any) -> str:
    return str((value.dumps or json.dumps)(value.obj))


def _hstore_text(value: Mapping[Any, Any]) -> str:
    pairs = []
    for key, item in value.items():
        if not isinstance(key, str) or not isinstance(item, str | None):
            raise DataError("the keys of an hstore are text, its values text or null")
        pairs.append(f"{_element(key)}=>{'NULL' if item is None else _element(item)}")
    return ",".join(pairs)


def _element(text: str) -> str:
    """Text as one element of an array, range, record or hstore."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _record_text(value: tuple[Any, ...]) -> str:
    fields = ["" if item is None else _element(_form_of(item).text(item)) for item in value]
    return "(" + ",".join(fields) + ")"


_STR: Final = Form(None, str.__str__)
_FORMS: dict[type, Form] = {
    str: _STR,
    bool: Form("bool", lambda value: "true" if value else "false", is_number=True),
    Int2: Form("int2", int.__repr__, is_number=True),
    Int4: Form("int4", int.__repr__, is_number=True),
    Int8: Form("int8", int.__repr__, is_number=True),
    float: Form("float8", _float_text),
    Decimal: Form("numeric", _decimal_text),
    bytes: Form("bytea", _bytea_text),
    bytearray: Form("bytea", _bytea_text),
    memoryview: Form("bytea", _bytea_text),
    dt.date: Form("date", dt.date.isoformat),
    dt.timedelta: Form("interval", _timedelta_text),
    uuid.UUID: Form("uuid", str),
    ipaddress.IPv4Address: Form("inet", str),
    ipaddress.IPv6Address: Form("inet", str),
    ipaddress.IPv4Network: Form("cidr", str),
    ipaddress.IPv6Network: Form("cidr", str),
    Jsonb: Form("jsonb", _jsonb_text),
    dict: Form("hstore", _hstore_text),
    tuple: Form(None, _record_text),
    types.Date: Form("date", str),
    types.Timestamp: Form("timestamp", str),
    types.TimestampTZ: Form("timestamptz", str),
    types.EndOfDay: Form("time", str),
    types.Interval: Form("interval", interval_text),
}
"""The forms of the types whose values all have the same."""
_TIMESTAMPTZ: Final = Form("timestamptz", str)
_TIMESTAMP: Final = Form("timestamp", str)
_TIMETZ: Final = Form("timetz", str)
_TIME: Final = Form("time", str)
_OF_OTHER_DRIVERS: Final = {
    "psycopg.types.json.Json": Form("json", _jsonb_text),
    "psycopg.types.json.Jsonb": Form("jsonb", _jsonb_text),
}


def _form_of(value: Any) -> Form:
    """The form of this value; what the type alone does not tell is decided by the value."""
    kind = type(value)
    form = _FORMS.get(kind)
    if form is None:
        form = _form_by_value(value)
    if form is None:
        form = _FORMS[kind] = _inherited_form(kind)
    return form


def _form_by_value(value: Any) -> Form | None:
    form = None
    if isinstance(value, int):
        form = Form(_integer_type(value), int.__repr__, is_number=True)
    elif isinstance(value, dt.datetime):
        form = _TIMESTAMP if value.tzinfo is None else _TIMESTAMPTZ
    elif isinstance(value, dt.time):
        form = _TIME if value.tzinfo is None else _TIMETZ
    elif isinstance(value, list):
        form = array_form(value)
    elif is_range(value):
        form = range_form(value)
    return form


def _inherited_form(kind: type) -> Form:
    for base in kind.__mro__:
        if base in _FORMS:
            return _FORMS[base]
        name = f"{base.__module__}.{base.__qualname__}"
        if name in _OF_OTHER_DRIVERS:
            return _OF_OTHER_DRIVERS[name]
    if issubclass(kind, Enum):
        return Form(None, lambda value: str(value.name))
    if hasattr(kind, "__index__"):
        return Form("int8", lambda value: str(value.__index__()), is_number=True)
    raise ProgrammingError(
        f"cannot adapt type `{kind.__qualname__}`",
        hint="convert the value to a type that a PostgreSQL type corresponds to",
    )


# --- arrays and ranges ------------------------------------------------------------------------


def array_form(items: list[Any]) -> Form:
    """The form of a list: an array of its items' type, as far as they have one in common."""
    flat = [item for item in _flattened(items, ()) if item is not None]
    kinds = {type(item) for item in flat}
    if not flat or kinds == {str}:
        return Form(None, lambda value: _array_text(value, _STR))
    if kinds == {int}:
        # What the widest needs: the server widens an array where it must, but never narrows it.
        widest = max(*flat, -min(flat) - 1)
        form = Form(_integer_type(widest), int.__repr__, is_number=True)
    else:
        forms = [_form_of(item) for item in (flat if len(kinds) > 1 else flat[:1])]
        casts = {form.cast for form in forms}
        form = forms[0] if len(casts) == 1 else Form(None, lambda item: _form_of(item).text(item))
    cast = None if form.cast is None else f"{form.cast}[]"
    return Form(cast, lambda value: _array_text(value, form))


def _flattened(items: Iterable[Any], outer: tuple[int, ...]) -> Iterable[Any]:
    for item in items:
        if isinstance(item, list):
            if id(item) in outer:
                raise DataError("a list that holds itself is not an array")
            yield from _flattened(item, (*outer, id(item)))
        else:
            yield item


def _array_text(items: list[Any], form: Form) -> str:
    text, element = form.text, str if form.is_number else _element
    return (
        "{"
        + ",".join(
            [
                "NULL"
                if item is None
                else _array_text(item, form)
                if isinstance(item, list)
                else element(text(item))
                for item in items
            ]
        )
        + "}"
    )


def is_range(value: Any) -> bool:
    """Whether it is a range of howdah's or of another driver that names its parts alike."""
    return hasattr(value, "lower_inc") and hasattr(value, "isempty")


def range_form(value: Any) -> Form:
    """The form of a range; one of integers has no type of its own, so it fits all integers'."""
    bound = value.lower if value.lower is not None else value.upper
    if isinstance(bound, dt.datetime):
        # Django's ranges of datetimes are of timestamptz also where USE_TZ is off.
        return Form("tstzrange", _range_text)
    cast = {dt.date: "daterange", Decimal: "numrange"}.get(type(bound))
    return Form(cast, _range_text)


def _range_text(value: Any) -> str:
    if value.isempty:
        return "empty"
    left = "[" if value.lower_inc else "("
    right = "]" if value.upper_inc else ")"
    bounds = (value.lower, value.upper)
    lower, upper = ("" if b is None else _element(_form_of(b).text(b)) for b in bounds)
    return f"{left}{lower},{upper}{right}"


# --- literals by type -------------------------------------------------------------------------


def _formed(value: Any) -> str:
    form = _form_of(value)
    text = form.text(value)
    if form.is_number:
        return _number(text)
    return quoted(text) if form.cast is None else f"{quoted(text)}::{form.cast}"


class _Literals(dict[type, Callable[[Any], str]]):
    """The quickest way to the literal of each type; `_formed` for those not listed."""

    def __missing__(self, kind: type) -> Callable[[Any], str]:
        return _formed


_LITERALS: Final = _Literals(
    {
        type(None): lambda _: "NULL",
        str: quoted,
        bool: lambda value: "true" if value else "false",
        int: lambda value: _number(int.__repr__(value)),
        Int2: lambda value: _number(int.__repr__(value)),
        Int4: lambda value: _number(int.__repr__(value)),
        Int8: lambda value: _number(int.__repr__(value)),
        float: _float,
        Decimal: _decimal,
        dt.date: lambda value: f"'{value}'::date",
    }
)
