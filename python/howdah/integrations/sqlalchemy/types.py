"""How SQLAlchemy's types travel: which parameters name their type, and values that change class.

No IO. `COLSPECS` is the dialects' table. The server declares the type of each parameter, and most
parameters say by a cast which one SQLAlchemy means (`$1::INTEGER`), because an expression of
parameters alone, such as `$1 + $2`, has none. Invariant: a cast never changes a value; so it has
no length, precision or scale, which would cut or round it silently.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects.postgresql import (
    ARRAY,
    BYTEA,
    CIDR,
    CITEXT,
    ENUM,
    HSTORE,
    INET,
    INTERVAL,
    JSON,
    JSONB,
    OID,
    REGCLASS,
    REGCONFIG,
    ranges,
)
from sqlalchemy.dialects.postgresql.json import JSONPathType
from sqlalchemy.engine import processors
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.sql import sqltypes

from howdah.types import Json, Multirange, Range

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.engine import Dialect

    Processor = Callable[[Any], Any] | None


# OIDs of float4 and float8; of numeric, the integers, and arrays of these.
_FLOATS = frozenset({700, 701, 1021, 1022})
_EXACT = frozenset({1700, 1231, 20, 21, 23, 26, 1005, 1007, 1016})


class _String(sqltypes.String):
    render_bind_cast = True


class _Char(sqltypes.CHAR):
    render_bind_cast = True


class _Boolean(sqltypes.Boolean):
    render_bind_cast = True


class _Integer(sqltypes.Integer):
    render_bind_cast = True


class _SmallInteger(sqltypes.SmallInteger):
    render_bind_cast = True


class _BigInteger(sqltypes.BigInteger):
    render_bind_cast = True


class _Date(sqltypes.Date):
    """A naive `datetime` gives its day, as the server's own cast does."""

    render_bind_cast = True

    def bind_processor(self, dialect: Dialect) -> Processor:
        def sent(value: Any) -> Any:
            if isinstance(value, dt.datetime) and value.tzinfo is None:
                return value.date()
            return value

        return sent


class _Time(sqltypes.Time):
    render_bind_cast = True


class _DateTime(sqltypes.DateTime):
    render_bind_cast = True


class _Interval(INTERVAL):
    render_bind_cast = True

    @classmethod
    def adapt_emulated_to_native(cls, interval: sqltypes.Interval, **kw: Any) -> _Interval:  # type: ignore[override]
        return cls(precision=interval.second_precision)


class _Bytea(BYTEA):
    render_bind_cast = True


class _Enum(ENUM):
    render_bind_cast = True


class _Array(ARRAY[Any]):
    render_bind_cast = True


class _Hstore(HSTORE):
    """A `dict` in both directions, whether or not the extension was there at connect."""

    render_bind_cast = True

    def bind_processor(self, dialect: Dialect) -> Processor:
        return None

    def result_processor(self, dialect: Dialect, coltype: object) -> Processor:
        return None


class _Oid(OID):
    render_bind_cast = True


class _Regclass(REGCLASS):
    render_bind_cast = True


class _Regconfig(REGCONFIG):
    render_bind_cast = True


class _NumericCommon(sqltypes.NumericCommon[Any]):
    """Values arrive as `Decimal` from numeric and as `float` from the float types."""

    render_bind_cast = True

    def bind_processor(self, dialect: Dialect) -> Processor:
        return None

    def result_processor(self, dialect: Dialect, coltype: object) -> Processor:
        if coltype in _FLOATS:
            if not self.asdecimal:
                return None
            return processors.to_decimal_processor_factory(
                Decimal, self._effective_decimal_return_scale
            )
        if coltype in _EXACT:
            return None if self.asdecimal else processors.to_float
        raise InvalidRequestError(f"not a numeric type: OID {coltype}")


class _Numeric(_NumericCommon, sqltypes.Numeric[Any]):
    pass


class _Float(_NumericCommon, sqltypes.Float[Any]):
    pass


class _JsonValue(sqltypes.JSON[Any]):
    """howdah writes and reads JSON itself; the engine's own serializer goes before it.

    A `str` parameter is JSON text for howdah, so Python values are wrapped.
    """

    def bind_processor(self, dialect: Dialect) -> Processor:
        serializer = dialect._json_serializer or Json
        processor: Processor = self._make_bind_processor(None, serializer)  # type: ignore[no-untyped-call]
        return processor


class _Json(_JsonValue, JSON[Any]):
    pass


class _Jsonb(_JsonValue, JSONB[Any]):
    pass


class _JsonIntIndex(sqltypes.JSON.JSONIntIndexType):
    __visit_name__ = "json_int_index"

    render_bind_cast = True


class _JsonStrIndex(sqltypes.JSON.JSONStrIndexType):
    __visit_name__ = "json_str_index"

    render_bind_cast = True


class _NetworkValue:
    """Objects of `ipaddress`, or `str` where the engine has `native_inet_types=False`."""

    def result_processor(self, dialect: Dialect, coltype: object) -> Processor:
        if getattr(dialect, "_native_inet_types", None) is not False:
            return None
        return lambda value: None if value is None else str(value)


class _Inet(_NetworkValue, INET):
    pass


class _Cidr(_NetworkValue, CIDR):
    pass


class _Range(ranges.AbstractSingleRangeImpl[Any]):
    def bind_processor(self, dialect: Dialect) -> Processor:
        return _sent_range

    def result_processor(self, dialect: Dialect, coltype: object) -> Processor:
        return lambda value: None if value is None else _received_range(value)


class _Multirange(ranges.AbstractMultiRangeImpl[Any]):
    def bind_processor(self, dialect: Dialect) -> Processor:
        def sent(value: Any) -> Any:
            if value is None or isinstance(value, (str, Multirange)):
                return value
            return Multirange(_sent_range(each) for each in value)

        return sent

    def result_processor(self, dialect: Dialect, coltype: object) -> Processor:
        def received(value: Any) -> Any:
            if value is None:
                return None
            return ranges.MultiRange(_received_range(each) for each in value)

        return received


def _sent_range(value: Any) -> Any:
    if isinstance(value, ranges.Range):
        return Range(value.lower, value.upper, value.bounds, empty=value.empty)
    return value


def _received_range(value: Any) -> ranges.Range[Any]:
    if value.empty:
        return ranges.Range(empty=True)
    return ranges.Range(value.lower, value.upper, bounds=value.bounds)


COLSPECS = {
    sqltypes.String: _String,
    sqltypes.CHAR: _Char,
    CITEXT: CITEXT,  # a subclass of String that must not become one
    sqltypes.Boolean: _Boolean,
    sqltypes.Integer: _Integer,
    sqltypes.SmallInteger: _SmallInteger,
    sqltypes.BigInteger: _BigInteger,
    sqltypes.Numeric: _Numeric,
    sqltypes.Float: _Float,
    sqltypes.Date: _Date,
    sqltypes.Time: _Time,
    sqltypes.DateTime: _DateTime,
    sqltypes.Interval: _Interval,
    INTERVAL: _Interval,
    sqltypes.LargeBinary: _Bytea,
    sqltypes.Enum: _Enum,
    sqltypes.ARRAY: _Array,
    HSTORE: _Hstore,
    OID: _Oid,
    REGCLASS: _Regclass,
    REGCONFIG: _Regconfig,
    INET: _Inet,
    CIDR: _Cidr,
    sqltypes.JSON: _Json,
    JSON: _Json,
    JSONB: _Jsonb,
    sqltypes.JSON.JSONPathType: JSONPathType,
    sqltypes.JSON.JSONIntIndexType: _JsonIntIndex,
    sqltypes.JSON.JSONStrIndexType: _JsonStrIndex,
    ranges.AbstractSingleRange: _Range,
    ranges.AbstractMultiRange: _Multirange,
}
