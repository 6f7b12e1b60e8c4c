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
from howdah.orm.statements.base import Statement, text_of
from howdah.orm.statements.select import Select, select

__all__ = [
    "AsyncBound",
    "Bound",
    "Col",
    "Column",
    "Condition",
    "Expr",
    "Many",
    "Model",
    "One",
    "Related",
    "Select",
    "Statement",
    "alias",
    "all_of",
    "any_of",
    "col",
    "create_all",
    "ddl",
    "drop_all",
    "generated",
    "identity",
    "lit",
    "many",
    "not_",
    "one",
    "raw",
    "references",
    "select",
    "text_of",
    "version",
]
