"""Which tables an answer depends on, and which change when one is written.

No IO. Names are those of the tables as statements write them, without `public.`; other names of an
answer are its tags. Invariant: what is not known is `*`: an answer from SQL of the program's own
depends on everything, unless the program says on what.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from howdah.caching._ledger import EVERYTHING
from howdah.errors import ProgrammingError
from howdah.orm.models import Model
from howdah.orm.schema.base import Collector, Place
from howdah.orm.schema.constraints import Constraint
from howdah.orm.tables import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_PASSED_ON = {"cascade", "set null", "set default"}


def table_name(model: type[Model]) -> str:
    """The name of a model's table."""
    return canonical(model.__table__.sql_name)


def canonical(name: str) -> str:
    """One name for `book` and `public.book`."""
    return name.removeprefix("public.")


def tag_name(tag: str) -> str:
    """The name under which a tag is kept, which is no table's."""
    return f"#{tag}"


def names_of(tags: Iterable[Any]) -> frozenset[str]:
    """The names of tags, which are texts or models."""
    if isinstance(tags, str):
        raise ProgrammingError("`tags` is a collection of tags", hint=f"`tags=[{tags!r}]`")
    return frozenset(map(_name, tags))


def _name(tag: Any) -> str:
    if isinstance(tag, str):
        return tag_name(tag)
    if isinstance(tag, type) and issubclass(tag, Model):
        return table_name(tag)
    raise ProgrammingError(f"a tag is a text or a model, found `{type(tag).__name__}`")


def read_names(tables: Iterable[str], tagged: frozenset[str]) -> frozenset[str]:
    """What an answer depends on that reads these tables and has these tags."""
    names = {canonical(name) for name in tables}
    if EVERYTHING in names and any(not name.startswith("#") for name in tagged):
        names.remove(EVERYTHING)
    found = set(tagged)
    for name in names:
        found |= _graph().sources(name)
    return frozenset(found)


def written_names(tables: Iterable[str]) -> frozenset[str]:
    """What changes when these tables are written: also what foreign keys reach."""
    found: set[str] = set()
    left = [canonical(name) for name in tables]
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += _graph().reached.get(name, ())
    return frozenset(found)


class _Graph:
    """How the tables of the program's models hang together."""

    def __init__(self, count: int) -> None:
        self.count = count
        """How many models there were."""
        self.reached: dict[str, set[str]] = {}
        """Tables that change with another one."""
        self._views: dict[str, Any] = {}
        self._sources: dict[str, frozenset[str]] = {}
        for model in models():
            self._add(model)

    def sources(self, name: str) -> frozenset[str]:
        """What a table or view reads."""
        found = self._sources.get(name)
        if found is None:
            self._sources[name] = frozenset({name})  # a view that reads itself ends here
            found = self._sources[name] = frozenset({name}) | self._of_view(name)
        return found

    def _add(self, model: type[Model]) -> None:
        table = model.__table__
        name = table_name(model)
        if "view" in table.options:
            if not table.options.get("materialized"):
                self._views[name] = table.options["view"]
            return
        for other in _referenced(model):
            self.reached.setdefault(other, set()).add(name)
        for parent in table.options.get("inherits", ()):
            of = parent if isinstance(parent, str) else parent.__table__.sql_name
            self.reached.setdefault(name, set()).add(canonical(of))

    def _of_view(self, name: str) -> frozenset[str]:
        query = self._views.get(name)
        if query is None:
            return frozenset()
        query = query() if callable(query) else query
        if isinstance(query, str):
            return frozenset({EVERYTHING})
        tables = query._compile()[0].reads
        return frozenset().union(*(self.sources(canonical(it)) for it in tables))


def models(base: Any = Model) -> Iterator[type[Model]]:
    """All models of the program."""
    for model in type.__subclasses__(base):
        if "__table__" in vars(model):
            yield model
        yield from models(model)


def _referenced(model: type[Model]) -> Iterator[str]:
    """The tables whose changes a foreign key passes on to this one."""
    table = model.__table__
    for field in table._fields.values():
        reference = getattr(field.options, "reference", None)
        if reference is not None and {reference.on_delete, reference.on_update} & _PASSED_ON:
            yield canonical(reference.column().source.table)
    declared: Any = table.declared
    for one in declared(model) if callable(declared) else declared:
        if isinstance(one, Constraint):
            try:
                value = one.write(Place(Collector(), model, {}))
            except ProgrammingError:
                continue  # it is in no database: making its table raises the same
            if {value.get("on_delete"), value.get("on_update")} & _PASSED_ON:
                other = value["references"]
                yield canonical(".".join(filter(None, (other.get("schema"), other["name"]))))


_known: _Graph | None = None
_lock = threading.Lock()


def _graph() -> _Graph:
    global _known  # noqa: PLW0603 (one for the process, made again when there are more models)
    known = _known
    if known is None or known.count != Table.made:
        with _lock:
            known = _known = _Graph(Table.made)
    return known
