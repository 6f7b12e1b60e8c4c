"""Steps that take effect together.

Does IO by the connection that the steps run on. Invariant: when the steps raise, whatever they did
is undone before the error goes on.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from howdah.orm.statements.base import Write

if TYPE_CHECKING:
    from howdah.orm.statements.base import Steps


def whole(steps: Steps) -> Steps:
    """The steps inside of a transaction of their own, or of a savepoint where one is open."""
    block: Any = None

    def enter(conn: Any) -> Any:
        nonlocal block
        block = conn.transaction()
        return call_block(block, "enter")

    yield Write(enter, ())
    try:
        result = yield from steps
    except BaseException:
        failure = sys.exc_info()
        yield lambda _: call_block(block, "exit", *failure)
        raise
    yield lambda _: call_block(block, "exit", None, None, None)
    return result


def call_block(block: Any, what: str, *arguments: Any) -> Any:
    """`__enter__` or `__exit__`, of either world: what it answers may have to be awaited."""
    name = f"__a{what}__" if hasattr(block, "__aenter__") else f"__{what}__"
    return getattr(block, name)(*arguments)
