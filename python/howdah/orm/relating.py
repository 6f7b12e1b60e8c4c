"""Setting a relation: `book.author = ann` sets the foreign key.

No IO. Called by models before the slot of a relation is written. Invariant: an object's relation
and its foreign key never contradict each other by an assignment of the relation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from howdah.errors import ProgrammingError

if TYPE_CHECKING:
    from howdah.orm.tables import Relation


def relate(instance: Any, relation: Relation, value: Any) -> None:
    """Set the foreign key that a relation is made of to the key of another object, or None.

    Raises `ProgrammingError` for a relation that is not made of a key of this object, for an
    object without a key, and for None where the key is not null; `TypeError` for what is no object
    of the other model.
    """
    model = relation.model.__name__
    where = f"{model}.{relation.name}"
    if relation.many or relation.local not in relation.model.__table__.references():
        raise ProgrammingError(f"`{where}` cannot be set", hint=_instead(relation))
    if value is None and not relation.model.__table__.columns[relation.local].nullable:
        raise ProgrammingError(
            f"`{where}` cannot be None: `{model}.{relation.local}` is not null",
            hint=f"set another `{relation.target.__name__}`; a key that may be missing is "
            f"`{relation.local}: Col[… | None]`",
        )
    if value is not None and not isinstance(value, relation.target):
        expected, found = relation.target.__name__, type(value).__name__
        raise TypeError(f"`{where}` is an object of `{expected}`, found `{found}`")
    key = None if value is None else relation.target.__table__.loaded(value).get(relation.remote)
    if value is not None and key is None:
        raise ProgrammingError(
            f"`{where}`: the `{relation.target.__name__}` has no `{relation.remote}` yet",
            hint="insert it first",
        )
    if instance.__table__.loaded(instance).get(relation.local, ...) != key:
        setattr(instance, relation.local, key)


def _instead(relation: Relation) -> str:
    """What to write in the place of setting a relation that others make."""
    model, name = relation.model.__name__, relation.name
    if relation.between is not None:
        return f"`db.set({model.lower()}, {model}.{name}, […])` links these objects and no others"
    return f"set `{relation.target.__name__}.{relation.remote}` of the other object"
