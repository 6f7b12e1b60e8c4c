"""Rows of the program as a source of a statement: `unnest` of arrays, or `values`.

No IO. Called by statements that write many rows. Invariant: with `unnest` the text, and so the
prepared statement, is the same for any number of rows; `values` is for columns that are arrays
themselves, which `unnest` would flatten.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from howdah._native import Fragment, Param, Source
from howdah._native import quote_identifier as quoted
from howdah.errors import ProgrammingError
from howdah.orm.expressions import LIST
from howdah.orm.statements.writing import separated

if TYPE_CHECKING:
    from howdah.orm._types import SqlType

# the protocol counts parameters in 16 bits
MOST_PARAMETERS = 65_535
# a statement with `values` has a text for each number of rows, and is written once for it: so many
# parameters are written in milliseconds, and the next thousand rows find the text
PARAMETERS_AT_ONCE = 2_000

Given = tuple[str, "SqlType", Sequence[Any]]
"""A column: its name in the source, its type, and its value in each row."""


def given_rows(columns: Sequence[Given], label: str = "given") -> Source:
    """A source of these rows."""
    names = ", ".join(quoted(name) for name, _, _ in columns)
    content = _values(columns) if has_arrays(columns) else _unnest(columns)
    return Source(label, content=content, columns=f"({names})", alias=True)


def has_arrays(columns: Sequence[Given]) -> bool:
    """Whether a column is an array itself."""
    return any(type_.item is not None for _, type_, _ in columns)


def rows_at_once(columns: int) -> int:
    """How many rows of so many columns one statement with `values` is given."""
    return max(PARAMETERS_AT_ONCE // max(columns, 1), 1)


def _unnest(columns: Sequence[Given]) -> Fragment:
    arrays = [
        Param([type_.bound(value) for value in values], f"{type_.name}[]")
        for _, type_, values in columns
    ]
    return Fragment("unnest(", *separated(arrays), ")", level=LIST)


def _values(columns: Sequence[Given]) -> Fragment:
    count = len(columns[0][2])
    if count * len(columns) > MOST_PARAMETERS:
        raise ProgrammingError(
            f"{count} rows with array columns are too many for one statement",
            hint=f"at most {MOST_PARAMETERS // len(columns)}; `db.insert(…)` takes any number",
        )
    rows: list[Any] = []
    for place in range(count):
        row = [Param(type_.bound(values[place]), type_.name) for _, type_, values in columns]
        rows.append(Fragment("(", *separated(row), ")", level=LIST))
    return Fragment("(values ", *separated(rows), ")", level=LIST)
