"""Batches of columns as pyarrow's, and pyarrow's as rows.

No IO. `pyarrow` is optional and imported here alone, when it is first asked for. Invariant: the
buffers of the native module are handed over as they are; no value becomes a Python object.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from howdah.errors import NotSupportedError

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_PER_BATCH = 65_536

# what makes the type of each name
_TYPES: dict[str, tuple[Any, ...]] = {
    "bool": ("bool_",),
    "int16": ("int16",),
    "int32": ("int32",),
    "int64": ("int64",),
    "uint32": ("uint32",),
    "float": ("float32",),
    "double": ("float64",),
    "string": ("string",),
    "binary": ("binary",),
    "date": ("date32",),
    "time": ("time64", "us"),
    "timestamp": ("timestamp", "us"),
    "timestamptz": ("timestamp", "us", "UTC"),
    "interval": ("month_day_nano_interval",),
    "uuid": ("binary", 16),
}


def module() -> Any:
    """`pyarrow`; `NotSupportedError` where it is not installed."""
    try:
        import pyarrow as pa
    except ImportError as error:
        raise NotSupportedError(
            "Arrow needs the package `pyarrow`, which is not installed",
            hint="install `pyarrow`",
        ) from error
    return pa


def schema(fields: Sequence[tuple[str, str]]) -> "pa.Schema":
    """The schema of columns with the native module's names of types."""
    arrow = module()
    return arrow.schema([arrow.field(name, data_type(arrow, kind)) for name, kind in fields])


def data_type(arrow: Any, kind: str) -> Any:
    """The type of a name such as `int32`, `decimal 8 2` or `list string`."""
    word, _, rest = kind.partition(" ")
    if word == "list":
        return arrow.list_(data_type(arrow, rest))
    if word == "decimal":
        precision, scale = map(int, rest.split())
        return arrow.decimal128(precision, scale)
    name, *arguments = _TYPES[word]
    return getattr(arrow, name)(*arguments)


def record_batch(schema: "pa.Schema", batch: tuple[int, list[Any]]) -> "pa.RecordBatch":
    """The batch that the native module has gathered."""
    arrow = module()
    rows, columns = batch
    if not columns:
        # a batch without columns has its length from a struct
        return arrow.RecordBatch.from_struct_array(arrow.array([{}] * rows, arrow.struct([])))
    pairs = zip(schema.types, columns, strict=True)
    arrays = [_array(arrow, data_type, column) for data_type, column in pairs]
    return arrow.RecordBatch.from_arrays(arrays, schema=schema)


def _array(arrow: Any, data_type: Any, column: Any) -> Any:
    length, nulls, validity, offsets, values, elements = column
    given = [validity] if offsets is None else [validity, offsets]
    if elements is None:
        given.append(values)
    buffers = [None if buffer is None else arrow.py_buffer(buffer) for buffer in given]
    children = None if elements is None else [_array(arrow, data_type.value_type, elements)]
    return arrow.Array.from_buffers(data_type, length, buffers, nulls, children=children)


def reader(data: Any) -> "pa.RecordBatchReader":
    """A reader of a table, a batch, a reader, or of anything that offers Arrow's C stream."""
    arrow = module()
    if isinstance(data, arrow.RecordBatchReader):
        return data
    if isinstance(data, arrow.RecordBatch):
        return arrow.RecordBatchReader.from_batches(data.schema, [data])
    if isinstance(data, arrow.Table):
        return data.to_reader(max_chunksize=ROWS_PER_BATCH)
    if hasattr(data, "__arrow_c_stream__"):
        return arrow.RecordBatchReader.from_stream(data)
    raise TypeError(
        "expected a table, a batch or a reader of pyarrow, or an object with "
        f"`__arrow_c_stream__`, found `{type(data).__name__}`"
    )


def rows(batches: "pa.RecordBatchReader") -> Iterator[tuple[Any, ...]]:
    """The rows of all batches, as Python values; timestamps of whole microseconds."""
    arrow = module()
    for batch in batches:
        columns = [_values(arrow, column) for column in batch.columns]
        yield from zip(*columns, strict=True) if columns else iter([()] * batch.num_rows)


def _values(arrow: Any, column: Any) -> list[Any]:
    kind = column.type
    if arrow.types.is_timestamp(kind) and kind.unit == "ns":
        # refuses what would lose nanoseconds
        column = column.cast(arrow.timestamp("us", kind.tz))
    elif arrow.types.is_duration(kind) and kind.unit == "ns":
        column = column.cast(arrow.duration("us"))
    elif arrow.types.is_time64(kind) and kind.unit == "ns":
        column = column.cast(arrow.time64("us"))
    values: list[Any] = column.to_pylist()
    return values
