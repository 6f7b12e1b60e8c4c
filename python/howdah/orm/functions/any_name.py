"""Any function by its name: `fn.similarity(Book.title, "rust", type=float)`.

No IO.
"""

from __future__ import annotations

from typing import Any, TypeVar, overload

from howdah._native import quote_identifier as quoted
from howdah.orm._types import sql_type
from howdah.orm.expressions import UNKNOWN, Expr, typed
from howdah.orm.operators.holds import arguments

A = TypeVar("A")


class Function:
    """A function of the database: `fn.name`, `fn.schema.name`."""

    __slots__ = ("_name",)

    def __init__(self, name: tuple[str, ...]) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Function:
        if name.startswith("__"):
            raise AttributeError(name)
        return Function((*self._name, name))

    def __getitem__(self, name: str) -> Function:
        """A function whose name is no name in Python: `fn["my function"]`."""
        return Function((*self._name, name))

    @overload
    def __call__(self, *values: Any) -> Expr[Any, Any]: ...
    @overload
    def __call__(self, *values: Any, type: type[A]) -> Expr[A, A]: ...
    def __call__(self, *values: Any, type: Any = None) -> Any:  # noqa: A002 (as in `cast`)
        """A call. `type` is what Python gets of it. Values become parameters."""
        if not self._name:
            raise TypeError("name the function: `fn.lower(…)`")
        name = ".".join(quoted(part) for part in self._name)
        type_ = None if type is None else sql_type(type)
        return typed(type_, (UNKNOWN,), f"{name}(", *arguments(values), ")")

    def __repr__(self) -> str:
        return f"<function {'.'.join(self._name)}>"


fn = Function(())
"""`fn.my_function(a, b, type=int)` calls any function of the database."""
