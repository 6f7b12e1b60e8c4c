"""Models, statements, and what runs them.

>>> from howdah.orm import Col, Many, Model, One, identity, many, one, references, select
"""

from howdah.orm.columns import Col, col, generated, identity, references, version
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
from howdah.orm.models import Model
from howdah.orm.paths import Related, alias
from howdah.orm.relations import Many, One, many, one
from howdah.orm.schema import create_all, ddl, drop_all
from howdah.orm.shapes import Shape, of
from howdah.orm.statements.base import Statement, text_of
from howdah.orm.statements.change import excluded, new, old
from howdah.orm.statements.delete import Delete, delete
from howdah.orm.statements.insert import Insert, insert
from howdah.orm.statements.merge import Merge, merge
from howdah.orm.statements.select import Select, select
from howdah.orm.statements.update import Update, update
from howdah.orm.transactions import AsyncTx, Tx
from howdah.orm.writes.events import after, before
from howdah.orm.writes.upserting import Upserted

__all__ = [
    "AsyncBound",
    "AsyncTx",
    "Bound",
    "Col",
    "Column",
    "Condition",
    "Delete",
    "Expr",
    "Insert",
    "Many",
    "Merge",
    "Model",
    "One",
    "Related",
    "Select",
    "Shape",
    "Statement",
    "Tx",
    "Update",
    "Upserted",
    "after",
    "alias",
    "all_of",
    "any_of",
    "before",
    "col",
    "create_all",
    "ddl",
    "delete",
    "drop_all",
    "excluded",
    "generated",
    "identity",
    "insert",
    "lit",
    "many",
    "merge",
    "new",
    "not_",
    "of",
    "old",
    "one",
    "raw",
    "references",
    "select",
    "text_of",
    "update",
    "version",
]
