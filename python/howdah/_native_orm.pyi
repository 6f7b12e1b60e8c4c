"""The part of `_native` that `howdah.orm` uses: objects, statements, schemas.

A stub without a module of its own: `_native.pyi` takes all of it. Two files, for one would be long.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Literal, Self, final

from howdah.orm._types import SqlType

class Instance:
    """The base of all models: an object that knows its cohort and its changes."""

    @property
    def _cohort(self) -> Cohort | None:
        """None for objects that the program made and nobody has adopted."""
    @property
    def _changes(self) -> dict[str, Any] | None:
        """Old values by attribute name, `NOT_LOADED` for one that was missing; None: unchanged."""
    def _forget_changes(self) -> None: ...

@final
class NotLoadedType:
    """The type of `NOT_LOADED`."""

    def __bool__(self) -> Literal[False]: ...

NOT_LOADED: Final[NotLoadedType]

@final
class Layout:
    """Where the slots of a model are."""

    def __new__(
        cls, model: type[Instance], columns: Iterable[str], relations: Iterable[str]
    ) -> Self: ...
    @property
    def model(self) -> type[Instance]: ...
    @property
    def columns(self) -> tuple[str, ...]: ...
    @property
    def relations(self) -> tuple[str, ...]: ...
    def rows(self, objects: Iterable[Instance], columns: Iterable[str]) -> list[tuple[Any, ...]]:
        """A tuple of the values of `columns` of each object, `NOT_LOADED` where there is none."""
    def blank(self) -> Any:
        """An object whose attributes are all missing, made without `__init__`."""
    def adopt(self, objects: Iterable[Instance], executor: object) -> Cohort:
        """Make objects loaded ones, in a cohort of their own, without changes."""

@final
class Cohort:
    """The objects of one model that one statement made; they are not kept by it."""

    executor: Any
    @property
    def layout(self) -> Layout: ...
    @property
    def state(self) -> dict[Any, Any]: ...
    def members(self) -> list[Any]:
        """Those that are alive, in the order of their rows."""
    def __len__(self) -> int: ...
    def values(
        self,
        name: str | Sequence[str],
        *,
        distinct: bool = False,
        nulls: bool = True,
        missing: str | None = None,
    ) -> list[Any]:
        """The values of a column (of several: tuples) in the members that have one, in order.

        `missing` names an attribute: only members that lack it count.
        """
    def fill(
        self,
        name: str,
        key: str | Sequence[str],
        found: dict[Any, Any],
        *,
        missing: bool = True,
        overwrite: bool = False,
    ) -> None:
        """Give each member that lacks `name` what `found` has for its key.

        One whose key is not found gets None, or with `missing=False` stays as it is.
        """
    def fill_many(
        self,
        name: str,
        key: str | Sequence[str],
        children: Cohort | None,
        foreign_key: str | Sequence[str],
        collection: Callable[[], list[Any]],
        back: str | None = None,
        *,
        overwrite: bool = False,
    ) -> None:
        """Give each member that lacks `name` a list of the children of its key, in order.

        `collection` makes an empty one. With `back`, the relation that leads back, the children can
        be given their parents: `fill_parents`.
        """
    def fill_pairs(
        self,
        name: str,
        key: str | Sequence[str],
        pairs: Iterable[tuple[Any, Any]],
        collection: Callable[[], list[Any]],
        *,
        overwrite: bool = False,
    ) -> None:
        """Give each member that lacks `name` a list of the objects paired with its key."""
    def fill_parents(self, name: str) -> None:
        """Give each member that lacks `name` the object that it was found for.

        Those are known by `fill_many` of the other side, and not kept alive; members whose parent
        is gone stay as they are.
        """

@final
class Entity:
    """An object of a model, from as many columns as it names.

    - `key` names columns that tell one object from another: rows of the same key give the same
      object.
    - `optional`: where all columns of the key (without one: all columns) are NULL there is None.
    - `parent`: the position of an earlier entity and the name of a slot of its model; the object
      is written there.
    - `shown`: whether the object is part of a row that is a tuple.
    - `converters`: callables by column name, called with each value that is not None.
    """

    def __new__(
        cls,
        layout: Layout,
        columns: Iterable[str],
        *,
        key: Iterable[str] | None = None,
        optional: bool = False,
        parent: tuple[int, str] | None = None,
        shown: bool = True,
        converters: Mapping[str, Callable[[Any], Any]] | None = None,
    ) -> Self: ...

@final
class Hydration:
    """What the rows of a statement become.

    Each entity takes as many columns as it names; None or a callable takes the next column's value
    (not NULL: by way of the callable). A row is `one`, the first entity's, or a `tuple` of all
    that are shown.
    """

    def __new__(
        cls,
        entities: Iterable[Entity | Callable[[Any], Any] | None],
        result: Literal["one", "tuple"],
    ) -> Self: ...
    def start(self, executor: object, *, alone: bool = False) -> Load:
        """One use: what `row=` takes.

        With `alone` it gives one object at most, whose cohort is made when it is asked for.
        """

@final
class Load:
    """One use of a hydration; `row=load` in a call that takes `row=`."""

    @property
    def cohorts(self) -> tuple[Any, ...]:
        """A Cohort by entity, None for a value: of the statement (or batch) that began last."""

@final
class Recording:
    """The rows of one answer as they came: `row=Recording(row, limit)`, and read again later.

    More than `limit` bytes are not kept. `value` stands for the first value of each row.
    """

    def __new__(cls, row: object, limit: int, *, value: bool = False) -> Self: ...
    @property
    def size(self) -> int | None:
        """In bytes; None where there is nothing to replay."""
    def replay(self, row: object, *, value: bool = False, first: bool = False) -> Any:
        """The rows, or with `first` one or None, made anew. Raises `LookupError`."""
    def to_bytes(self) -> bytes: ...
    @staticmethod
    def from_bytes(data: bytes, like: Recording) -> Recording:
        """Raises `ValueError`, and `LookupError` for types that are not known yet."""

@final
class Constructor:
    """Makes objects of a model from keywords, as the model's `__init__` would.

    A column begins with `("required", None)`, `("unset", None)`, `("value", value)` or
    `("factory", callable)`.
    """

    def __new__(
        cls,
        layout: Layout,
        parameters: list[tuple[str, tuple[str, Any]]],
        init: Callable[..., None],
    ) -> Self: ...
    def install(self) -> None:
        """Have calls of the model's class come here, as long as it has that `__init__`."""

@final
class ObjectRows:
    """Objects as the rows of a COPY: names of columns, with what makes their values the driver's.

    `first` are the values of a column before these.
    """

    def __new__(
        cls,
        layout: Layout,
        objects: list[Any],
        columns: list[tuple[str, Callable[[Any], Any] | None]],
        first: list[Any] | None = None,
    ) -> Self: ...
    def __len__(self) -> int: ...

def instances(objects: object) -> list[Any]:
    """One object of a model or many, as a list."""

def group_by_model(objects: list[Any]) -> list[tuple[Any, list[Any]]]:
    """The objects of each class, in the order in which the classes come first."""

def group_by_filled(
    layout: Layout, objects: Iterable[Instance]
) -> list[tuple[tuple[str, ...], list[Any]]]:
    """The objects that have a value in the same columns, with the names of these columns."""

def write_slot(layout: Layout, objects: Iterable[Instance], name: str, values: list[Any]) -> None:
    """Write a value into one slot of each object; that is no change of the program."""

def write_slots(
    layout: Layout,
    objects: Iterable[Instance],
    names: Iterable[str],
    rows: Iterable[tuple[Any, ...]],
) -> None:
    """Write a row of values into the slots of each object; that is no change of the program."""

def leave_cohort(objects: Iterable[Instance]) -> None:
    """Make objects new ones, which no database knows."""

def join_cohort(cohort: Cohort, object: Instance) -> None:
    """Make an object the last member of a cohort."""

def restore_changes(object: Instance, changes: dict[str, Any]) -> None:
    """Have an object know changes again that a transaction undid."""

class Fragment:
    """A piece of SQL: text, parameters, columns and other fragments, in order."""

    def __new__(cls, *parts: object, level: int = 9, kind: SqlType | None = None) -> Self: ...
    @property
    def _type(self) -> SqlType | None:
        """The type of its values, where it is known."""
    @property
    def _level(self) -> int:
        """How tightly it holds together: see `howdah.orm.expressions`."""

@final
class Param:
    """A value on its way into a statement."""

    def __new__(cls, value: object, cast: str | None = None) -> Self: ...
    @property
    def value(self) -> Any: ...
    @property
    def cast(self) -> str | None: ...

class Source:
    """Something that has columns: a table, an alias of one, a subquery, a function's rows."""

    def __new__(
        cls,
        label: str,
        *,
        table: str | None = None,
        content: object = None,
        columns: str | None = None,
        alias: bool = False,
        fixed: bool = False,
        cte: tuple[str, bool, str] | None = None,
    ) -> Self: ...
    @property
    def label(self) -> str: ...
    @property
    def table(self) -> str | None: ...
    @property
    def content(self) -> Any: ...

@final
class Compiled:
    """The text of a statement, and what the package keeps with it."""

    @property
    def sql(self) -> str: ...
    @property
    def extra(self) -> Any: ...
    @property
    def reads(self) -> frozenset[str]:
        """The names of the tables that it reads; `*` where its text is the program's own."""
    @property
    def writes(self) -> frozenset[str]:
        """The names of the tables that it writes."""

@final
class Shapes:
    """The statements that were met, by shape."""

    def __new__(cls) -> Self: ...
    def compile(self, statement: object) -> tuple[Compiled, tuple[Any, ...]]: ...
    def __len__(self) -> int: ...

def sources(fields: object) -> list[Source]: ...
def write_literally(
    fragment: Fragment, literal: Callable[[Param], str], *, qualified: bool = False
) -> str: ...
def schema_complete(schema: str) -> str: ...
def schema_create(schema: str) -> list[str]: ...
def schema_drop(schema: str) -> list[str]: ...
def schema_diff(before: str, after: str, options: str) -> str: ...
def schema_plan(before: str, after: str, options: str) -> str: ...
def schema_read(url: str, base: str, schemas: list[str] | None) -> str: ...
def schema_models(schema: str, title: str) -> str: ...
def schema_refresh_order() -> str: ...
def quote_identifier(name: str) -> str: ...
