"""Comparisons: what every expression can do.

No IO. Part of `Expr`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from howdah._native import Fragment, Param

if TYPE_CHECKING:
    from howdah.orm.expressions import Condition, Expr
    from howdah.orm.statements.base import Statement

T_co = TypeVar("T_co", covariant=True)
V_contra = TypeVar("V_contra", contravariant=True)


class Comparisons(Generic[T_co, V_contra]):
    """`=`, `<`, `in`, `between`, `is null` …."""

    __slots__ = ()
    __hash__ = Fragment.__hash__

    if TYPE_CHECKING:

        def _compared(self, operator: str, other: Any, /) -> Condition: ...
        def _condition(self, *parts: Any) -> Condition: ...

    def __eq__(  # type: ignore[override]
        self, other: V_contra | Expr[V_contra | None, Any] | None
    ) -> Condition:  # pyright: ignore[reportIncompatibleMethodOverride]
        """`=`; `is null` for None."""
        if other is None:
            return self.is_null()
        return self._compared(" = ", other)

    def __ne__(  # type: ignore[override]
        self, other: V_contra | Expr[V_contra | None, Any] | None
    ) -> Condition:  # pyright: ignore[reportIncompatibleMethodOverride]
        """`<>`; `is not null` for None. As in SQL, null is not unequal to anything."""
        if other is None:
            return self.is_not_null()
        return self._compared(" <> ", other)

    def __lt__(self, other: V_contra | Expr[V_contra | None, Any]) -> Condition:
        return self._compared(" < ", other)

    def __le__(self, other: V_contra | Expr[V_contra | None, Any]) -> Condition:
        return self._compared(" <= ", other)

    def __gt__(self, other: V_contra | Expr[V_contra | None, Any]) -> Condition:
        return self._compared(" > ", other)

    def __ge__(self, other: V_contra | Expr[V_contra | None, Any]) -> Condition:
        return self._compared(" >= ", other)

    def is_null(self) -> Condition:
        """`is null`."""
        return self._condition(self, " is null")

    def is_not_null(self) -> Condition:
        """`is not null`."""
        return self._condition(self, " is not null")

    def is_distinct_from(self, other: V_contra | Expr[V_contra | None, Any] | None) -> Condition:
        """Unequal, where null is a value like another."""
        return self._compared(" is distinct from ", other)

    def is_not_distinct_from(
        self, other: V_contra | Expr[V_contra | None, Any] | None
    ) -> Condition:
        """Equal, where null is a value like another."""
        return self._compared(" is not distinct from ", other)

    def between(
        self,
        low: V_contra | Expr[V_contra | None, Any],
        high: V_contra | Expr[V_contra | None, Any],
    ) -> Condition:
        """At least `low` and at most `high`."""
        from howdah.orm.expressions import operand

        one = cast("Expr[Any, Any]", self)
        return self._condition(self, " between ", operand(one, low), " and ", operand(one, high))

    def in_(self, values: Iterable[V_contra] | Statement[list[Any]]) -> Condition:
        """One of the values, or of a statement's rows. All values are one parameter, an array."""
        return self._member(values, " = any (", " in ")

    def not_in(self, values: Iterable[V_contra] | Statement[list[Any]]) -> Condition:
        """None of the values, or of a statement's rows."""
        return self._member(values, " <> all (", " not in ")

    def _member(self, values: Any, operator: str, of_statement: str) -> Condition:
        if hasattr(values, "_shape_fields"):
            return self._condition(self, of_statement, values)
        if isinstance(values, str | bytes | Mapping):
            raise TypeError(f"`in_` takes several values, found `{type(values).__name__}`")
        type_ = cast("Expr[Any, Any]", self)._type
        if type_ is not None and type_.item is not None:
            return self._member_of_arrays(list(values), operator)
        bind = type_.bind if type_ is not None else None
        items = list(values) if bind is None else [bind(value) for value in values]
        array = Param(items, f"{type_.name}[]" if type_ is not None else None)
        return self._condition(self, operator, array, ")")

    def _member_of_arrays(self, values: list[Any], operator: str) -> Condition:
        # arrays of arrays are one array of several dimensions in SQL: they are compared one by one
        from howdah.orm.expressions import Condition, all_of, any_of, operand

        one = cast("Expr[Any, Any]", self)
        if operator == " = any (":
            return any_of(*(Condition(one, " = ", operand(one, it), level=4) for it in values))
        return all_of(*(Condition(one, " <> ", operand(one, it), level=4) for it in values))
