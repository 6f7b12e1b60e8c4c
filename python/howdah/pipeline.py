"""Pipelines: statements queued without waiting, and executed together.

Waits for the server in `sync`, at the end of the block, and where a result is asked for. Made by
`Connection.pipeline`. Invariant: statements are executed in the order in which they were queued,
also with regard to other calls on the connection, and each result is told, or its error, or that
it was given up.
"""

from collections.abc import Callable
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Literal, Self, TypeVar, overload

from howdah.errors import InterfaceError

if TYPE_CHECKING:
    from howdah._native import PendingResult, Row
    from howdah.connection import Connection
    from howdah.sql import Query

T = TypeVar("T")
Tuple = TypeVar("Tuple", bound=tuple[Any, ...])


class Pending(Generic[T]):
    """The result of a statement in a pipeline."""

    __slots__ = ("_pipeline", "_result")

    def __init__(self, pipeline: "Pipeline", result: "PendingResult") -> None:
        self._pipeline = pipeline
        self._result = result

    @property
    def done(self) -> bool:
        """Whether the result, or its error, is here and `result` does not wait."""
        return self._result.done

    def result(self, timeout: float | None = None) -> T:
        """The result, what the connection's own method would have answered.

        Executes what is queued if the statement was not executed yet, `timeout` seconds at most
        (by default the pipeline's).
        Raises the statement's error, or `errors.PipelineAborted` if another one of its batch
        failed, whose error is the `__cause__`. May be called again.
        """
        if not self._result.done:
            self._pipeline._run(raises=False, timeout=timeout)
        value: T = self._result.get()
        return value


class Pipeline:
    """A block whose statements are sent together, from `Connection.pipeline`.

    Its methods are named as the connection's and answer a `Pending` at once. What was queued is
    a *batch*; it is executed by `sync`, by asking for a result that is not there, by any other
    call on the connection, and at the end of the block. The statements of a batch take effect
    together or not at all, as one transaction, or as part of the one that is open.

    A batch takes `timeout` seconds at most; then it is cancelled, nothing of it stays, and
    `errors.QueryTimeout` is raised. Executed with another call, it is within that one's timeout.

    When a statement fails, those after it are not executed and those before it are undone; all of
    them raise `errors.PipelineAborted`. An exception that leaves the block drops what is queued.

    >>> with conn.pipeline() as p:
    ...     made = p.execute("create temporary table t (id int)")
    ...     added = [p.execute("insert into t values ($1)", n) for n in range(3)]
    ...     total = p.fetch_value("select sum(id) from t")
    >>> sum(each.result() for each in added), total.result()
    (3, 3)
    """

    def __init__(self, session: "Connection", timeout: float | None = None) -> None:
        self._session = session
        self._timeout = timeout
        self._entered = False
        self._turn = Lock()

    def execute(self, query: "Query", /, *args: Any) -> "Pending[int]":
        """Queue a statement; the result is how many rows it touched."""
        return Pending(self, self._enqueue(query, args, None, "count"))

    @overload
    def fetch(self, query: "Query", /, *args: Any, row: None = None) -> "Pending[list[Row]]": ...
    @overload
    def fetch(
        self, query: "Query", /, *args: Any, row: type[dict[str, Any]]
    ) -> "Pending[list[dict[str, Any]]]": ...
    @overload
    def fetch(self, query: "Query", /, *args: Any, row: type[Tuple]) -> "Pending[list[Tuple]]": ...
    @overload
    def fetch(self, query: "Query", /, *args: Any, row: Callable[..., T]) -> "Pending[list[T]]": ...
    def fetch(
        self, query: "Query", /, *args: Any, row: Callable[..., Any] | None = None
    ) -> "Pending[Any]":
        """Queue a statement; the result is all its rows, of the kind that `row` asks for."""
        return Pending(self, self._enqueue(query, args, row, "rows"))

    @overload
    def fetch_one(
        self, query: "Query", /, *args: Any, row: None = None
    ) -> "Pending[Row | None]": ...
    @overload
    def fetch_one(
        self, query: "Query", /, *args: Any, row: type[dict[str, Any]]
    ) -> "Pending[dict[str, Any] | None]": ...
    @overload
    def fetch_one(
        self, query: "Query", /, *args: Any, row: type[Tuple]
    ) -> "Pending[Tuple | None]": ...
    @overload
    def fetch_one(
        self, query: "Query", /, *args: Any, row: Callable[..., T]
    ) -> "Pending[T | None]": ...
    def fetch_one(
        self, query: "Query", /, *args: Any, row: Callable[..., Any] | None = None
    ) -> "Pending[Any]":
        """Queue a statement; the result is its first row, or None."""
        return Pending(self, self._enqueue(query, args, row, "first"))

    def fetch_value(self, query: "Query", /, *args: Any) -> "Pending[Any]":
        """Queue a statement; the result is the first value of its first row, or None."""
        return Pending(self, self._enqueue(query, args, None, "value"))

    def sync(self, timeout: float | None = None) -> None:
        """Execute what is queued, `timeout` seconds at most; what follows is another batch.

        Raises the error of the statement that failed, and says by a note which one it was.
        """
        self._run(raises=True, timeout=timeout)

    def __enter__(self) -> Self:
        self._session.check_open()
        self._entered = True
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._entered = False
        if error is None:
            self.sync()
        else:
            self._session.forget_queued()

    def _enqueue(
        self,
        query: "Query",
        args: tuple[Any, ...],
        row: Callable[..., Any] | None,
        answer: Literal["count", "rows", "first", "value"],
    ) -> "PendingResult":
        if not self._entered:
            raise InterfaceError(
                "the statement is outside of the pipeline's block",
                hint="queue it within `with`, whose end executes what was queued",
            )
        return self._session.enqueue(query, args, row, answer)

    def _run(self, *, raises: bool, timeout: float | None = None) -> None:
        # In turn: whoever comes second finds the batch executed.
        with self._turn:
            self._session.run_queued(
                raises=raises, timeout=self._timeout if timeout is None else timeout
            )
