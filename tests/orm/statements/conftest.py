"""The verbs in UTC, on a database that has the table of `shelf` beside the library's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from tests.orm.conftest import ConnectingVerbs
from tests.orm.statements.shelf import TABLE

if TYPE_CHECKING:
    import contextlib

    from howdah.orm import AsyncBound
    from tests.conftest import Connector


class ConnectingShelf(ConnectingVerbs):
    """Verbs on a connection that is opened when the test begins."""

    async def open(self, stack: contextlib.AsyncExitStack) -> Any:
        verbs = await super().open(stack)
        await verbs.connection.execute("set timezone = 'UTC'")
        await verbs.connection.execute(TABLE)
        return verbs


@pytest.fixture
def db(connector: Connector) -> AsyncBound:
    """The verbs on one connection of the test's world."""
    return cast("AsyncBound", ConnectingShelf(connector))
