"""What all statements have in common.

No IO. A statement is an immutable value: methods answer another one. `SHAPES` remembers the text of
each shape.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Generic, NoReturn, Self, TypeAlias, TypeVar

from howdah._native import Fragment, Shapes

if TYPE_CHECKING:
    from howdah._native import Compiled, Load

R_co = TypeVar("R_co", covariant=True)

# One call on a connection of either world; what it answers is sent back in.
Step: TypeAlias = Callable[[Any], Any]
Steps: TypeAlias = Generator[Step, Any, Any]

SHAPES = Shapes()


class Write:
    """A step that writes tables: these, as far as is known beforehand. `*` is any of them."""

    __slots__ = ("_step", "is_unknown", "writes")

    def __init__(self, step: Step, writes: Iterable[str], *, is_unknown: bool = False) -> None:
        self._step = step
        self.writes = frozenset(writes)
        self.is_unknown = is_unknown
        """It calls what only the program knows, which may change settings."""

    def __call__(self, connection: Any) -> Any:
        """Take it."""
        return self._step(connection)


class Unknown:
    """A step that only reads, and calls what only the program knows: see `Write.is_unknown`."""

    __slots__ = ("_step",)
    is_unknown = True

    def __init__(self, step: Step) -> None:
        self._step = step

    def __call__(self, connection: Any) -> Any:
        """Take it."""
        return self._step(connection)


def running(compiled: Compiled, step: Step) -> Step:
    """The step that runs a statement; what it writes is known."""
    return told(step, compiled.writes, is_unknown="*" in compiled.reads)


def told(step: Step, writes: Iterable[str], *, is_unknown: bool) -> Step:
    """A step that tells what it writes, and whether it does what nobody here knows."""
    if writes:
        return Write(step, writes, is_unknown=is_unknown)
    return Unknown(step) if is_unknown else step


def is_unknown(step: Step) -> bool:
    """Whether a step may do what nobody here knows."""
    return getattr(step, "is_unknown", False)


UNKNOWN_TABLES = frozenset({"*"})
"""What SQL writes that is not of this package."""


class Statement(Generic[R_co]):
    """A statement of which running gives an `R`. Running is what a database or connection does."""

    __slots__ = ()
    _slots: ClassVar[tuple[str, ...]] = ()
    is_read_only: ClassVar[bool] = False

    def _shape_fields(self) -> tuple[Any, ...]:
        """All that its text depends on, parameters included."""
        raise NotImplementedError

    def _write(self) -> tuple[Fragment, Any]:
        """Its text, and what running needs to know of the rows. Called once for each shape."""
        raise NotImplementedError

    def _steps(self, executor: Any) -> Steps:
        """The calls that run it, in order; returns an `R`.

        Objects that come from it load what they lack by `executor`.
        """
        raise NotImplementedError

    def _only_step(self, executor: Any) -> Step | None:  # noqa: ARG002 (for those that have one)
        """The one call whose answer is the result; None where more is to be done."""
        return None

    def _count_steps(self) -> Steps:
        """The calls that run it for its effect; returns how many rows it touched."""
        compiled, values = self._compile()
        count = yield running(compiled, lambda conn: conn.execute(compiled.sql, *values))
        return count

    def _fetching(self, executor: Any) -> tuple[Load, Step]:
        """The call that fetches all of its rows, and the load that makes them objects."""
        compiled, values = self._compile()
        load = compiled.extra.start(executor)
        step = running(compiled, lambda conn: conn.fetch(compiled.sql, *values, row=load))
        return load, step

    def _compile(self) -> tuple[Compiled, tuple[Any, ...]]:
        return SHAPES.compile(self)

    def _with(self, **changed: Any) -> Self:
        """The same statement with other fields."""
        other = object.__new__(type(self))
        for slot in self._slots:
            setattr(other, slot, changed[slot] if slot in changed else getattr(self, slot))
        return other

    # For type checkers it has none of these, and its truth is no bool: they report each use.
    if TYPE_CHECKING:

        def __bool__(self) -> None: ...

    else:

        def __bool__(self) -> NoReturn:
            raise TypeError(_no_hidden_query("bool"))

        def __len__(self) -> NoReturn:
            raise TypeError(_no_hidden_query("len"))

        def __iter__(self) -> NoReturn:
            raise TypeError(_no_hidden_query("iteration"))

        def __contains__(self, item: object) -> NoReturn:
            raise TypeError(_no_hidden_query("in"))


def no_statement(found: object) -> TypeError:
    """What to raise for something else in the place of a statement."""
    if hasattr(found, "__table__") and isinstance(found, type):
        name = found.__name__
        return TypeError(f"`{name}` is a model: `select({name})` is the statement that asks for it")
    return TypeError(f"expected a statement, such as `select(…)`, found `{type(found).__name__}`")


def _no_hidden_query(what: str) -> str:
    return (
        f"`{what}` on a statement would run a query behind your back: run it first, "
        "`db.fetch(statement)`, or ask the database: `statement.count()`, `statement.exists()`"
    )


def text_of(statement: Any) -> str:
    """The SQL of a statement or an expression, as it is sent; values are `$1`, `$2`.

    >>> print(howdah.orm.text_of(howdah.orm.select(Question.text).where(Question.id == 7)))
    select question.text from question where question.id = $1
    """
    if isinstance(statement, Fragment):
        statement = _Alone(statement)
    compiled, _ = SHAPES.compile(statement)
    return compiled.sql


class _Alone(Statement[Any]):
    """An expression by itself."""

    __slots__ = ("_fragment",)

    def __init__(self, fragment: Fragment) -> None:
        self._fragment = fragment

    def _shape_fields(self) -> tuple[Any, ...]:
        return ("expression", self._fragment)

    def _write(self) -> tuple[Fragment, Any]:
        return self._fragment, None
