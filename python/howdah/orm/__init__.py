"""Models, statements, and what runs them.

>>> from howdah.orm import Col, Many, Model, One, identity, many, one, references, select
"""

from howdah.orm._types import TsQuery, TsVector
from howdah.orm.columns import Col, col, generated, identity, references, version
from howdah.orm.conversion import from_data, to_dict, update_from
from howdah.orm.executors import AsyncBound, Bound
from howdah.orm.expressions import (
    Column,
    Condition,
    Expr,
    all_of,
    any_of,
    lit,
    not_,
    raw,
)
from howdah.orm.functions import case, coalesce, count, fn, now
from howdah.orm.models import Model
from howdah.orm.operators.paths import Json, JsonPath
from howdah.orm.paths import Related, alias
from howdah.orm.relations import Many, One, many, one
from howdah.orm.schema import create_all, ddl, drop_all
from howdah.orm.shapes import Shape, of
from howdah.orm.statements.base import Statement, text_of
from howdah.orm.statements.change import excluded, new, old
from howdah.orm.statements.combined import Combined
from howdah.orm.statements.delete import Delete, delete
from howdah.orm.statements.insert import Insert, insert
from howdah.orm.statements.merge import Merge, merge
from howdah.orm.statements.page import Page
from howdah.orm.statements.select import Select
from howdah.orm.statements.selecting import select
from howdah.orm.statements.sources import Rows, raw_select, values
from howdah.orm.statements.stream import AsyncStream, Stream
from howdah.orm.statements.update import Update, update
from howdah.orm.transactions import AsyncTx, Tx
from howdah.orm.writes.events import after, before
from howdah.orm.writes.upserting import Upserted

__all__ = [
    "AsyncBound",
    "AsyncStream",
    "AsyncTx",
    "Bound",
    "Col",
    "Column",
    "Combined",
    "Condition",
    "Delete",
    "Expr",
    "Insert",
    "Json",
    "JsonPath",
    "Many",
    "Merge",
    "Model",
    "One",
    "Page",
    "Related",
    "Rows",
    "Select",
    "Shape",
    "Statement",
    "Stream",
    "TsQuery",
    "TsVector",
    "Tx",
    "Update",
    "Upserted",
    "after",
    "alias",
    "all_of",
    "any_of",
    "before",
    "case",
    "coalesce",
    "col",
    "count",
    "create_all",
    "ddl",
    "delete",
    "drop_all",
    "excluded",
    "fn",
    "from_data",
    "generated",
    "identity",
    "insert",
    "lit",
    "many",
    "merge",
    "new",
    "not_",
    "now",
    "of",
    "old",
    "one",
    "raw",
    "raw_select",
    "references",
    "select",
    "text_of",
    "to_dict",
    "update",
    "update_from",
    "values",
    "version",
]
