"""COPY as SQL: its options, its names, and what it needs to know of a table.

No IO. Called by both kinds of connection. Invariant: every name and value that a program gave is
quoted; `where` and queries are SQL that the program wrote.
"""

from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from typing import Any, Literal, NamedTuple, TypeAlias, TypedDict

from howdah import _identifiers
from howdah.errors import ProgrammingError

Format: TypeAlias = Literal["text", "csv", "binary"]
Progress: TypeAlias = Callable[[int, int], object]
"""Called as `progress(rows, bytes)`, ten times a second at most and once at the end."""
FilePath: TypeAlias = str | PathLike[str]

CHUNK_BYTES = 256 * 1024
"""How much is read from or written to a file at once."""


class CopyOptions(TypedDict, total=False):
    """Options that COPY has in both directions; what is not given is PostgreSQL's default."""

    format: Format
    """`text` (the default), `csv` or `binary`."""
    header: bool | Literal["match"]
    """A first line with the columns' names; `match` checks them (in only)."""
    delimiter: str
    null: str
    """The text that stands for NULL."""
    quote: str
    escape: str
    encoding: str
    """The encoding of the data, if it is not UTF-8."""


class CopyInOptions(CopyOptions, total=False):
    """Options of COPY from the client."""

    default: str
    """The text that stands for the column's default. PostgreSQL 16."""
    force_null: Sequence[str] | Literal["*"]
    """csv: columns whose quoted values are compared with `null` too."""
    force_not_null: Sequence[str] | Literal["*"]
    """csv: columns whose values are never NULL."""
    freeze: bool
    """Rows are frozen at once; only for a table made in the same transaction."""
    on_error: Literal["stop", "ignore"]
    """Skip rows with values that their columns cannot hold. PostgreSQL 17."""
    reject_limit: int
    """How many rows `on_error="ignore"` may skip. PostgreSQL 18."""
    log_verbosity: Literal["default", "verbose", "silent"]
    """`verbose`: a notice for each row that was skipped. PostgreSQL 17."""


class CopyRowsOptions(TypedDict, total=False):
    """Options of COPY of rows."""

    format: Literal["binary", "text"]
    """Binary where every column has a binary form, unless given."""
    freeze: bool
    on_error: Literal["stop", "ignore"]
    """Skip rows with values that their columns cannot hold. PostgreSQL 17."""
    reject_limit: int
    """How many rows `on_error="ignore"` may skip. PostgreSQL 18."""
    log_verbosity: Literal["default", "verbose", "silent"]


class CopyOutOptions(CopyOptions, total=False):
    """Options of COPY to the client."""

    force_quote: Sequence[str] | Literal["*"]
    """csv: columns whose values are always quoted."""


_TEXTS = {"delimiter", "null", "quote", "escape", "encoding", "default"}
_LISTS = {"force_null", "force_not_null", "force_quote"}


def options(given: Mapping[str, Any], known: type) -> str:
    """The options of COPY, for within its parentheses.

    >>> print(options({"format": "csv", "header": True, "null": "n/a"}, CopyOutOptions))
    format csv, header true, null 'n/a'
    """
    check(given, known)
    named = {"format": "text", **given}
    return ", ".join(f"{n} {_value(n, v)}" for n, v in named.items() if v is not None)


def check(given: Mapping[str, Any], known: type) -> None:
    """Refuse options that there are not."""
    for name in given:
        if name not in known.__annotations__:
            raise TypeError(f"this kind of COPY has no option `{name}`")


def _value(name: str, value: Any) -> str:
    if name in _TEXTS:
        return literal(value)
    if name in _LISTS and value != "*":
        return f"({column_list(value)})"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    word = str(value)
    if word != "*" and not word.isidentifier():
        raise ProgrammingError(f"`{word!r}` is no value of COPY's option `{name}`")
    return word


def literal(text: str) -> str:
    r"""A string literal that means the same under every setting.

    >>> print(literal("it's"), literal("\\"))
    'it''s' E'\\'
    """
    if not isinstance(text, str):
        raise TypeError(f"an option of COPY must be a `str`, found `{type(text).__name__}`")
    doubled = text.replace("'", "''")
    return "E'" + doubled.replace("\\", "\\\\") + "'" if "\\" in doubled else f"'{doubled}'"


def column_list(columns: Sequence[str]) -> str:
    """Columns as COPY names them."""
    if isinstance(columns, str):
        raise TypeError("columns must be a sequence of names, found one `str`")
    return _identifiers.column_list(columns)


COLUMNS = """
    select attname::text, atttypid::oid from pg_catalog.pg_attribute
    where attrelid = $1::text::regclass and attnum > 0 and not attisdropped
      and case when $2::text[] is null then attgenerated = '' else attname = any ($2::text[]) end
    order by pg_catalog.array_position($2::text[], attname::text), attnum
"""
"""Names and types of the columns that COPY fills; parameters: the quoted name of the table, and the
columns' names or NULL for all that are not generated."""


def from_stdin(
    relation: str, columns: Sequence[str] | None, options_text: str, where: str | None
) -> str:
    """COPY into a quoted relation."""
    chosen = "" if columns is None else f" ({column_list(columns)})"
    condition = "" if where is None else f" where {where}"
    return f"copy {relation}{chosen} from stdin ({options_text}){condition}"


def rows_from_stdin(
    relation: str,
    columns: Sequence[str],
    given: Mapping[str, Any],
    where: str | None,
) -> tuple[str | None, str | None]:
    """COPY of rows in the binary and in the text format; None for one that is out of the question.

    Rows that cannot be read can be skipped in text alone.
    """
    check(given, CopyRowsOptions)
    wish = given.get("format")
    if wish not in {None, "binary", "text"}:
        raise ValueError(f"rows are copied in the format `binary` or `text`, not `{wish}`")
    text_only = any(given.get(name) is not None for name in ("on_error", "reject_limit"))
    statements = [
        from_stdin(relation, columns, options({**given, "format": name}, CopyInOptions), where)
        if wish in {None, name} and not (name == "binary" and text_only)
        else None
        for name in ("binary", "text")
    ]
    if statements == [None, None]:
        raise ValueError('`on_error` and `reject_limit` need `format="text"`')
    return statements[0], statements[1]


class Asked(NamedTuple):
    """What COPY to the client was asked for."""

    query: str | None
    args: Sequence[Any]
    table: _identifiers.Name | None
    columns: Sequence[str] | None
    timeout: float | None
    progress: Progress | None

    def checked(self) -> "Asked":
        """Itself, if it is of one piece; `TypeError` otherwise."""
        if (self.query is None) == (self.table is None):
            raise TypeError("COPY to the client takes either a query or `table=`")
        if self.query is not None and self.columns is not None:
            raise TypeError("`columns` go with `table=`; a query names its own")
        if self.table is not None and self.args:
            raise TypeError("a table takes no parameters")
        return self

    def statement(self) -> str | None:
        """The query to copy; None where the table must be asked for its columns first."""
        if self.query is not None:
            return self.query.rstrip().removesuffix(";")
        return None if self.columns is None else self.select(self.columns)

    def relation(self) -> str:
        """The quoted name of the table."""
        return _identifiers.qualified(self.table or "")

    def select(self, columns: Sequence[str]) -> str:
        """The query for columns of the table."""
        return f"select {column_list(columns)} from {self.relation()}"
