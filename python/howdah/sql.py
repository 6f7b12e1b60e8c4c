"""SQL text composed of parts that cannot inject.

No IO. Values belong into parameters; this is for what cannot be one: names of tables and columns,
constants in commands that take no parameters, parts that are chosen by a program. Invariant: a
`Composed` is made of texts written in the program, names and constants in quotes, and what `raw`
was given, and of nothing else.

>>> from howdah import sql
>>> query = sql.SQL("select {columns} from {table} where id = $1").format(
...     columns=sql.SQL(", ").join(map(sql.Identifier, ["id", "first name"])),
...     table=sql.Identifier("public", "person"),
... )
>>> print(query)
select "id", "first name" from "public"."person" where id = $1

Every call that takes a query takes a `Composed`, which is a `str`. Their types are `Query`: to type
checkers that know `LiteralString`, such as pyright, a query that was put together from other
strings is an error.
"""

import datetime as dt
import decimal
import ipaddress
import math
import uuid
from collections.abc import Iterable, Iterator
from string import Formatter
from typing import Any, LiteralString, Protocol, Self, TypeAlias, TypeVar, cast

from howdah import _native
from howdah._identifiers import quoted, text_literal
from howdah.errors import ProgrammingError

ComposedT = TypeVar("ComposedT", bound="Composed")


class Composed(str):
    """Text that was composed safely. Made by the functions and classes of this module.

    `+` joins it with another one; other methods are those of `str` and answer ordinary strings.
    A cursor that is given parameters finds its `%s` in the parts that the program wrote, and
    takes a `%` of a name or constant as it is.
    """

    __slots__ = ("_escaped",)

    _escaped: str
    """The text for a cursor that is given parameters, where it is another."""

    def __new__(cls, *_: object) -> Self:
        """Refuse: there is no way around the parts."""
        raise TypeError("compose SQL of `SQL`, `Identifier` and `Literal`, or use `raw`")

    def __add__(self, other: str) -> "Composed":
        return _joined([self, _checked(other)])

    def __radd__(self, other: str) -> "Composed":
        return _joined([_checked(other), self])

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _composed, (str(self), self._template)

    @property
    def _template(self) -> str:
        """Where cursors look for `%s`: a percent sign of a name or constant is doubled in it."""
        return getattr(self, "_escaped", None) or str(self)


Query: TypeAlias = LiteralString | Composed
"""What is executed: a text written in the program, or a composed one."""


class SQL(Composed):
    """A text written in the program, maybe with places `{}`, `{0}` or `{name}` to fill.

    Braces that are meant as such are doubled, if `format` or `bind` is used.
    """

    __slots__ = ()

    def __new__(cls, text: LiteralString) -> Self:
        """Take a text as it is."""
        if not isinstance(text, str):
            raise TypeError(f"SQL must be a `str`, found `{type(text).__name__}`")
        return str.__new__(cls, text)

    def format(self, *args: object, **named: object) -> Composed:
        """Fill the places: with composed parts as they are, with other values as constants.

        >>> print(SQL("comment on table {} is {}").format(Identifier("a b"), "it's"))
        comment on table "a b" is 'it''s'
        """
        parts = (
            part if isinstance(part, Composed) else Literal(part)
            for part in self._filled(args, named)
        )
        return _joined(parts)

    def bind(self, *args: object, **named: object) -> "Bound":
        """Fill the places: with composed and bound parts, with other values as parameters.

        >>> query = SQL("select {value}::int + 1 as {name}").bind(
        ...     value=41, name=Identifier("result")
        ... )
        >>> query
        Bound('select $1::int + 1 as "result"', 41)
        >>> conn.fetch_value(*query)
        42
        """
        return Bound._of(self._filled(args, named))

    def join(self, parts: Iterable[object]) -> Composed:
        """Put the text between parts, which are composed, or constants.

        >>> print(SQL(", ").join([Identifier("id"), 1, None]))
        "id", 1, NULL
        """
        joined: list[Composed] = []
        for part in parts:
            joined += [self] if joined else []
            joined.append(part if isinstance(part, Composed) else Literal(part))
        return _joined(joined)

    def bind_join(self, parts: Iterable[object]) -> "Bound":
        """Put the text between parts, which are composed, bound, or parameters.

        >>> conditions = [SQL("n > {}").bind(3), SQL("n < {}").bind(6)]
        >>> where = SQL(" and ").bind_join(conditions)
        >>> query = SQL("select n from generate_series(1, 9) n where {}").bind(where)
        >>> [n for (n,) in conn.fetch(*query)]
        [4, 5]
        """
        joined: list[object] = []
        for part in parts:
            joined += [self, part] if joined else [part]
        return Bound._of(joined)

    def _filled(self, args: tuple[object, ...], named: dict[str, object]) -> Iterator[object]:
        """The pieces of the text and what comes between them."""
        unused: set[int | str] = {*range(len(args)), *named}
        following = iter(range(len(args)))
        for text, place, spec, conversion in Formatter().parse(self):
            if text:
                yield _composed(text)
            if place is None:
                continue
            if spec or conversion:
                raise ProgrammingError(f"a place in SQL has no format: `{{{place}…}}`")
            key: int | str | None = place
            if not place or place.isdecimal():
                key = int(place) if place else next(following, None)
            yield _part(key, place, args, named)
            unused.discard(cast("int | str", key))
        if unused:
            raise ProgrammingError(f"no place takes the part `{min(unused, key=str)}`")


class Identifier(Composed):
    """A name in quotes, exactly as the catalogue spells it; several are a qualified one.

    >>> print(Identifier("public", 'the "best" album'))
    "public"."the ""best"" album"

    Where a call takes the name of a table, it takes one of these, too.
    """

    __slots__ = ("names",)

    names: tuple[str, ...]
    """The names, without quotes."""

    def __new__(cls, *names: str) -> Self:
        """Quote the names."""
        if not names:
            raise ProgrammingError("an identifier needs a name")
        identifier = _verbatim(cls, ".".join(map(quoted, names)))
        identifier.names = names
        return identifier

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self.names


class Literal(Composed):
    r"""A constant: None, booleans, numbers, texts, bytes, dates and times, UUIDs, addresses, lists.

    >>> print(*map(Literal, [None, True, 1.5, "it's", b"a", [1, 2]]))
    NULL true 1.5 'it''s'  E'\\x61'::bytea array[1, 2]
    """

    __slots__ = ()

    def __new__(cls, value: object) -> Self:
        """Write the value as SQL. Raises `ProgrammingError` for other types."""
        return _verbatim(cls, _constant(value))


class Placeholder(Composed):
    """A parameter: `%s` or `%(name)s` for cursors, `$1` by its number for all other calls.

    >>> print(Placeholder(), Placeholder("id"), Placeholder(1))
    %s %(id)s $1
    """

    __slots__ = ()

    def __new__(cls, name: str | int | None = None) -> Self:
        """Write it. Raises `ProgrammingError` for a name with parentheses or a number below 1."""
        match name:
            case None:
                text = "%s"
            case int() if name >= 1:
                text = f"${name}"
            case str() if name and "(" not in name and ")" not in name:
                text = f"%({name})s"
            case _:
                raise ProgrammingError(f"`{name!r}` cannot be a parameter's name or number")
        return str.__new__(cls, text)


class Bound:
    """A query together with its parameters, to be given to a call as `*bound`."""

    __slots__ = ("_parts",)

    _parts: tuple[object, ...]

    @classmethod
    def _of(cls, parts: Iterable[object]) -> "Bound":
        bound = cls.__new__(cls)
        flat: list[object] = []
        for part in parts:
            flat += part._parts if isinstance(part, Bound) else [part]
        bound._parts = tuple(flat)
        return bound

    @property
    def text(self) -> Composed:
        """The query, with `$1` … for its parameters."""
        numbers = iter(range(1, len(self._parts) + 1))
        return _joined(
            part if isinstance(part, Composed) else Placeholder(next(numbers))
            for part in self._parts
        )

    @property
    def args(self) -> tuple[Any, ...]:
        """The parameters."""
        return tuple(part for part in self._parts if not isinstance(part, Composed))

    def __iter__(self) -> Iterator[Any]:
        return iter((self.text, *self.args))

    def __repr__(self) -> str:
        return f"Bound({', '.join(map(repr, (str(self.text), *self.args)))})"


class _Interpolation(Protocol):
    @property
    def value(self) -> object: ...
    @property
    def expression(self) -> str: ...
    @property
    def conversion(self) -> str | None: ...
    @property
    def format_spec(self) -> str: ...


class Template(Protocol):
    """A template string of Python 3.14: `t"select {value}"`."""

    @property
    def strings(self) -> tuple[str, ...]:
        """The texts between the places."""

    @property
    def interpolations(self) -> tuple[_Interpolation, ...]:
        """What the places hold."""


def template(query: Template, /) -> Bound:
    """The query of a template string: `conn.fetch(*sql.template(t"select {value}"))`.

    A place holds a parameter, or a composed or bound part; `{name:i}` is an identifier and
    `{value:l}` a constant.
    """
    pieces: list[object] = [raw(query.strings[0])]
    for interpolation, text in zip(query.interpolations, query.strings[1:], strict=True):
        pieces += [_interpolated(interpolation), raw(text)]
    return Bound._of(pieces)


def raw(text: str) -> Composed:
    """Take a text that was not written in the program for SQL, unchanged.

    Whoever can choose the text can do everything that the connection's user may do.
    """
    if not isinstance(text, str):
        raise TypeError(f"SQL must be a `str`, found `{type(text).__name__}`")
    return _composed(text)


def _composed(text: str, template: str | None = None) -> Composed:
    composed = str.__new__(Composed, text)
    if template is not None and template != text:
        composed._escaped = template
    return composed


def _joined(parts: Iterable[Composed]) -> Composed:
    parts = tuple(parts)
    return _composed("".join(parts), "".join(part._template for part in parts))


def _verbatim(cls: type[ComposedT], text: str) -> ComposedT:
    """A part that was quoted: no percent sign in it is a placeholder's."""
    composed = str.__new__(cls, text)
    if "%" in text:
        composed._escaped = text.replace("%", "%%")
    return composed


def _checked(other: object) -> Composed:
    if not isinstance(other, Composed):
        raise TypeError(
            f"SQL can only be joined with composed parts, found `{type(other).__name__}`: "
            "use `SQL`, `Identifier` or `Literal`"
        )
    return other


def _part(
    key: int | str | None, place: str, args: tuple[object, ...], named: dict[str, object]
) -> object:
    if isinstance(key, int) and key < len(args):
        return args[key]
    if isinstance(key, str) and key in named:
        return named[key]
    raise ProgrammingError(f"there is no part for the place `{{{place}}}`")


def _interpolated(interpolation: _Interpolation) -> object:
    value, spec = interpolation.value, interpolation.format_spec
    if interpolation.conversion:
        raise ProgrammingError(f"`{interpolation.expression}` has a conversion: SQL knows none")
    match spec:
        case "":
            return value
        case "i":
            names = value if isinstance(value, tuple) else (cast("str", value),)
            return Identifier(*names)
        case "l":
            return Literal(value)
    raise ProgrammingError(
        f"unknown format `{spec}` of `{interpolation.expression}`: expected `i` or `l`"
    )


# The types whose text the server reads back as the same value, and the OIDs that our encoders know
# them by: src/include/catalog/pg_type.dat of PostgreSQL 18.
_BY_TEXT: tuple[tuple[type, str, int], ...] = (
    (dt.date, "date", 1082),
    (dt.timedelta, "interval", 1186),
    (uuid.UUID, "uuid", 2950),
    (ipaddress.IPv4Address, "inet", 869),
    (ipaddress.IPv6Address, "inet", 869),
    (ipaddress.IPv4Interface, "inet", 869),
    (ipaddress.IPv6Interface, "inet", 869),
    (ipaddress.IPv4Network, "cidr", 650),
    (ipaddress.IPv6Network, "cidr", 650),
)


def _constant(value: object) -> str:  # noqa: PLR0911 (one for each kind)
    match value:
        case None:
            return "NULL"
        case bool():
            return "true" if value else "false"
        case int():
            return _number(int.__repr__(value))
        case float():
            finite = math.isfinite(value)
            return _number(float.__repr__(value)) if finite else f"'{float(value)}'::float8"
        case decimal.Decimal():
            return _number(str(value)) if value.is_finite() else f"'{value}'::numeric"
        case str():
            return text_literal(value)
        case bytes() | bytearray() | memoryview():
            return text_literal("\\x" + bytes(value).hex()) + "::bytea"
        case list():
            return _array(value)
        case _:
            return _by_text(value)


def _number(digits: str) -> str:
    # Apart from an operator before it: two minus signs begin a comment.
    return f" {digits}" if digits.startswith("-") else digits


def _array(items: list[Any]) -> str:
    return f"array[{', '.join(map(_constant, items))}]" if items else "'{}'"


def _by_text(value: object) -> str:
    if isinstance(value, dt.datetime):
        aware = value.tzinfo is not None
        name, oid = ("timestamptz", 1184) if aware else ("timestamp", 1114)
    elif isinstance(value, dt.time):
        aware = value.tzinfo is not None
        name, oid = ("timetz", 1266) if aware else ("time", 1083)
    else:
        found = [(name, oid) for known, name, oid in _BY_TEXT if isinstance(value, known)]
        if not found:
            raise ProgrammingError(
                f"there is no constant for a `{type(value).__name__}`",
                hint="pass it as a parameter, or give its text: `{}::type`",
            )
        name, oid = found[-1]
    return f"{text_literal(_native.encode_value(oid, value, 0).decode())}::{name}"
