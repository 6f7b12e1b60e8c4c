"""SQLAlchemy's suite, with what it must be told of cursors that it does not know."""

from typing import Any

from sqlalchemy.testing.suite import *  # noqa: F403
from sqlalchemy.testing.suite import ServerSideCursorsTest as _ServerSideCursorsTest


class ServerSideCursorsTest(_ServerSideCursorsTest):  # type: ignore[no-redef]
    """The suite asks each driver that it knows in another way whether rows stay on the server."""

    def _is_server_side(self, cursor: Any) -> bool:
        return bool(getattr(cursor, "name", None))
