"""Functions that are called before and after objects are written, however many at once.

No IO. `@before(Question, "insert")` registers a function; the writing verbs call it with the list
of objects. Invariant: no way of writing objects leaves the events out. Statements
(`update(Question).where(…)`) have no objects, and no events.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Literal, TypeVar
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from howdah.orm.models import Model
    from howdah.orm.statements.base import Steps

M = TypeVar("M", bound="Model")

Operation = Literal["insert", "update", "delete"]
Listener = Callable[[list[M]], object]
Register = Callable[[Listener[M]], Listener[M]]

_OPERATIONS = ("insert", "update", "delete")
# whether anybody was ever registered: asked for each write, and quicker than the dictionary
_heard: set[str] = set()
_listeners: WeakKeyDictionary[type, dict[tuple[str, str], list[Any]]] = WeakKeyDictionary()


def before(model: type[M], *operations: Operation) -> Register[M]:
    """Call the function with the objects that are about to be inserted, updated or deleted.

    It may change them; what it raises keeps them from being written. Under asyncio it may be a
    coroutine function.

    >>> @howdah.orm.before(Question, "insert", "update")
    ... def tidy(questions: list[Question]) -> None:
    ...     for question in questions:
    ...         question.text = question.text.strip()
    """
    return _registering("before", model, operations)


def after(model: type[M], *operations: Operation) -> Register[M]:
    """Call the function with the objects that were inserted, updated or deleted.

    Their transaction may be open still, and may be rolled back. What it raises is raised by the
    verb.
    """
    return _registering("after", model, operations)


def forget(model: type[M], listener: Listener[M]) -> None:
    """Do not call the function any more."""
    known = _listeners.get(model, {})
    left = {it: [one for one in those if one != listener] for it, those in known.items()}
    _listeners[model] = {it: those for it, those in left.items() if those}


def _registering(when: str, model: type[M], operations: tuple[Operation, ...]) -> Register[M]:
    for operation in operations or (None,):
        if operation not in _OPERATIONS:
            raise ValueError(f"an event is of 'insert', 'update' or 'delete', found {operation!r}")

    def register(listener: Listener[M]) -> Listener[M]:
        _heard.add(model.__name__)
        known = _listeners.setdefault(model, {})
        for operation in operations:
            known.setdefault((when, operation), []).append(listener)
        return listener

    return register


def any_for(model: type) -> bool:
    """Whether somebody listens to what happens to objects of a model."""
    return len(_heard) > 0 and any(_listeners.get(base) for base in model.__mro__)


def call_before(operation: Operation, objects: Iterable[Any]) -> Steps:
    """Call those who want to know beforehand."""
    return _call("before", operation, objects)


def call_after(operation: Operation, objects: Iterable[Any]) -> Steps:
    """Call those who want to know afterwards."""
    return _call("after", operation, objects)


def _call(when: str, operation: Operation, objects: Iterable[Any]) -> Steps:
    if not _listeners:
        return
    groups: dict[type, list[Any]] = {}
    for one in objects:
        groups.setdefault(type(one), []).append(one)
    for model, members in groups.items():
        for base in reversed(model.__mro__):
            for listener in tuple(_listeners.get(base, {}).get((when, operation), ())):
                yield from _told(listener, members)


def _told(listener: Listener[Any], members: list[Any]) -> Steps:
    answer = listener(members)
    if inspect.isawaitable(answer):
        yield lambda _: answer
