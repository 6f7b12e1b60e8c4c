"""Values of PostgreSQL for which Python has no type of its own.

A value that a built-in type of Python holds arrives as that type: `datetime.date`, `timedelta`,
`Decimal`, `UUID`, … Where it does not fit, it arrives as one of the classes here, unchanged, and is
accepted back as a parameter:

==================  =========================================================================
`Date`              `date`: infinity, years BC and after 9999
`Timestamp`         `timestamp`: the same
`TimestampTZ`       `timestamptz`: the same, in UTC
`EndOfDay`          `time` and `timetz`: 24:00
`Interval`          `interval`: months, infinity
`Lsn`               `pg_lsn`: an `int` that prints as `16/B374D848`
`Tid`               `tid`: block and offset
`Array`             arrays: lower bounds other than 1, several dimensions of json or of rows
`Range`             all ranges
`Multirange`        all multiranges
`Point`, `Line`, …  the geometric types, as named tuples
`SparseVector`      pgvector's `sparsevec`
==================  =========================================================================

The first five are immutable, hashable, equal to and ordered among the Python values that mean the
same, and `str()` of them is what PostgreSQL prints.

The other composed types are Python's: arrays are `list`, rows and composite values `howdah.Row`,
anonymous records `tuple`, `hstore` is `dict[str, str | None]`, pgvector's `vector` and `halfvec`
are `list[float]`, `inet` and `cidr` are objects of `ipaddress`, bit strings are `str` of `0` and
`1`. Enums, `regclass` and its kin, text search, `jsonpath`, `ltree` and whatever extensions bring
are the `str` that PostgreSQL prints; domains are what their base type is.

As a parameter, a `str` is always PostgreSQL's text for the type: `"infinity"` for a date, `"{1,2}"`
for an array, `'{"a": 1}'` for json. `Json("text")` makes a JSON string of it instead.

`codecs` chooses how a type is read and written instead, by functions of the program or natively;
pools and connections have such a mapping of their own. `decode` and `encode` are howdah's codecs
without a connection.
"""

from howdah._codecs import Codecs, codecs
from howdah._native import Codec
from howdah._native import decode_value as decode
from howdah._native import encode_value as encode
from howdah.types._array import Array
from howdah.types._geometry import Box, Circle, Line, LineSegment, Path, Point, Polygon
from howdah.types._interval import Interval
from howdah.types._moment import Date, EndOfDay, Timestamp, TimestampTZ
from howdah.types._range import Multirange, Range
from howdah.types._scalar import Json, Lsn, Tid
from howdah.types._sparse_vector import SparseVector

__all__ = [
    "Array",
    "Box",
    "Circle",
    "Codec",
    "Codecs",
    "Date",
    "EndOfDay",
    "Interval",
    "Json",
    "Line",
    "LineSegment",
    "Lsn",
    "Multirange",
    "Path",
    "Point",
    "Polygon",
    "Range",
    "SparseVector",
    "Tid",
    "Timestamp",
    "TimestampTZ",
    "codecs",
    "decode",
    "encode",
]
