"""What a named cursor on the server sends, and where it stands.

No IO. The base of `ServerCursor` and `AsyncServerCursor`, which only differ in how they ask the
server. Invariant: `_position` is the index of the next row for the program, and the server's
cursor stands `len(_ahead)` rows further: those rows were fetched and wait in `_ahead`.
"""

from collections import deque
from typing import TYPE_CHECKING, Any, Literal

from howdah._cursor_state import CursorState
from howdah._identifiers import quoted
from howdah.errors import InterfaceError, NotSupportedError, ProgrammingError

if TYPE_CHECKING:
    from howdah._native import Result
    from howdah._session import Session

Mode = Literal["relative", "absolute"]

Row = tuple[Any, ...]


class ServerCursorState(CursorState):
    """What both kinds of named cursor know."""

    itersize: int = 1000
    """How many rows iteration asks for at a time."""

    def __init__(
        self, session: "Session", name: str, *, scrollable: bool | None, withhold: bool
    ) -> None:
        super().__init__(session)
        self._name = name
        self._quoted = quoted(name)
        self._scrollable = scrollable
        self._withhold = withhold
        self._timeout: float | None = None
        self._open = False
        self._described: Result | None = None
        self._ahead: deque[Row] = deque()

    @property
    def name(self) -> str:
        """The cursor's name on the server, for `where current of`."""
        return self._name

    @property
    def scrollable(self) -> bool | None:
        """Whether `scroll` can go backwards; None where the server decides by the query."""
        return self._scrollable

    @property
    def withhold(self) -> bool:
        """Whether the cursor outlives the transaction that it was opened in."""
        return self._withhold

    def __repr__(self) -> str:
        state = "closed" if self.closed else "open" if self._open else "not executed"
        return f"<howdah.{type(self).__name__} {self._quoted}: {state}>"

    def _opening(self, query: str) -> str:
        """The command that opens the cursor for a query."""
        session = self._session
        if not self._withhold and session._autocommit and session.transaction_status == "idle":
            raise ProgrammingError(
                "a server-side cursor needs an open transaction: `autocommit` is on",
                hint="open one with `transaction()`, or pass `withhold=True`",
            )
        scroll = {None: "", True: " scroll", False: " no scroll"}[self._scrollable]
        hold = " with hold" if self._withhold else ""
        return f"declare {self._quoted}{scroll} cursor{hold} for {query}"

    def _describing(self) -> str:
        """A query that returns none of the cursor's rows, but their description."""
        return f"fetch forward 0 from {self._quoted}"

    def _opened(self, results: "list[Result]", timeout: float | None) -> None:
        self._take(results[-1:])
        self._described = results[-1]
        self._rowcount = -1
        self._timeout = timeout
        self._open = True
        self._session._server_cursors[self._name] = self

    def _must_close(self) -> bool:
        """Forget the rows; whether the server has a cursor to close."""
        opened, self._open = self._open, False
        self._ahead.clear()
        owner = self._session._server_cursors.get(self._name)
        return opened and owner is self and not self._session.closed

    def _check_rows(self) -> None:
        self._held()
        if not self._open:
            raise InterfaceError("the cursor is closed")

    def _fetching(self, count: int | None) -> str | None:
        """The command for the rows that are missing to `count`, None for all; None if none are."""
        self._check_rows()
        if count is None:
            return f"fetch forward all from {self._quoted}"
        missing = count - len(self._ahead)
        return f"fetch forward {missing} from {self._quoted}" if missing > 0 else None

    def _fetched(self, rows: list[Row]) -> None:
        self._ahead += rows

    def _next_rows(self, count: int | None) -> list[Row]:
        """Up to `count` rows of those at hand."""
        ahead = self._ahead
        size = len(ahead) if count is None else min(max(count, 0), len(ahead))
        self._position += size
        return [ahead.popleft() for _ in range(size)]

    def _next_row(self) -> Row | None:
        if not self._ahead:
            return None
        self._position += 1
        return self._ahead.popleft()

    def _scrolling(self, value: int, mode: str) -> str | None:
        """The command that moves the server's cursor, None if the rows at hand are enough."""
        self._check_rows()
        if mode not in ("relative", "absolute"):
            raise ProgrammingError(
                f"unknown scroll mode `{mode}`: expected `relative` or `absolute`"
            )
        target = value + self._position if mode == "relative" else value
        if target < 0:
            raise IndexError(f"row {target} is before the first")
        if self._position <= target <= self._position + len(self._ahead):
            self._next_rows(target - self._position)
            return None
        return f"move absolute {target} from {self._quoted}"

    def _scrolled(self, value: int, mode: str, results: "list[Result]") -> None:
        target = value + self._position if mode == "relative" else value
        self._ahead.clear()
        self._position = target
        # MOVE tells whether there is such a row; before the first there is none, and that is right.
        if target > 0 and results[0].count == 0:
            raise IndexError(f"row {target} is beyond the end of the result")

    @staticmethod
    def _refuse(name: str) -> NotSupportedError:
        return NotSupportedError(
            f"a server-side cursor has no `{name}`", hint="use a cursor without a name"
        )
