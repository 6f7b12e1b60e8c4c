"""Functions, procedures, and the triggers that call them. No IO."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from howdah.errors import ProgrammingError
from howdah.orm.schema.access import Grant, grant_value
from howdah.orm.schema.base import (
    Collector,
    Declared,
    Expression,
    Place,
    SchemaObject,
    expression_text,
    name_value,
    said,
)
from howdah.orm.schema.constraints import deferral

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, kw_only=True)
class Routine(Declared):
    """A function or procedure."""

    name: str
    schema: str | None = None
    kind: Literal["function", "procedure"] = "function"
    arguments: str = ""
    signature: str | None = None
    returns: str | None = None
    language: str = "sql"
    body: str = ""
    atomic: bool = False
    volatility: Literal["volatile", "stable", "immutable"] = "volatile"
    strict: bool = False
    security_definer: bool = False
    leakproof: bool = False
    window: bool = False
    parallel: Literal["unsafe", "restricted", "safe"] = "unsafe"
    cost: float | None = None
    rows: float | None = None
    settings: Mapping[str, str] | None = None
    comment: str | None = None
    grants: Sequence[Grant] | None = None

    def add_to_table(self, table: Place) -> None:
        """A function that a model declares is made with it."""
        if table.schema.is_new(self):
            self.add_to(table.schema)

    def add_to(self, schema: Collector) -> None:
        """Put it into a schema."""
        schema.name_schema(self.schema)
        value = said(
            name=name_value(self.name, self.schema),
            kind=None if self.kind == "function" else self.kind,
            arguments=self.arguments,
            signature=self.signature,
            returns=self.returns,
            language=self.language,
            atomic=self.atomic,
            volatility=None if self.volatility == "volatile" else self.volatility,
            strict=self.strict,
            security_definer=self.security_definer,
            leakproof=self.leakproof,
            window=self.window,
            parallel=None if self.parallel == "unsafe" else self.parallel,
            cost=None if self.cost is None else f"{self.cost:g}",
            rows=None if self.rows is None else f"{self.rows:g}",
            settings=list((self.settings or {}).items()),
            comment=self.comment,
        )
        value["body"] = self.body
        if self.grants is not None:
            value["grants"] = [grant_value(it) for it in self.grants]
        schema.add("routines", value)


def function(
    name: str,
    arguments: str = "",
    *,
    returns: str,
    body: str,
    language: str = "sql",
    **options: Any,
) -> Routine:
    """A function: `function("half", "n integer", returns="integer", body="select n / 2")`.

    `atomic=True` where the body is `return …` or `begin atomic …`, which is read when the function
    is made. Other options:
    `schema`, `signature` (the types of the arguments, where several functions have the name),
    `volatility`, `strict`,
    `security_definer`, `leakproof`, `parallel`, `cost`, `rows`, `settings`, `comment`, `grants`.
    """
    return Routine(
        name=name, arguments=arguments, returns=returns, body=body, language=language, **options
    )


def procedure(
    name: str, arguments: str = "", *, body: str, language: str = "sql", **options: Any
) -> Routine:
    """A procedure: as a function, called by `call`. Options as those of `function`."""
    return Routine(
        name=name, kind="procedure", arguments=arguments, body=body, language=language, **options
    )


@dataclass(frozen=True, kw_only=True)
class Trigger(Declared):
    """A call of a function when rows change."""

    name: str
    when: str
    function: Routine | str
    arguments: Sequence[str] = ()
    columns: Sequence[str] = ()
    each: Literal["row", "statement"] = "row"
    condition: Expression | None = None
    old_table: str | None = None
    new_table: str | None = None
    constraint: bool = False
    deferrable: bool = False
    initially_deferred: bool = False
    enabled: Literal["origin", "disabled", "replica", "always"] = "origin"
    comment: str | None = None

    def add_to_table(self, table: Place) -> None:
        """Put it, and its function, into the value of a model's table."""
        timing, events = _moment(self.when)
        table.add(
            "triggers",
            {
                "timing": timing,
                "events": events,
                **said(
                    name=self.name,
                    columns=table.columns(self.columns),
                    for_each_statement=self.each == "statement",
                    condition=None if self.condition is None else expression_text(self.condition),
                    function=self._function(table),
                    arguments=list(self.arguments),
                    old_table=self.old_table,
                    new_table=self.new_table,
                    constraint=self.constraint,
                    deferral=deferral(self.deferrable, self.initially_deferred),
                    enabled=None if self.enabled == "origin" else self.enabled,
                    comment=self.comment,
                ),
            },
        )

    def _function(self, table: Place) -> dict[str, Any]:
        if isinstance(self.function, str):
            return name_value(self.function)
        self.function.add_to_table(table)
        return name_value(self.function.name, self.function.schema)


def _moment(when: str) -> tuple[str, list[str]]:
    """`before insert or update` as its parts."""
    words = when.lower().split()
    timing = "instead of" if words[:2] == ["instead", "of"] else words[0] if words else ""
    events = [word for word in words[len(timing.split()) :] if word != "or"]
    known = {"insert", "update", "delete", "truncate"}
    if (
        timing not in {"before", "after", "instead of"}
        or not events
        or not known.issuperset(events)
    ):
        raise ProgrammingError(
            f"`{when}` is no moment of a trigger",
            hint='such as `"before insert or update"`; columns go into `columns=`',
        )
    return timing, events


def trigger(
    name: str,
    when: str,
    function: Routine | str,
    *arguments: str,
    columns: Sequence[str] = (),
    each: Literal["row", "statement"] = "row",
    condition: str | None = None,
    **options: Any,
) -> Trigger:
    """A call of a function when rows change: `trigger("touch", "before update", touch)`.

    - `function`: a declared one, which is made with the table, or the name of one.
    - `columns`: those whose update counts. `condition`: of `old` and `new`, in SQL.
    - options: `old_table`, `new_table` (names under which a trigger of a statement sees the rows),
      `constraint`, `deferrable`, `initially_deferred`, `enabled`, `comment`.
    """
    return Trigger(
        name=name,
        when=when,
        function=function,
        arguments=arguments,
        columns=columns,
        each=each,
        condition=condition,
        **options,
    )


__all__ = ["Routine", "SchemaObject", "Trigger", "function", "procedure", "trigger"]
