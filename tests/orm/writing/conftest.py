"""The verbs on a connection whose database has the tables of `models`, too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from tests.orm.conftest import ConnectingVerbs
from tests.orm.writing.models import TABLES

if TYPE_CHECKING:
    import contextlib

    from howdah.orm import AsyncBound
    from tests.conftest import Connector


class ConnectingNotes(ConnectingVerbs):
    """Verbs on a connection that is opened when the test begins."""

    async def open(self, stack: contextlib.AsyncExitStack) -> Any:
        verbs = await super().open(stack)
        await verbs.connection.execute(TABLES)
        return verbs


@pytest.fixture
def notes(connector: Connector) -> AsyncBound:
    """The verbs on one connection of the test's world, with the tables of `models`."""
    return cast("AsyncBound", ConnectingNotes(connector))
