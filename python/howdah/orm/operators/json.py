"""Operators of jsonb, and paths into it.

No IO. Part of `Expr`. `Model.prefs["a"]["b"]` is a `Json`, of any type; `Book.stats.at(lambda s:
s.views)` is a `JsonPath` whose type both checkers know, because the column is of a dataclass.

Invariant: keys that are plain words are part of the text, so that indexes on expressions and `group
by` work; all others are parameters.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar

from howdah._native import Fragment, Param
from howdah.errors import ProgrammingError
from howdah.orm import _json
from howdah.orm._types import SqlType, sql_type
from howdah.orm.operators.holds import TEXT, Holds, bound

if TYPE_CHECKING:
    from collections.abc import Callable

    from howdah.orm.expressions import Condition, Expr
    from howdah.orm.operators.paths import Json, JsonPath

A = TypeVar("A")
X = TypeVar("X")

JSONB = SqlType("jsonb", object, bind=_json.as_json)
_PATH = SqlType("jsonpath", str)
_TEXTS = sql_type(list[str])
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")


class JsonOperators:
    """What jsonb can do, beside `contains`, `contained_by`, `length` and `[…]`."""

    __slots__ = ()

    def at(self: Holds[X | None], path: Callable[[X], A]) -> JsonPath[A]:
        """The place in a dataclass that the path leads to.

        `Book.stats.at(lambda stats: stats.views)`.

        Fields, indexes of lists and keys of dicts lead further.
        """
        from howdah.orm.operators.paths import JsonPath

        made: JsonPath[A] = JsonPath.along(self, path)
        return made

    def has_key(self: Holds[dict[str, Any] | None], key: str | Expr[str, Any]) -> Condition:
        """The object has this key, the array this text: `?`."""
        return self._condition(as_jsonb(self), " ? ", bound(key, TEXT), level=4)

    def has_any_key(self: Holds[dict[str, Any] | None], *keys: str) -> Condition:
        """It has one of these keys: `?|`."""
        return self._condition(as_jsonb(self), " ?| ", bound(list(keys), _TEXTS), level=4)

    def has_all_keys(self: Holds[dict[str, Any] | None], *keys: str) -> Condition:
        """It has all of these keys: `?&`."""
        return self._condition(as_jsonb(self), " ?& ", bound(list(keys), _TEXTS), level=4)

    def path_exists(self: Holds[dict[str, Any] | None], path: str) -> Condition:
        r"""Something is where a path of PostgreSQL's language leads.

        `@?`, such as `"$.tags[*] ? (@ == \"a\")"`.
        """
        return self._condition(as_jsonb(self), " @? ", bound(path, _PATH), level=4)

    def path_match(self: Holds[dict[str, Any] | None], path: str) -> Condition:
        """A condition of PostgreSQL's path language holds: `@@`, such as `"$.size > 3"`."""
        return self._condition(as_jsonb(self), " @@ ", bound(path, _PATH), level=4)

    def path_query(self: Holds[dict[str, Any] | None], path: str) -> Json:
        """The first that is where a path of PostgreSQL's language leads.

        `jsonb_path_query_first`.
        """
        whole = self._within(
            JSONB, "jsonb_path_query_first(", as_jsonb(self), ", ", bound(path, _PATH), ")"
        )
        from howdah.orm.operators.paths import Json

        return Json.of(whole, ())

    def json_type(self: Holds[dict[str, Any] | None]) -> Expr[str | None, str]:
        """`object`, `array`, `string`, `number`, `boolean` or `null`: `jsonb_typeof`."""
        made: Expr[str | None, str] = self._within(TEXT, "jsonb_typeof(", as_jsonb(self), ")")
        return made


def as_jsonb(value: Any) -> Any:
    """A value of jsonb; one of `json` becomes it."""
    if value._type is not None and value._type.name == "json":
        return value._within(JSONB, "cast(", value, " as jsonb)")
    return value


def step(key: Any) -> Any:
    """A key or index after `->`."""
    if isinstance(key, bool) or not isinstance(key, int | str | Fragment):
        raise ProgrammingError(
            f"jsonb has texts as keys and whole numbers as indexes, found {key!r}"
        )
    if isinstance(key, int):
        return str(key) if key >= 0 else f"({key})"
    if isinstance(key, str):
        return f"'{key}'" if _PLAIN.fullmatch(key) else Param(key, "text")
    return key


def arrows(base: Any, path: tuple[Any, ...], last: str = " -> ") -> list[Any]:
    """`base -> 'a' -> 'b'`; the last arrow may be another one."""
    parts: list[Any] = [base]
    for place, key in enumerate(path, 1):
        parts += [last if place == len(path) else " -> ", step(key)]
    return parts
